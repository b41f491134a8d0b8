#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace sidecar {

/// Quantiles of recent latencies in fixed memory: counts in buckets a quarter octave wide, halved
/// whenever sample_count reaches kSamplesMax, so that old samples fade.
/// Limits: 10 us to 146 s; outside goes to the nearest bucket. An answer is at most a quarter too
/// high. Owner: whoever measures, by value. Size: under 300 bytes.
class LatencyHistogram {
 public:
  static constexpr uint32_t kSamplesMax = 512;
  static constexpr size_t kBucketCount = 96;
  using Counts = std::array<uint16_t, kBucketCount>;

  void add(Nanos took);
  /// The upper edge of the bucket that holds the quantile; none without samples. 0 <= q <= 1.
  /// Cached: a few nanoseconds when nothing was added since the last time for this q.
  std::optional<Nanos> quantile(double q) const;
  uint32_t sample_count() const { return sample_count_; }
  void clear();
  /// For what is kept over a restart.
  const Counts& counts() const { return counts_; }
  /// False, and nothing changes, when these are more samples than it ever holds.
  bool restore(const Counts& counts);

 private:
  Counts counts_{};
  uint32_t sample_count_ = 0;
  mutable std::optional<double> cached_q_;  ///< asked for last, since the last sample
  mutable Nanos cached_{0};
};

}  // namespace sidecar
