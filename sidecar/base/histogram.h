#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/time.h"

namespace sidecar {

/// Counts of durations in buckets with fixed bounds, from the start of the process on.
/// Not: it forgets nothing; recent quantiles are policy/latency.h's. Owner: whoever measures, by
/// value. Limits: kBoundsMax bounds. Requires: the bounds ascend and live as long.
class Histogram {
 public:
  static constexpr size_t kBoundsMax = 15;

  explicit Histogram(std::span<const Nanos> bounds) : bounds_(bounds) {}

  void add(Nanos took) {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), took);
    ++counts_[static_cast<size_t>(at - bounds_.begin())];
    ++count_;
    sum_ += took;
  }

  /// Upper edges; what is equal to one is under it.
  std::span<const Nanos> bounds() const { return bounds_; }
  /// Of one bucket alone; the one behind the last bound holds the rest.
  uint64_t count_in(size_t bucket) const { return counts_[bucket]; }
  uint64_t count() const { return count_; }
  Nanos sum() const { return sum_; }

 private:
  std::span<const Nanos> bounds_;
  std::array<uint64_t, kBoundsMax + 1> counts_{};
  uint64_t count_ = 0;
  Nanos sum_{0};
};

/// Bounds for answers of providers, and for turns of the loop.
inline constexpr std::array<Nanos, 13> kCallBounds{
    Millis(1),     Millis(2),     Millis(5),     Millis(10),  Millis(25),
    Millis(50),    Millis(100),   Millis(250),   Millis(500), Millis(1'000),
    Millis(2'500), Millis(5'000), Millis(10'000)};
inline constexpr std::array<Nanos, 13> kTurnBounds{
    Nanos(100'000), Nanos(250'000), Nanos(500'000), Millis(1),  Millis(2),
    Millis(5),      Millis(10),     Millis(25),     Millis(50), Millis(100),
    Millis(250),    Millis(500),    Millis(1'000)};

}  // namespace sidecar
