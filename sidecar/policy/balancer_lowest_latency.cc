#include "policy/balancer_lowest_latency.h"

namespace sidecar {

namespace {

struct Found {
  std::optional<size_t> fastest;
  std::optional<size_t> idlest;
  std::optional<size_t> unmeasured;  ///< with nothing under way that would measure it
};

Found look(std::span<const Candidate> candidates) {
  Found found;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& one = candidates[i];
    if (!one.is_usable) {
      continue;
    }
    if (one.latency == Nanos(0) && one.inflight_count == 0 && !found.unmeasured) {
      found.unmeasured = i;
    }
    if (!found.fastest || one.latency < candidates[*found.fastest].latency) {
      found.fastest = i;
    }
    if (!found.idlest || one.last_used < candidates[*found.idlest].last_used) {
      found.idlest = i;
    }
  }
  return found;
}

uint64_t figure_of(const Candidate& candidate) {
  return static_cast<uint64_t>(candidate.latency.count());
}

}  // namespace

std::optional<size_t> BalancerLowestLatency::pick(std::span<const Candidate> candidates,
                                                  Instant now) {
  const Found found = look(candidates);
  if (!found.fastest) {
    return std::nullopt;
  }
  if (found.unmeasured) {
    return found.unmeasured;
  }
  if (++picks_ % kExploreEvery == 0) {
    return found.idlest;
  }
  const std::optional<size_t> kept = incumbent_.index();
  const bool is_kept = kept && candidates[*kept].is_usable;
  return incumbent_.settle(is_kept ? std::optional(figure_of(candidates[*kept])) : std::nullopt,
                           *found.fastest, figure_of(candidates[*found.fastest]), now);
}

}  // namespace sidecar
