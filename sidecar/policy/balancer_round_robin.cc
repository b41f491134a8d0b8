#include "policy/balancer_round_robin.h"

namespace sidecar {

std::optional<size_t> BalancerRoundRobin::pick(std::span<const Candidate> candidates) {
  std::optional<size_t> best;
  for (size_t step = 0; step < candidates.size(); ++step) {
    const size_t i = (next_ + step) % candidates.size();
    if (!candidates[i].is_tried && (!best || candidates[i].tier < candidates[*best].tier)) {
      best = i;
    }
  }
  if (best) {
    next_ = *best + 1;
  }
  return best;
}

}  // namespace sidecar
