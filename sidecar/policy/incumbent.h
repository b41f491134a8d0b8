#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "policy/balancer.h"

namespace sidecar {

/// Keeps the endpoint in use against flapping. A challenger takes its place when the place is
/// empty, or when it is better by beaten_by_percent and hold_min has passed since the last change.
/// While the incumbent cannot serve a call (a retry or a hedge goes elsewhere by design) the
/// challenger stands in for it, and takes the place only when that lasts for hold_min without a
/// break. Owner: a balancer, by value.
class Incumbent {
 public:
  explicit Incumbent(const StickinessOptions& options) : options_(options) {}

  /// `incumbent_figure`: what is to be low; none = it cannot serve this call. `figure`: the best
  /// one's. Returns who serves this call.
  size_t settle(std::optional<uint64_t> incumbent_figure, size_t challenger, uint64_t figure,
                Instant now) {
    if (!index_) {
      return take(challenger, now);
    }
    if (!incumbent_figure) {
      away_since_ = away_since_.value_or(now);
      return now - *away_since_ > options_.hold_min ? take(challenger, now) : challenger;
    }
    away_since_.reset();
    const bool is_beaten = figure * (100 + options_.beaten_by_percent) <= *incumbent_figure * 100;
    return is_beaten && now - since_ >= options_.hold_min ? take(challenger, now) : *index_;
  }
  /// None before the first choice.
  std::optional<size_t> index() const { return index_; }

 private:
  size_t take(size_t challenger, Instant now) {
    if (index_ != challenger) {
      since_ = now;
    }
    index_ = challenger;
    away_since_.reset();
    return challenger;
  }

  StickinessOptions options_;
  std::optional<size_t> index_;
  std::optional<Instant> away_since_;  ///< of the picks in a row that it could not serve, the first
  Instant since_;
};

}  // namespace sidecar
