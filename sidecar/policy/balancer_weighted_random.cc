#include "policy/balancer_weighted_random.h"

namespace sidecar {

std::optional<size_t> BalancerWeightedRandom::pick(std::span<const Candidate> candidates, Instant) {
  uint64_t sum = 0;
  for (const Candidate& one : candidates) {
    sum += one.is_usable ? one.weight : 0;
  }
  if (sum == 0) {
    return std::nullopt;
  }
  uint64_t drawn = random_.below(sum);
  for (size_t i = 0; i < candidates.size(); ++i) {
    const uint64_t weight = candidates[i].is_usable ? candidates[i].weight : 0;
    if (drawn < weight) {
      return i;
    }
    drawn -= weight;
  }
  return std::nullopt;
}

}  // namespace sidecar
