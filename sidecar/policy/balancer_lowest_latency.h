#pragma once

#include "policy/balancer.h"
#include "policy/incumbent.h"

namespace sidecar {

/// The fastest, by what it took of late; the one in use is kept against flapping. One that was
/// never measured is tried first, and every kExploreEvery-th pick goes to the one not used for
/// longest, so that an idle provider that got faster is found.
class BalancerLowestLatency final : public Balancer {
 public:
  static constexpr uint32_t kExploreEvery = 32;

  explicit BalancerLowestLatency(const StickinessOptions& stickiness) : incumbent_(stickiness) {}
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;

 private:
  Incumbent incumbent_;
  uint32_t picks_ = 0;
};

}  // namespace sidecar
