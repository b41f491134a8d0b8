#pragma once

#include "policy/balancer.h"

namespace sidecar {

/// Each usable endpoint in its turn; weights are not looked at.
class BalancerRoundRobin final : public Balancer {
 public:
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;

 private:
  size_t next_ = 0;
};

}  // namespace sidecar
