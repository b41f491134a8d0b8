#include "policy/balancer_least_inflight.h"

namespace sidecar {

namespace {

/// (a.inflight + 1) / a.weight < (b.inflight + 1) / b.weight, without dividing. The one to be added
/// counts.
bool is_freer(const Candidate& a, const Candidate& b) {
  const uint64_t left = (uint64_t{a.inflight_count} + 1) * b.weight;
  const uint64_t right = (uint64_t{b.inflight_count} + 1) * a.weight;
  return left != right ? left < right : a.last_used < b.last_used;
}

}  // namespace

std::optional<size_t> BalancerLeastInflight::pick(std::span<const Candidate> candidates, Instant) {
  std::optional<size_t> best;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].is_usable && (!best || is_freer(candidates[i], candidates[*best]))) {
      best = i;
    }
  }
  return best;
}

}  // namespace sidecar
