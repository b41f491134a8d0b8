#include "policy/balancer_priority_weighted.h"

#include <algorithm>

namespace sidecar {

uint64_t BalancerPriorityWeighted::score(const Candidate& candidate) {
  // In sixteenths of the weight, so that the quarters below stay whole.
  uint64_t score = uint64_t{candidate.weight} * 16 / (uint64_t{1} + candidate.failures_in_row);
  if (candidate.was_throttled_lately) {
    score /= 4;
  }
  if (candidate.has_succeeded_lately) {
    score += score / 4;
  }
  return std::max<uint64_t>(score, 1);
}

std::optional<size_t> BalancerPriorityWeighted::pick(std::span<const Candidate> candidates,
                                                     Instant) {
  scores_.resize(candidates.size());
  std::transform(candidates.begin(), candidates.end(), scores_.begin(),
                 [](const Candidate& one) { return one.is_usable ? score(one) : 0; });
  return turns_.pick(scores_);
}

}  // namespace sidecar
