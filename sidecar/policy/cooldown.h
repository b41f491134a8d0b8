#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/time.h"

namespace sidecar {

struct CooldownOptions {
  Millis pause_min{60'000};  ///< without Retry-After: min(pause_min * 2^n, pause_max) and jitter
  Millis pause_max{900'000};
  Millis retry_after_max{60'000};  ///< what a provider asks for is capped by this
};

/// What a cooldown knows that is worth keeping over a restart.
struct CooldownMemory {
  uint32_t times = 0;
  Nanos left{0};  ///< of the pause
};

/// The pause after a provider said that we ask too much.
/// Not: it does not read what the provider said (retry_after.h) and knows no quota (budget.h).
/// Shape: off -> cooling for a while -> off; a success after it forgets the count.
/// Units: Millis. What the provider asks for is obeyed as it stands, up to retry_after_max; a zero,
/// or a date that has passed, is a second, or the next call would be refused too. Where it names no
/// time, n is how often in a row it has said so, and up to a fifth is added: upward only, so that
/// no pause is shorter than the one that was wanted, and hosts that share a key do not come back
/// together.
/// Owner: Provider, by value. Errors: none.
class Cooldown {
 public:
  explicit Cooldown(const CooldownOptions& options) : options_(options) {}

  /// `retry_after`: what it asked for. Told again while cooling (calls that were under way), it
  /// does not count as another time; only a later end that the provider names moves the end.
  void on_throttled(std::optional<Millis> retry_after, Instant now, Random& random);
  /// A success while cooling, of a call that was under way, says nothing.
  void on_success(Instant now);
  /// As new: off, nothing counted.
  void reset();
  /// For what comes next; a pause that runs keeps its end.
  void set_options(const CooldownOptions& options) { options_ = options; }

  CooldownMemory memory(Instant now) const;
  /// Requires: as new. A pause longer than any that it would make itself is cut.
  void restore(const CooldownMemory& memory, Instant now);

  bool is_over(Instant now) const { return now >= until_; }
  Instant until() const { return until_; }
  /// When it last began; Instant::min() = never.
  Instant began() const { return began_; }

 private:
  Millis own_pause(Random& random) const;

  CooldownOptions options_;
  uint32_t times_ = 0;  ///< in a row, without a success between
  Instant until_ = Instant::min();
  Instant began_ = Instant::min();
};

}  // namespace sidecar
