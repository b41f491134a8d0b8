#pragma once

#include "policy/balancer.h"

namespace sidecar {

/// Each pick is drawn by weight, whatever the last one was.
class BalancerWeightedRandom final : public Balancer {
 public:
  explicit BalancerWeightedRandom(uint64_t seed) : random_(seed) {}
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;

 private:
  Random random_;
};

}  // namespace sidecar
