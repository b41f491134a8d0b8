#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sidecar {

/// Smooth weighted round robin: over any stretch as long as the sum of the weights each gets its
/// share, and the turns of one are spread evenly.
///   each usable one gains its weight; the richest is picked and pays the sum of all.
/// One that was out keeps no credit: it comes back with its share, not with a burst.
/// Owner: a balancer, by value. Source: nginx, upstream round robin.
class SmoothWeights {
 public:
  /// `weights`: zero = not to be picked. The span has the same length and order on each call.
  std::optional<size_t> pick(std::span<const uint64_t> weights);

 private:
  std::vector<int64_t> credits_;
};

}  // namespace sidecar
