// Of core/pool.h: what a pool is made of, and how that changes while calls run.
#include <algorithm>

#include "base/check.h"
#include "core/pool.h"

namespace sidecar {

size_t Pool::append(const EndpointSeed& seed) {
  auto provider = std::find_if(providers_.begin(), providers_.end(),
                               [&seed](const auto& one) { return one->name == seed.provider; });
  if (provider == providers_.end()) {
    provider = providers_.insert(
        provider, std::make_unique<Provider>(seed.provider, seed.terms, health_.cooldown,
                                             clock_.now(), clock_.unix_now()));
  }
  Endpoint endpoint(static_cast<size_t>(provider - providers_.begin()), seed.transport,
                    health_.breaker);
  endpoint.tier = seed.tier;
  endpoint.weight = seed.weight;
  endpoint.timeout = seed.timeout;
  endpoint.port = seed.port;
  endpoint.takes_calls = seed.takes_calls;
  const bool is_identity_known = chain_.chain_id != 0 || !options_.genesis_hash.empty();
  endpoint.must_verify = health_.probe.is_on && is_identity_known;
  endpoints_.push_back(endpoint);
  candidates_.emplace_back();
  fitnesses_.emplace_back();
  heads_.add();
  return endpoints_.size() - 1;
}

std::optional<size_t> Pool::add(const EndpointSeed& seed) {
  if (endpoints_.size() >= kEndpointsMax) {
    return std::nullopt;
  }
  const size_t index = append(seed);
  set_terms(seed.provider, seed.terms);
  told_better();
  return index;
}

void Pool::retire(size_t index) {
  if (!endpoints_[index].is_retired()) {
    endpoints_[index].retired_at = clock_.now();
    heads_.forget(index);
    told_better();  // who waits for it alone learns that it need not
  }
}

void Pool::drop_port(size_t index) {
  CHECK(endpoints_[index].is_retired() && endpoints_[index].is_idle());
  endpoints_[index].port = nullptr;
}

void Pool::set_share(size_t index, const EndpointSeed& seed) {
  Endpoint& endpoint = endpoints_[index];
  endpoint.tier = seed.tier;
  endpoint.weight = seed.weight;
  endpoint.timeout = seed.timeout;
  endpoint.takes_calls = seed.takes_calls;
  told_better();
}

void Pool::set_terms(std::string_view name, const TermsOptions& terms) {
  for (const auto& provider : providers_) {
    if (provider->name != name) {
      continue;
    }
    if (provider->terms.budget != terms.budget) {
      provider->budget.set_options(terms.budget, clock_.now(), clock_.unix_now());
    }
    if (provider->terms.methods != terms.methods) {
      provider->methods.set_options(terms.methods);
    }
    provider->terms = terms;
  }
  told_better();
}

void Pool::set_options(const PoolOptions& options, const HealthOptions& health) {
  const bool is_other_choice =
      options.strategy != options_.strategy || options.stickiness != options_.stickiness;
  options_ = options;
  health_ = health;
  heads_.set_options(options.head);
  for (Endpoint& endpoint : endpoints_) {
    endpoint.breaker.set_options(health.breaker);
  }
  for (const auto& provider : providers_) {
    provider->cooldown.set_options(health.cooldown);
  }
  for (auto& balancer : balancers_) {
    if (is_other_choice) {
      balancer = make_balancer(options.strategy, options.stickiness, random_.next());
    }
  }
  told_better();
}

}  // namespace sidecar
