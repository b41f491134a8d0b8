#pragma once

#include <vector>

#include "policy/balancer.h"
#include "policy/smooth_weights.h"

namespace sidecar {

/// The one with the fewest attempts under way for its weight; among equals by weight in turns, so
/// that an idle pool is used by weight too and nobody starves.
class BalancerLeastInflight final : public Balancer {
 public:
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;

 private:
  SmoothWeights turns_;
  std::vector<uint64_t> weights_;
};

}  // namespace sidecar
