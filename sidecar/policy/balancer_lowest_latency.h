#pragma once

#include <vector>

#include "policy/balancer.h"
#include "policy/incumbent.h"

namespace sidecar {

/// The fastest of those whose latency is known; the one in use is kept against flapping.
/// One that was never measured is tried first, one call at a time and once in hold_min: what it
/// answers may prove nothing about its latency. One pick in kExploreEvery, drawn, goes to an
/// unmeasured one, else to the one not used for longest, so that an idle provider that got faster
/// is found. Drawn and not counted: a count falls into step with calls that come by turns, and then
/// whoever serves only every second of them is never explored.
class BalancerLowestLatency final : public Balancer {
 public:
  static constexpr uint32_t kExploreEvery = 32;

  BalancerLowestLatency(const StickinessOptions& stickiness, uint64_t seed)
      : trial_pause_(stickiness.hold_min), incumbent_(stickiness), random_(seed) {}
  std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) override;

 private:
  struct Found;
  Found look(std::span<const Candidate> candidates, Instant now) const;
  size_t fastest(std::span<const Candidate> candidates, size_t best, Instant now);

  Millis trial_pause_;
  Incumbent incumbent_;
  std::vector<Instant> next_trials_;
  Random random_;
};

}  // namespace sidecar
