#pragma once

#include "policy/balancer.h"

namespace sidecar {

/// Each endpoint of the tier in its turn; weights are not looked at.
class BalancerRoundRobin final : public Balancer {
 public:
  std::optional<size_t> pick(std::span<const Candidate> candidates) override;

 private:
  size_t next_ = 0;
};

}  // namespace sidecar
