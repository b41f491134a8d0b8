#include "policy/balancer_weighted_random.h"

#include <algorithm>

namespace sidecar {

namespace {

uint64_t share_of(const Candidate& candidate) {
  return candidate.is_usable ? std::max(candidate.weight, 1u) : 0;
}

}  // namespace

std::optional<size_t> BalancerWeightedRandom::pick(std::span<const Candidate> candidates, Instant) {
  uint64_t sum = 0;
  for (const Candidate& one : candidates) {
    sum += share_of(one);
  }
  if (sum == 0) {
    return std::nullopt;
  }
  uint64_t drawn = random_.below(sum);
  for (size_t i = 0; i < candidates.size(); ++i) {
    const uint64_t share = share_of(candidates[i]);
    if (drawn < share) {
      return i;
    }
    drawn -= share;
  }
  return std::nullopt;
}

}  // namespace sidecar
