#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/time.h"

namespace sidecar {

struct CooldownOptions {
  Millis pause_min{60'000};  ///< without Retry-After: min(pause_min * 2^n, pause_max), jittered
  Millis pause_max{900'000};
  Millis retry_after_max{60'000};  ///< what a provider asks for is capped by this
};

/// The pause after a provider said that we ask too much.
/// Shape: off -> cooling for a while -> off; a success after it forgets the count.
class Cooldown {
 public:
  explicit Cooldown(const CooldownOptions& options) : options_(options) {}

  /// `retry_after`: what it asked for. Told again while cooling (calls that were under way), it
  /// does not count as another time.
  void on_throttled(std::optional<Millis> retry_after, Instant now, Random& random);
  void on_success(Instant now);
  bool is_over(Instant now) const { return now >= until_; }
  Instant until() const { return until_; }
  /// When it last began; Instant::min() = never.
  Instant began() const { return began_; }
  void reset();

 private:
  CooldownOptions options_;
  uint32_t times_ = 0;
  Instant until_ = Instant::min();
  Instant began_ = Instant::min();
};

}  // namespace sidecar
