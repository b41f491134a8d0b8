#pragma once

#include <vector>

#include "policy/balancer.h"
#include "policy/incumbent.h"
#include "policy/smooth_weights.h"

namespace sidecar {

/// The cheapest for this call; among those of one price by weight. The price in use is kept against
/// flapping as BalancerLowestLatency keeps its endpoint.
class BalancerLowestCost final : public Balancer {
 public:
  explicit BalancerLowestCost(const StickinessOptions& stickiness) : incumbent_(stickiness) {}
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;

 private:
  Incumbent incumbent_;
  SmoothWeights turns_;
  std::vector<uint64_t> weights_;
};

}  // namespace sidecar
