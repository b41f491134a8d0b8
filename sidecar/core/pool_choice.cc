// Of core/pool.h: which endpoint serves a call, and why not the others.
#include <algorithm>

#include "core/pool.h"
#include "policy/credits.h"

namespace sidecar {

namespace {

/// What "lately" means to a balancer.
constexpr Millis kLately{60'000};

bool is_within(Instant then, Nanos span, Instant now) {
  return then != Instant::min() && now - then < span;
}

Instant earlier(std::optional<Instant> a, Instant b) {
  return a ? std::min(*a, b) : b;
}

bool any_matches(const std::vector<std::string>& globs, std::string_view method) {
  return std::any_of(globs.begin(), globs.end(),
                     [method](const std::string& glob) { return glob_matches(glob, method); });
}

/// Does the provider take this method over this transport?
bool is_carried(const TermsOptions& terms, Transport transport, std::string_view method) {
  if (transport != Transport::kHttp && any_matches(terms.http_only, method)) {
    return false;
  }
  return transport == Transport::kWs || !any_matches(terms.ws_only, method);
}

}  // namespace

Choice Pool::choose(const CallNeed& need, std::span<const size_t> tried,
                    std::vector<PassedOver>* why) {
  const Instant now = clock_.now();
  lookups_ = Lookups();
  Choice choice;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const bool is_tried = std::find(tried.begin(), tried.end(), i) != tried.end();
    fitnesses_[i] =
        is_tried ? Fitness{Standing::kUnfit, PassedOver::kTried} : fitness(i, need, now, choice);
  }
  const auto best =
      std::min_element(fitnesses_.begin(), fitnesses_.end(),
                       [](const Fitness& a, const Fitness& b) { return a.standing < b.standing; });
  const Standing standing = best == fitnesses_.end() ? Standing::kUnfit : best->standing;
  uint32_t tier = 0;
  if (standing == Standing::kLastResort) {
    // What is only out of budget, or not checked yet, is worth waiting for.
    choice.is_last_resort = !choice.affordable_at && !choice.is_verifying;
    choice.endpoint =
        choice.is_last_resort ? std::optional<size_t>(least_recently_failed()) : std::nullopt;
  } else if (standing != Standing::kUnfit) {
    tier = best_tier(standing);
    choice.endpoint = pick(need, standing, tier, now);
  }
  if (why != nullptr) {
    explain(choice, standing, tier, *why);
  }
  return choice;
}

std::optional<size_t> Pool::choose_hedge(const CallNeed& need, std::span<const size_t> tried,
                                         uint64_t price_max) {
  const Instant now = clock_.now();
  lookups_ = Lookups();
  Choice unused;
  bool is_any = false;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const bool is_tried = std::find(tried.begin(), tried.end(), i) != tried.end();
    const bool is_dear = price_max != 0 && provider_of(i).terms.price > price_max;
    fitnesses_[i] = is_tried || is_dear ? Fitness{Standing::kUnfit, PassedOver::kDear}
                                        : fitness(i, need, now, unused);
    is_any = is_any || fitnesses_[i].standing == Standing::kGood;
  }
  if (!is_any) {
    return std::nullopt;
  }
  return pick(need, Standing::kGood, best_tier(Standing::kGood), now);
}

/// Can it be asked at all? What only time will mend is noted in `choice`.
Pool::Fitness Pool::fitness(size_t index, const CallNeed& need, Instant now, Choice& choice) {
  const auto unfit = [](PassedOver why) { return Fitness{Standing::kUnfit, why}; };
  const Endpoint& endpoint = endpoints_[index];
  Provider& provider = *providers_[endpoint.provider];
  if (endpoint.is_retired()) {
    return unfit(PassedOver::kRetired);
  }
  if ((need.pinned_endpoint && *need.pinned_endpoint != index) ||
      (!need.pinned_provider.empty() && need.pinned_provider != provider.name)) {
    return unfit(PassedOver::kPinnedElsewhere);
  }
  if (provider.is_drained) {
    return unfit(PassedOver::kDrained);
  }
  if (!endpoint.health.may_be_asked()) {
    const bool is_disabled = endpoint.health.state() == HealthState::kDisabled;
    return unfit(is_disabled ? PassedOver::kDisabled : PassedOver::kQuarantined);
  }
  if (!provider.methods.is_allowed(need.method)) {
    return unfit(PassedOver::kMethodDenied);
  }
  if (need.is_feed && endpoint.port->feeds() == nullptr) {
    return unfit(PassedOver::kNoEvents);
  }
  // A WebSocket that is there for events takes the calls that go over nothing else.
  const bool takes_it = endpoint.takes_calls || (endpoint.transport == Transport::kWs &&
                                                 any_matches(provider.terms.ws_only, need.method));
  if (!need.is_feed && !takes_it) {
    return unfit(PassedOver::kNoCalls);
  }
  if (!is_carried(provider.terms, endpoint.transport, need.method)) {
    return unfit(PassedOver::kTransport);
  }
  if (!provider.cooldown.is_over(now)) {
    choice.cooled_down_at = earlier(choice.cooled_down_at, provider.cooldown.until());
    return unfit(PassedOver::kCoolingDown);
  }
  const Fitness rated = standing(endpoint, index, need, now);
  if (provider.budget.is_bounded()) {
    const uint64_t cost = cost_once(provider, need.method);
    const Millis unix_now = unix_now_once();
    if (!provider.budget.may_spend(cost, now, unix_now)) {
      const auto when = provider.budget.affordable_at(cost, now, unix_now);
      choice.is_out_of_budget = choice.is_out_of_budget || !when;
      if (when && rated.standing != Standing::kLastResort) {
        choice.affordable_at = earlier(choice.affordable_at, *when);
      }
      return unfit(PassedOver::kBudgetSpent);
    }
  }
  if (endpoint.must_verify && !endpoint.is_verified && !endpoint.is_probed) {
    choice.is_verifying = true;
    return unfit(PassedOver::kUnverified);
  }
  return rated;
}

Millis Pool::unix_now_once() {
  if (!lookups_.unix_now) {
    lookups_.unix_now = clock_.unix_now();
  }
  return *lookups_.unix_now;
}

/// As cost_of(), which walks the vendor's table: here each vendor's once a choice.
uint64_t Pool::cost_once(const Provider& provider, std::string_view method) {
  const TermsOptions& terms = provider.terms;
  if (terms.unit == BudgetUnit::kRequests) {
    return 1;
  }
  std::optional<uint64_t>& credits = lookups_.credits[static_cast<size_t>(terms.vendor)];
  if (!credits) {
    credits = credit_cost(terms.vendor, chain_.family, method);
  }
  return *credits;
}

/// How well it would serve the call, given that it may be asked.
Pool::Fitness Pool::standing(const Endpoint& endpoint, size_t index, const CallNeed& need,
                             Instant now) const {
  const Provider& provider = *providers_[endpoint.provider];
  const TermsOptions& terms = provider.terms;
  // Trials are the prober's; when there is none, a call's.
  const bool may_serve = health_.probe.is_on ? endpoint.breaker.state(now) == BreakerState::kClosed
                                             : endpoint.breaker.may_start(now);
  if (!may_serve || (endpoint.must_verify && !endpoint.is_verified)) {
    return {Standing::kLastResort, PassedOver::kBreakerOpen};
  }
  if (provider.methods.is_unsupported(need.method, now)) {
    return {Standing::kDoubtful, PassedOver::kMethodUnsupported};
  }
  if (need.block.number && heads_.has_block(index, *need.block.number) == false) {
    return {Standing::kDoubtful, PassedOver::kLacksBlock};
  }
  if (terms.logs_range_max != 0 && need.block.range && *need.block.range > terms.logs_range_max) {
    return {Standing::kDoubtful, PassedOver::kRangeTooLarge};
  }
  const std::optional<uint64_t> head = heads_.pool_head();
  if (terms.blocks_kept != 0 && need.block.oldest && head &&
      *need.block.oldest + terms.blocks_kept < *head) {
    return {Standing::kDoubtful, PassedOver::kPruned};
  }
  if (endpoint.health.state() == HealthState::kDegraded) {
    return {Standing::kDegraded, PassedOver::kDegraded};
  }
  return {Standing::kGood, PassedOver::kNothing};
}

uint32_t Pool::best_tier(Standing standing) const {
  uint32_t tier = UINT32_MAX;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    if (fitnesses_[i].standing == standing) {
      tier = std::min(tier, endpoints_[i].tier);
    }
  }
  return tier;
}

/// Requires: an endpoint of that standing and tier.
size_t Pool::pick(const CallNeed& need, Standing standing, uint32_t tier, Instant now) {
  const auto latency_class = static_cast<size_t>(need.row->latency_class);
  const bool is_cost_wanted = options_.strategy == Strategy::kLowestCost;
  const bool is_latency_wanted = options_.strategy == Strategy::kLowestLatency;
  if (need.preferred && fitnesses_[*need.preferred].standing <= Standing::kDegraded) {
    return *need.preferred;
  }
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const Endpoint& endpoint = endpoints_[i];
    Candidate& candidate = candidates_[i];
    candidate.is_usable = fitnesses_[i].standing == standing && endpoint.tier == tier;
    if (!candidate.is_usable) {
      continue;
    }
    const Provider& provider = *providers_[endpoint.provider];
    candidate.weight = endpoint.weight;
    candidate.failures_in_row = endpoint.breaker.failures_in_row();
    candidate.was_throttled_lately = is_within(provider.cooldown.began(), kLately, now);
    candidate.has_succeeded_lately = is_within(endpoint.last_success, kLately, now);
    candidate.inflight_count = endpoint.inflight_count;
    candidate.last_used = endpoint.last_used;
    if (is_latency_wanted) {
      candidate.latency = endpoint.latencies[latency_class].quantile(0.9).value_or(Nanos(0));
    }
    if (is_cost_wanted) {
      candidate.cost = cost_once(provider, need.method) * provider.terms.price;
    }
  }
  return balancers_[latency_class]->pick(candidates_, now).value();
}

size_t Pool::least_recently_failed() const {
  size_t best = endpoints_.size();
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    if (fitnesses_[i].standing == Standing::kLastResort &&
        (best == endpoints_.size() || endpoints_[i].last_failure < endpoints_[best].last_failure)) {
      best = i;
    }
  }
  return best;
}

void Pool::explain(const Choice& choice, Standing standing, uint32_t tier,
                   std::vector<PassedOver>& why) const {
  why.resize(endpoints_.size());
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const Fitness& of = fitnesses_[i];
    if (choice.endpoint == i) {
      why[i] = PassedOver::kNothing;
    } else if (of.why != PassedOver::kNothing) {
      why[i] = of.why;
    } else {
      why[i] = of.standing == standing && endpoints_[i].tier == tier ? PassedOver::kOthersTurn
                                                                     : PassedOver::kLowerTier;
    }
  }
}

}  // namespace sidecar
