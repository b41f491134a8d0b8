#include "core/pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "policy/credits.h"

namespace sidecar {

namespace {

/// What is set, else what the vendor bills in its credits.
EventPrice event_price_of(const TermsOptions& terms, Family family) {
  const EventPrice usual =
      terms.unit == BudgetUnit::kCredits ? event_price(terms.vendor, family) : EventPrice();
  return {terms.event_units.value_or(usual.units),
          terms.event_units_per_mb.value_or(usual.units_per_mb)};
}

}  // namespace

Pool::Pool(ChainInfo chain, const PoolOptions& options, const HealthOptions& health,
           const std::vector<EndpointSeed>& endpoints, Clock& clock, Observer& observer,
           uint64_t seed)
    : chain_(std::move(chain)),
      options_(options),
      health_(health),
      clock_(clock),
      observer_(observer),
      random_(seed),
      heads_(options.head, 0) {
  for (auto& balancer : balancers_) {
    balancer = make_balancer(options.strategy, options.stickiness, random_.next());
  }
  for (const EndpointSeed& each : endpoints) {
    append(each);
  }
}

uint64_t Pool::cost_of(size_t endpoint, std::string_view method) const {
  const TermsOptions& terms = provider_of(endpoint).terms;
  return terms.unit == BudgetUnit::kRequests ? 1 : credit_cost(terms.vendor, chain_.family, method);
}

Budget::Left Pool::budget_left(size_t index) {
  return providers_[endpoints_[index].provider]->budget.left(clock_.now(), clock_.unix_now());
}

bool Pool::is_affordable(size_t index, std::string_view method) {
  Provider& provider = *providers_[endpoints_[index].provider];
  return !provider.budget.is_bounded() ||
         provider.budget.may_spend(cost_of(index, method), clock_.now(), clock_.unix_now());
}

void Pool::on_started(size_t index, std::string_view method) {
  const Instant now = clock_.now();
  Endpoint& endpoint = endpoints_[index];
  Provider& provider = *providers_[endpoint.provider];
  const uint64_t cost = cost_of(index, method);
  provider.units_spent += cost;
  if (provider.budget.is_bounded()) {
    provider.budget.spend(cost, now, clock_.unix_now());
  }
  endpoint.breaker.on_start(now);
  ++endpoint.inflight_count;
  ++endpoint.attempt_count;
  endpoint.last_used = now;
}

void Pool::release(size_t index) {
  --endpoints_[index].inflight_count;
  endpoints_[index].breaker.on_no_verdict();
}

void Pool::report(size_t index, const AttemptEnd& end, std::optional<Outcome> outcome) {
  AttemptReport report;
  report.endpoint = name_of(index);
  report.kind = end.kind;
  report.method = method_label(end.method);
  report.outcome = outcome;
  report.took = end.took;
  report.worker = end.worker;
  report.units = cost_of(index, end.method);
  report.answer_bytes = end.answer_bytes;
  observer_.on_attempt_done(report);
}

void Pool::on_cancelled(size_t index, const AttemptEnd& end) {
  release(index);
  report(index, end, std::nullopt);
}

void Pool::on_outrun(size_t index, const AttemptEnd& end) {
  on_cancelled(index, end);
  if (++endpoints_[index].outrun_count >= health_.breaker.failures_max) {
    endpoints_[index].outrun_count = 0;
    apply(index, HealthEvent::kOutrun);
  }
}

void Pool::on_event(size_t index, std::string_view feed_kind, size_t bytes) {
  Provider& provider = *providers_[endpoints_[index].provider];
  const uint64_t units =
      provider.events.count(event_price_of(provider.terms, chain_.family), bytes);
  provider.units_spent += units;
  if (units != 0 && provider.budget.is_bounded()) {
    provider.budget.spend_quota(units, clock_.unix_now());
  }
  observer_.on_event_received({name_of(index), feed_kind, units, bytes});
}

void Pool::on_ended(size_t index, const AttemptEnd& end) {
  report(index, end, end.outcome);
  if (!end.is_charged) {
    release(index);
    return;
  }
  const Instant now = clock_.now();
  Endpoint& endpoint = endpoints_[index];
  Provider& provider = *providers_[endpoint.provider];
  --endpoint.inflight_count;
  switch (outcome_row(end.outcome).charge) {
    case Charge::kNothing:
      endpoint.breaker.on_no_verdict();
      break;
    case Charge::kSuccess:
      endpoint.last_success = now;
      endpoint.outrun_count = 0;
      if (end.outcome == Outcome::kResult || end.outcome == Outcome::kReverted) {
        // A quick refusal, however right, says nothing about how long an answer takes.
        endpoint.latencies[static_cast<size_t>(end.latency_class)].add(end.took);
      }
      provider.cooldown.on_success(now);
      provider.methods.on_supported(end.method);
      if (endpoint.breaker.on_success(now)) {
        observer_.on_breaker_changed(name_of(index), BreakerState::kClosed);
        apply(index, HealthEvent::kBreakerClosed);
      }
      apply(index, HealthEvent::kSucceeded);
      break;
    case Charge::kFailure:
      endpoint.last_failure = now;
      ++endpoint.failure_count;
      if (endpoint.breaker.on_failure(now)) {
        observer_.on_breaker_changed(name_of(index), BreakerState::kOpen);
        apply(index, HealthEvent::kBreakerOpened);
      }
      break;
    case Charge::kThrottle:
      ++endpoint.throttle_count;
      endpoint.breaker.on_no_verdict();
      provider.cooldown.on_throttled(end.retry_after, now, random_);
      observer_.on_throttled(name_of(index), provider.cooldown.until() - now);
      break;
    case Charge::kDisable:
      endpoint.last_failure = now;
      ++endpoint.failure_count;
      endpoint.breaker.on_no_verdict();
      apply(index,
            end.outcome == Outcome::kUnpaid ? HealthEvent::kUnpaid : HealthEvent::kUnauthorised);
      break;
  }
  if (end.outcome == Outcome::kUnsupported) {
    provider.methods.on_unsupported(end.method, now);
  }
}

void Pool::on_health_event(size_t index, HealthEvent event) {
  apply(index, event);
}

void Pool::apply(size_t index, HealthEvent event) {
  Endpoint& endpoint = endpoints_[index];
  const HealthState before = endpoint.health.state();
  if (event == HealthEvent::kRightChain && !endpoint.is_verified) {
    endpoint.is_verified = true;
    told_better();
  }
  if (event == HealthEvent::kWrongChain) {
    endpoint.is_verified = false;
    heads_.forget(index);
  }
  if (!endpoint.health.on_event(event, clock_.now())) {
    return;
  }
  observer_.on_health_changed(name_of(index), before, endpoint.health.state(), event);
  told_better();
}

void Pool::told_better() {
  if (on_better_) {
    on_better_();
  }
}

void Pool::on_probed(size_t index) {
  if (!endpoints_[index].is_probed) {
    endpoints_[index].is_probed = true;
    told_better();
  }
}

void Pool::on_head(size_t index, uint64_t number, std::string_view hash, bool is_tip) {
  // Who serves another chain, or may, says nothing about this one's head.
  const bool is_another = endpoints_[index].must_verify && !endpoints_[index].is_verified;
  if (is_another || endpoints_[index].is_retired()) {
    return;
  }
  const Instant now = clock_.now();
  const std::optional<uint64_t> before = heads_.view(index, now).number;
  if (!hash.empty()) {
    heads_.on_block(index, number, hash, now);
  }
  if (is_tip) {
    endpoints_[index].head_heard = now;
  }
  const bool is_news = !before || (is_tip ? *before != number : *before < number);
  if (is_news || is_tip) {
    heads_.on_head(index, number, now);  // the same one told again: it has no more
  }
  if (is_news || !hash.empty()) {
    review_heads();
  }
}

void Pool::review_heads() {
  const Instant now = clock_.now();
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const HeadView view = heads_.view(i, now);
    if (view.number) {
      apply(i, view.is_behind ? HealthEvent::kFellBehind : HealthEvent::kCaughtUp);
      apply(i, view.is_stuck ? HealthEvent::kHeadStuck : HealthEvent::kHeadMoved);
      apply(i, view.is_forked ? HealthEvent::kForked : HealthEvent::kRejoined);
    }
  }
}

uint64_t Pool::serve_head(size_t index, uint64_t number) {
  const uint64_t pool_head = heads_.pool_head().value_or(0);
  // Of who is not heard of heads (another chain, not checked yet) nothing is known to disbelieve.
  const bool is_heard = heads_.view(index, clock_.now()).number == number;
  const uint64_t believed = is_heard ? std::min(number, pool_head) : number;
  const uint64_t before =
      heads_.is_held(served_head_) ? served_head_ : std::min(served_head_, pool_head);
  served_head_ = std::max(before, believed);
  return served_head_;
}

void Pool::remember_blockhash(std::string blockhash, size_t endpoint) {
  const auto [entry, is_new] = blockhashes_.insert_or_assign(std::move(blockhash), endpoint);
  if (!is_new) {
    return;
  }
  blockhash_order_.push_back(entry->first);
  if (blockhash_order_.size() > kBlockhashesMax) {
    blockhashes_.erase(blockhash_order_.front());
    blockhash_order_.pop_front();
  }
}

std::optional<size_t> Pool::endpoint_of_blockhash(const std::string& blockhash) const {
  const auto found = blockhashes_.find(blockhash);
  return found == blockhashes_.end() ? std::nullopt : std::optional<size_t>(found->second);
}

Provider& Pool::provider_named(std::string_view name) {
  const auto found = std::find_if(providers_.begin(), providers_.end(),
                                  [name](const auto& provider) { return provider->name == name; });
  CHECK(found != providers_.end());
  return **found;
}

void Pool::set_drained(std::string_view name, bool is_drained) {
  provider_named(name).is_drained = is_drained;
  told_better();
}

void Pool::reset_breakers(std::string_view name) {
  provider_named(name).cooldown.reset();
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    CircuitBreaker& breaker = endpoints_[i].breaker;
    if (provider_of(i).name == name && breaker.failures_in_row() > 0) {
      const bool was_open = breaker.state(clock_.now()) != BreakerState::kClosed;
      breaker.reset();
      if (was_open) {
        observer_.on_breaker_changed(name_of(i), BreakerState::kClosed);
        apply(i, HealthEvent::kBreakerClosed);
      }
    }
  }
  told_better();
}

bool Pool::has_provider(std::string_view name) const {
  return std::any_of(endpoints_.begin(), endpoints_.end(), [this, name](const Endpoint& one) {
    return !one.is_retired() && providers_[one.provider]->name == name;
  });
}

EndpointName Pool::name_of(size_t index) const {
  return {chain_.name, provider_of(index).name, transport_name(endpoints_[index].transport),
          chain_.number, index};
}

}  // namespace sidecar
