#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sidecar {

/// Smooth weighted round robin: over any stretch as long as the sum of the weights each gets its
/// share, and the turns of one are spread evenly.
///   each one that may be picked gains its weight; the richest is picked and pays the sum of all.
/// One that may not be picked this time neither gains nor pays: calls that it cannot serve cost it
/// nothing of its share, and it comes back without a burst.
/// Limits: a credit or debt of kRoundsMax rounds, so that what was saved up under other weights is
/// no burst either. With weights that stay the limit is not met.
/// Owner: a balancer, by value. Source: nginx, upstream round robin.
class SmoothWeights {
 public:
  static constexpr int64_t kRoundsMax = 2;

  /// `weights`: zero = not to be picked. The span has the same order on each call; it may grow at
  /// its end.
  std::optional<size_t> pick(std::span<const uint64_t> weights);

 private:
  std::vector<int64_t> credits_;
};

}  // namespace sidecar
