#include "policy/balancer_round_robin.h"

namespace sidecar {

std::optional<size_t> BalancerRoundRobin::pick(std::span<const Candidate> candidates, Instant) {
  for (size_t step = 0; step < candidates.size(); ++step) {
    const size_t i = (next_ + step) % candidates.size();
    if (candidates[i].is_usable) {
      next_ = i + 1;
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace sidecar
