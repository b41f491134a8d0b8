#include "policy/balancer_lowest_latency.h"

namespace sidecar {

struct BalancerLowestLatency::Found {
  std::optional<size_t> idlest;      ///< not used for longest
  std::optional<size_t> fastest;     ///< of the measured
  std::optional<size_t> unmeasured;  ///< not used for longest
  std::optional<size_t> trial;       ///< unmeasured, and due to be tried
};

namespace {

uint64_t figure_of(const Candidate& candidate) {
  return static_cast<uint64_t>(candidate.latency.count());
}

}  // namespace

BalancerLowestLatency::Found BalancerLowestLatency::look(std::span<const Candidate> candidates,
                                                         Instant now) const {
  const auto keep_idlest = [candidates](std::optional<size_t>& kept, size_t i) {
    if (!kept || candidates[i].last_used < candidates[*kept].last_used) {
      kept = i;
    }
  };
  Found found;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& one = candidates[i];
    if (!one.is_usable) {
      continue;
    }
    keep_idlest(found.idlest, i);
    if (one.latency > Nanos(0)) {
      if (!found.fastest || one.latency < candidates[*found.fastest].latency) {
        found.fastest = i;
      }
      continue;
    }
    keep_idlest(found.unmeasured, i);
    if (one.inflight_count == 0 && now >= next_trials_[i]) {
      keep_idlest(found.trial, i);
    }
  }
  return found;
}

std::optional<size_t> BalancerLowestLatency::pick(std::span<const Candidate> candidates,
                                                  Instant now) {
  next_trials_.resize(candidates.size(), Instant::min());
  const Found found = look(candidates, now);
  if (!found.idlest) {
    return std::nullopt;
  }
  if (found.trial) {
    next_trials_[*found.trial] = now + trial_pause_;
    return found.trial;
  }
  if (random_.below(kExploreEvery) == 0) {
    return found.unmeasured ? found.unmeasured : found.idlest;
  }
  return found.fastest ? std::optional(fastest(candidates, *found.fastest, now)) : found.idlest;
}

size_t BalancerLowestLatency::fastest(std::span<const Candidate> candidates, size_t best,
                                      Instant now) {
  const std::optional<size_t> kept = incumbent_.index();
  const bool is_kept = kept && candidates[*kept].is_usable && candidates[*kept].latency > Nanos(0);
  return incumbent_.settle(is_kept ? std::optional(figure_of(candidates[*kept])) : std::nullopt,
                           best, figure_of(candidates[best]), now);
}

}  // namespace sidecar
