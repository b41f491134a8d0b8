#include "config/cross_check.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "config/access_names.h"
#include "config/quantity.h"
#include "config/url.h"

namespace sidecar {
namespace {

const ValueOrigin* find_origin(const Config& config, const std::string& place) {
  const auto found = config.origins.find(place);
  return found == config.origins.end() ? nullptr : &found->second;
}

// Two settings of one section of which the first must not be above the second.
struct OrderedPair {
  std::string place;  // of the section, in Config::origins
  std::string_view section;
  std::string_view low;
  std::string_view high;
  std::string low_text;
  std::string high_text;
};

// The fault stands where the operator wrote something; the second's place wins when both are
// written, for that is the bound.
void add_order_fault(const Config& config, const OrderedPair& pair, FaultList& faults) {
  const ValueOrigin* low = find_origin(config, pair.place + "." + std::string(pair.low));
  const ValueOrigin* high = find_origin(config, pair.place + "." + std::string(pair.high));
  const bool is_at_low = high == nullptr;
  const ValueOrigin* written = is_at_low ? low : high;
  if (written == nullptr) {
    return;
  }
  // A substituted value is not repeated.
  const auto text = [](const ValueOrigin* origin, const std::string& value) {
    return origin != nullptr && origin->substituted_at ? std::string("what is set") : value;
  };
  const std::string low_text = std::string(pair.low) + " (" + text(low, pair.low_text) + ")";
  const std::string high_text = std::string(pair.high) + " (" + text(high, pair.high_text) + ")";
  faults.add(written->at,
             std::string(pair.section) + "." + std::string(is_at_low ? pair.low : pair.high),
             is_at_low ? "is above " + high_text + "; lower it, or raise " + std::string(pair.high)
                       : "is below " + low_text + "; raise it, or lower " + std::string(pair.low));
}

void check_limits(const Config& config, FaultList& faults) {
  const DispatcherOptions& dispatcher = config.dispatcher;
  if (dispatcher.call_deadline > dispatcher.call_deadline_max) {
    add_order_fault(
        config,
        {"limits", "limits", "call_deadline", "call_deadline_max",
         format_duration(dispatcher.call_deadline), format_duration(dispatcher.call_deadline_max)},
        faults);
  }
  const SessionLimits& limits = config.limits;
  const SlowConsumerOptions& slow = limits.slow_consumer;
  if (slow.soft_bytes > slow.hard_bytes) {
    add_order_fault(config,
                    {"limits", "limits", "event_queue_bytes", "event_queue_bytes_max",
                     format_bytes(slow.soft_bytes), format_bytes(slow.hard_bytes)},
                    faults);
  }
  if (limits.output_mark_bytes > limits.output_queue_bytes_max) {
    add_order_fault(
        config,
        {"limits", "limits", "output_mark_bytes", "output_queue_bytes_max",
         format_bytes(limits.output_mark_bytes), format_bytes(limits.output_queue_bytes_max)},
        faults);
  }
}

// One row: two settings of which the first must not be above the second.
void check_times(const Config& config, std::string_view section, std::string_view low,
                 Millis low_value, std::string_view high, Millis high_value, FaultList& faults) {
  if (low_value > high_value) {
    add_order_fault(config,
                    {std::string(section), section, low, high, format_duration(low_value),
                     format_duration(high_value)},
                    faults);
  }
}

void check_policies(const Config& config, FaultList& faults) {
  const RetryOptions& retry = config.dispatcher.retry;
  const HedgeOptions& hedge = config.dispatcher.hedge;
  const BreakerOptions& breaker = config.health.breaker;
  const CooldownOptions& cooldown = config.health.cooldown;
  check_times(config, "retry", "pause_min", retry.pause_min, "pause_max", retry.pause_max, faults);
  check_times(config, "hedge", "delay_min", hedge.delay_min, "delay_max", hedge.delay_max, faults);
  check_times(config, "breaker", "open_min", breaker.open_min, "open_max", breaker.open_max,
              faults);
  check_times(config, "cooldown", "pause_min", cooldown.pause_min, "pause_max", cooldown.pause_max,
              faults);
}

// Calls cannot go over what the provider does not have.
void check_calls_over(const Config& config, const ProviderConfig& provider,
                      const std::string& place, FaultList& faults) {
  const ProviderOptions& has = provider.channel;
  const std::string& over = provider.calls_over;
  const bool is_there = over == "auto" || (over == "http" && !has.http.empty()) ||
                        (over == "ws" && !has.ws.empty()) || (over == "ipc" && !has.ipc.empty());
  const ValueOrigin* origin = find_origin(config, place + ".calls_over");
  if (!is_there && origin != nullptr) {
    faults.add(origin->at, "chain.provider.calls_over",
               "names what the provider has not; write its " + over + ", or \"auto\"");
  }
}

void check_provider(const Config& config, const ProviderOptions& provider, const std::string& place,
                    FaultList& faults) {
  const ValueOrigin* proxy = find_origin(config, place + ".proxy");
  if (!provider.ws.empty() && !provider.proxy.empty() && proxy != nullptr) {
    faults.add(proxy->at, "chain.provider.proxy",
               "does not carry ws; give the WebSocket to a provider of its own without proxy");
  }
  if (provider.stream_bytes_min > provider.response_bytes_max) {
    add_order_fault(
        config,
        {place, "chain.provider", "stream_bytes_min", "response_bytes_max",
         format_bytes(provider.stream_bytes_min), format_bytes(provider.response_bytes_max)},
        faults);
  }
}

// Names seen in one list, with the place of the first use.
class NameCheck {
 public:
  NameCheck(const Config& config, std::string_view section, FaultList& faults)
      : config_(config), section_(section), faults_(faults) {}

  void add(const std::string& name, const std::string& place) {
    const ValueOrigin* origin = find_origin(config_, place + ".name");
    if (origin == nullptr || name.empty()) {
      return;
    }
    const auto [first, is_new] = places_.emplace(name, origin);
    if (is_new) {
      return;
    }
    const Location& at = first->second->at;
    const std::string where =
        at.variable.empty() ? "in line " + std::to_string(at.line) : "by " + at.variable;
    faults_.add(origin->at, std::string(section_) + ".name",
                (origin->substituted_at ? "the value" : '"' + name + '"') + " is given already " +
                    where + "; write another name");
  }

 private:
  const Config& config_;
  std::string_view section_;
  FaultList& faults_;
  std::map<std::string, const ValueOrigin*> places_;
};

// A rule's names are of chains that are there; and somebody is left for it by the rules before it.
void check_access(const Config& config, FaultList& faults) {
  NameCheck names(config, "access", faults);
  const std::vector<AccessRule> rules = access_rules(config);
  for (size_t i = 0; i < config.access.size(); ++i) {
    const AccessConfig& rule = config.access[i];
    const std::string place = "access[" + std::to_string(i) + "]";
    names.add(rule.name, place);
    for (const std::string& name : rule.chains) {
      const bool is_there =
          std::any_of(config.chains.begin(), config.chains.end(),
                      [&name](const ChainConfig& chain) { return chain.name == name; });
      const ValueOrigin* origin = find_origin(config, place + ".chains");
      if (!is_there && origin != nullptr) {
        faults.add(origin->at, "access.chains",
                   (origin->substituted_at ? "names" : "names \"" + name + "\",") +
                       std::string(" no chain of this file; write the name of a [[chain]]"));
      }
    }
    const ValueOrigin* origin = find_origin(config, place);
    if (const size_t before = shadowed_by(rules, i); before != i && origin != nullptr) {
      faults.add(origin->at, "access",
                 "never applies: rule \"" + config.access[before].name +
                     "\" before it is for the same users; put this one first, or remove it");
    }
    if (rule.quota.burst != 0 && rule.quota.rate == 0) {
      faults.add(find_origin(config, place + ".burst")->at, "access.burst",
                 "means nothing without rate; write both");
    }
  }
}

void check_http(const Config& config, FaultList& faults) {
  const auto address = parse_tcp_address(config.http.listen);
  const ValueOrigin* origin = find_origin(config, "http.listen");
  if (address && origin != nullptr && !address->is_loopback && !config.http.allow_remote) {
    faults.add(origin->at, "http.listen",
               "is not a loopback address; write 127.0.0.1:PORT or [::1]:PORT, or set allow_remote "
               "= true to let others in");
  }
}

}  // namespace

void cross_check(const Config& config, FaultList& faults) {
  check_http(config, faults);
  check_access(config, faults);
  check_limits(config, faults);
  check_policies(config, faults);
  NameCheck chain_names(config, "chain", faults);
  for (size_t i = 0; i < config.chains.size(); ++i) {
    const ChainConfig& chain = config.chains[i];
    const std::string place = "chain[" + std::to_string(i) + "]";
    chain_names.add(chain.name, place);
    if (chain.family == Family::kSvm && chain.chain_id) {
      faults.add(find_origin(config, place + ".chain_id")->at, "chain.chain_id",
                 "means nothing on an svm chain; remove it");
    }
    if (chain.family == Family::kEvm && !chain.pool.genesis_hash.empty()) {
      faults.add(find_origin(config, place + ".genesis_hash")->at, "chain.genesis_hash",
                 "is checked on svm chains only; write chain_id");
    }
    NameCheck provider_names(config, "chain.provider", faults);
    for (size_t j = 0; j < chain.providers.size(); ++j) {
      const std::string provider_place = place + ".provider[" + std::to_string(j) + "]";
      provider_names.add(chain.providers[j].channel.name, provider_place);
      check_provider(config, chain.providers[j].channel, provider_place, faults);
      check_calls_over(config, chain.providers[j], provider_place, faults);
    }
  }
}

}  // namespace sidecar
