#pragma once

#include "policy/balancer.h"

namespace sidecar {

/// The one with the fewest attempts under way for its weight; among equals the one not used for
/// longest.
class BalancerLeastInflight final : public Balancer {
 public:
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;
};

}  // namespace sidecar
