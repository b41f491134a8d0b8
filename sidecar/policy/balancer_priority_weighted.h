#pragma once

#include <vector>

#include "policy/balancer.h"
#include "policy/smooth_weights.h"

namespace sidecar {

/// Smooth weighted round robin; the weight is the configured one with penalties for failures in a
/// row and for recent throttling, and a bonus for recent success.
///   score = weight * 16 / (1 + failures in a row), a quarter of it when throttled lately, five
///   quarters when it succeeded lately; never below 1, so that nobody starves.
class BalancerPriorityWeighted final : public Balancer {
 public:
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;
  static uint64_t score(const Candidate& candidate);

 private:
  SmoothWeights turns_;
  std::vector<uint64_t> scores_;
};

}  // namespace sidecar
