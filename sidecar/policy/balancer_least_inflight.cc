#include "policy/balancer_least_inflight.h"

#include <algorithm>

namespace sidecar {

namespace {

/// a.inflight / a.weight < b.inflight / b.weight, without dividing.
bool is_freer(const Candidate& a, const Candidate& b) {
  return uint64_t{a.inflight_count} * b.weight < uint64_t{b.inflight_count} * a.weight;
}

}  // namespace

std::optional<size_t> BalancerLeastInflight::pick(std::span<const Candidate> candidates, Instant) {
  std::optional<size_t> freest;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].is_usable && (!freest || is_freer(candidates[i], candidates[*freest]))) {
      freest = i;
    }
  }
  if (!freest) {
    return std::nullopt;
  }
  weights_.resize(candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    const bool is_as_free =
        candidates[i].is_usable && !is_freer(candidates[*freest], candidates[i]);
    weights_[i] = is_as_free ? std::max(candidates[i].weight, 1u) : 0;
  }
  return turns_.pick(weights_);
}

}  // namespace sidecar
