#include "app/status_report.h"

#include <algorithm>
#include <array>

#include "app/activity_report.h"
#include "app/cost_report.h"
#include "app/version.h"
#include "rpc/json_writer.h"

namespace sidecar {

namespace {

uint64_t millis(Nanos span) {
  return static_cast<uint64_t>(
      std::max<int64_t>(0, std::chrono::duration_cast<Millis>(span).count()));
}

uint64_t micros(Nanos span) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(span).count());
}

void write_optional(JsonWriter& json, std::string_view key, std::optional<uint64_t> value) {
  json.key(key);
  if (value) {
    json.number(*value);
  } else {
    json.null();
  }
}

std::string_view class_name(size_t latency_class) {
  constexpr std::array<std::string_view, 3> kNames{"light", "heavy", "write"};
  return kNames[latency_class];
}

}  // namespace

std::string StatusReport::json() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("server").string("rpc-sidecar").key("version").string(kVersion);
  json.key("uptime_ms").number(millis(clock_.now() - started_));
  json.key("unix_ms").number(static_cast<uint64_t>(clock_.unix_now().count()));
  if (dispatcher_ != nullptr) {
    json.key("calls_in_flight").number(dispatcher_->calls_in_flight());
    json.key("attempts_in_flight").number(dispatcher_->attempts_in_flight());
    json.key("extra_attempts").number(dispatcher_->extra_attempts());
  }
  if (hub_ != nullptr) {
    json.key("subscriptions").number(hub_->subscription_count());
    json.key("feeds").number(hub_->feed_count());
    json.key("feed_sources").number(hub_->source_count());
    write_feeds(json, *hub_);
  }
  if (listener_ != nullptr) {
    write_sessions(json, listener_->session_counts());
  }
  if (recent_ != nullptr) {
    write_recent(json, *recent_, clock_);
  }
  if (ledger_ != nullptr) {
    write_cost(json, ledger_->view());
  }
  json.key("chains").begin_array();
  for (const auto& pool : pools_) {
    write_chain(json, *pool);
  }
  json.end_array();
  json.key("counters").raw(telemetry_.counters_json()).end_object();
  return out;
}

std::string StatusReport::chain_json(ChainNumber chain) const {
  std::string out;
  JsonWriter json(out);
  write_chain(json, *pools_.at(chain - 1u));
  return out;
}

void StatusReport::write_chain(JsonWriter& json, Pool& pool) const {
  json.begin_object().key("name").string(pool.chain().name);
  json.key("family").string(pool.chain().family == Family::kEvm ? "evm" : "svm");
  json.key("strategy").string(strategy_name(pool.options().strategy));
  write_optional(json, "head", pool.heads().pool_head());
  json.key("block_time_ms").number(millis(pool.heads().block_time()));
  if (recent_ != nullptr) {
    const ChainNumber number = pool.chain().number;
    json.key("calls_last_minute").number(recent_->calls_last_minute(number));
    json.key("errors_last_minute").number(recent_->errors_last_minute(number));
  }
  json.key("endpoints").begin_array();
  for (size_t i = 0; i < pool.size(); ++i) {
    if (!pool.endpoint(i).is_retired()) {
      write_endpoint(json, pool, i);
    }
  }
  json.end_array().end_object();
}

void StatusReport::write_endpoint(JsonWriter& json, Pool& pool, size_t index) const {
  const Instant now = clock_.now();
  const Endpoint& endpoint = pool.endpoint(index);
  const Provider& provider = pool.provider_of(index);
  const HeadView head = pool.heads().view(index, now);
  json.begin_object().key("provider").string(provider.name);
  json.key("transport").string(transport_name(endpoint.transport));
  json.key("vendor").string(vendor_name(provider.terms.vendor));
  json.key("tier").number(endpoint.tier).key("weight").number(endpoint.weight);
  json.key("state").string(provider.is_drained ? "drained"
                                               : health_state_name(endpoint.health.state()));
  json.key("reason").string(health_event_name(endpoint.health.reason()));
  json.key("since_ms").number(millis(now - std::max(endpoint.health.since(), started_)));
  write_optional(json, "head", head.number);
  write_optional(json, "lag_blocks", head.lag_blocks);
  json.key("lag_ms").number(millis(head.lag_time));
  const BreakerState breaker = endpoint.breaker.state(now);
  json.key("breaker").string(breaker_state_name(breaker));
  json.key("trial_in_ms")
      .number(breaker == BreakerState::kClosed ? 0 : millis(endpoint.breaker.retry_at() - now));
  json.key("failures_in_row").number(endpoint.breaker.failures_in_row());
  const bool is_cool = provider.cooldown.is_over(now);
  json.key("cooldown_ms").number(is_cool ? 0 : millis(provider.cooldown.until() - now));
  json.key("inflight").number(endpoint.inflight_count);
  json.key("takes_calls").boolean(endpoint.takes_calls);
  if (recent_ != nullptr) {
    const Recent::Rates rates = recent_->rates(pool.chain().number, index);
    json.key("attempts_last_minute").number(rates.attempts);
    json.key("failures_last_minute").number(rates.failures);
  }
  json.key("attempts").number(endpoint.attempt_count);
  json.key("failures").number(endpoint.failure_count);
  json.key("throttles").number(endpoint.throttle_count);
  write_budget(json, pool, index);
  json.key("latency_us").begin_object();
  for (size_t i = 0; i < endpoint.latencies.size(); ++i) {
    const LatencyHistogram& of = endpoint.latencies[i];
    if (of.sample_count() > 0) {
      json.key(class_name(i)).begin_object();
      json.key("p50").number(micros(*of.quantile(0.5)));
      json.key("p95").number(micros(*of.quantile(0.95)));
      json.key("p99").number(micros(*of.quantile(0.99))).end_object();
    }
  }
  json.end_object().end_object();
}

/// What is left of each bound that is set; of the provider, so the same on all its endpoints.
void StatusReport::write_budget(JsonWriter& json, Pool& pool, size_t index) const {
  const Budget::Left left = pool.budget_left(index);
  const TermsOptions& terms = pool.provider_of(index).terms;
  json.key("units").string(terms.unit == BudgetUnit::kCredits ? "credits" : "requests");
  json.key("units_spent").number(pool.provider_of(index).units_spent);
  const BudgetOptions& most = terms.budget;
  json.key("budget_max").begin_object();
  const std::array<std::pair<std::string_view, uint64_t>, 4> whole{
      {{"second", most.burst != 0 && most.per_second != 0 ? most.burst : most.per_second},
       {"ten_seconds", most.per_10s},
       {"day", most.per_day},
       {"month", most.per_month}}};
  for (const auto& [name, value] : whole) {
    if (value != 0) {
      json.key(name).number(value);
    }
  }
  json.end_object();
  json.key("budget_left").begin_object();
  const std::array<std::pair<std::string_view, std::optional<uint64_t>>, 4> bounds{
      {{"second", left.second},
       {"ten_seconds", left.ten_seconds},
       {"day", left.day},
       {"month", left.month}}};
  for (const auto& [name, value] : bounds) {
    if (value) {
      json.key(name).number(*value);
    }
  }
  json.end_object();
}

}  // namespace sidecar
