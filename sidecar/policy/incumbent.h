#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "policy/balancer.h"

namespace sidecar {

/// Keeps the endpoint in use against flapping: a challenger takes its place only when it is better
/// by beaten_by_percent and hold_min has passed since the last change; or at once when the place is
/// empty. Owner: a balancer, by value.
class Incumbent {
 public:
  explicit Incumbent(const StickinessOptions& options) : options_(options) {}

  /// `figure`: what is to be low, of the incumbent and of the best other. Returns who is used now.
  size_t settle(std::optional<uint64_t> incumbent_figure, size_t challenger, uint64_t figure,
                Instant now) {
    const bool is_held = incumbent_figure && challenger != *index_ &&
                         (now - since_ < options_.hold_min ||
                          figure * (100 + options_.beaten_by_percent) > *incumbent_figure * 100);
    if (!is_held && (!index_ || *index_ != challenger)) {
      index_ = challenger;
      since_ = now;
    }
    return *index_;
  }
  /// None before the first choice.
  std::optional<size_t> index() const { return index_; }

 private:
  StickinessOptions options_;
  std::optional<size_t> index_;
  Instant since_;
};

}  // namespace sidecar
