#include "policy/latency.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace sidecar {

namespace {

/// The first bucket ends here; each octave above has four.
constexpr uint64_t kFloorNs = 10'000;
/// Far above the last bucket; keeps the sums below in range.
constexpr int64_t kCeilingNs = 1'000'000'000'000;

/// Quarter octaves above the floor: the octave from the highest bit, the quarter from the two below
/// it.
size_t bucket_of(Nanos took, size_t count) {
  const auto ns = static_cast<uint64_t>(std::clamp<int64_t>(took.count(), 0, kCeilingNs));
  // In units of a quarter of the floor, so that the two bits below the highest are there.
  const uint64_t units = ns * 4 / kFloorNs;
  if (units < 4) {
    return 0;
  }
  const auto octave = static_cast<size_t>(std::bit_width(units)) - 3;
  const auto quarter = static_cast<size_t>(units >> octave) & 3;
  return std::min(1 + octave * 4 + quarter, count - 1);
}

/// What no latency in the bucket is above.
Nanos edge_of(size_t bucket) {
  if (bucket == 0) {
    return Nanos(kFloorNs);
  }
  const size_t octave = (bucket - 1) / 4;
  const uint64_t quarters = 4 + (bucket - 1) % 4 + 1;
  return Nanos(static_cast<int64_t>((kFloorNs * quarters << octave) / 4));
}

}  // namespace

void LatencyHistogram::add(Nanos took) {
  if (sample_count_ >= kSamplesMax) {
    sample_count_ = 0;
    for (uint16_t& count : counts_) {
      count = static_cast<uint16_t>(count / 2);
      sample_count_ += count;
    }
  }
  ++counts_[bucket_of(took, kBucketCount)];
  ++sample_count_;
  cached_q_.reset();
}

std::optional<Nanos> LatencyHistogram::quantile(double q) const {
  if (sample_count_ == 0) {
    return std::nullopt;
  }
  if (cached_q_ == q) {
    return cached_;
  }
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(sample_count_);
  uint32_t below = 0;
  size_t bucket = 0;
  for (; bucket + 1 < kBucketCount; ++bucket) {
    below += counts_[bucket];
    if (below > 0 && static_cast<double>(below) >= rank) {
      break;
    }
  }
  cached_q_ = q;
  cached_ = edge_of(bucket);
  return cached_;
}

bool LatencyHistogram::restore(const Counts& counts) {
  const uint32_t sum = std::accumulate(counts.begin(), counts.end(), uint32_t{0});
  if (sum > kSamplesMax) {
    return false;
  }
  counts_ = counts;
  sample_count_ = sum;
  cached_q_.reset();
  return true;
}

void LatencyHistogram::clear() {
  counts_.fill(0);
  sample_count_ = 0;
  cached_q_.reset();
}

}  // namespace sidecar
