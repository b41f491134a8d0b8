#include "policy/balancer_lowest_cost.h"

#include <algorithm>

namespace sidecar {

std::optional<size_t> BalancerLowestCost::pick(std::span<const Candidate> candidates, Instant now) {
  std::optional<size_t> cheapest;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].is_usable && (!cheapest || candidates[i].cost < candidates[*cheapest].cost)) {
      cheapest = i;
    }
  }
  if (!cheapest) {
    return std::nullopt;
  }
  const std::optional<size_t> kept = incumbent_.index();
  const bool is_kept = kept && candidates[*kept].is_usable;
  const size_t used =
      incumbent_.settle(is_kept ? std::optional(candidates[*kept].cost) : std::nullopt, *cheapest,
                        candidates[*cheapest].cost, now);
  weights_.resize(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    const bool is_as_cheap = candidates[i].is_usable && candidates[i].cost == candidates[used].cost;
    weights_[i] = is_as_cheap ? std::max(candidates[i].weight, 1u) : 0;
  }
  return turns_.pick(weights_);
}

}  // namespace sidecar
