#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace sidecar {

struct BreakerOptions {
  uint32_t failures_max = 3;  ///< in a row; this many open it
  Millis open_min{60'000};    ///< the first time it stays open
  Millis open_max{600'000};   ///< each failed trial doubles the time, up to this
};

enum class BreakerState : uint8_t { kClosed, kOpen, kHalfOpen };
std::string_view breaker_state_name(BreakerState state);

/// What a breaker knows that is worth keeping over a restart.
struct BreakerMemory {
  bool is_open = false;
  uint32_t failures = 0;
  uint32_t openings = 0;
  Nanos pause_left{0};  ///< until its trial
};

/// One endpoint's circuit breaker: counts failures in a row and says whether an attempt may start.
/// Not: it does not classify (policy/outcome.h: only Charge::kFailure comes here; rate limits and
/// caller faults never do) and does not probe (core/prober.h).
/// Shape: kClosed -> kOpen -> kHalfOpen -> kClosed | kOpen for twice as long; a success closes it
/// from anywhere. Attempts are not told apart: while a trial is under way, whatever ends first is
/// its verdict.
/// Owner: Endpoint, by value. Errors: none; a clock that goes back shortens no pause and loses no
/// trial.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(const BreakerOptions& options) : options_(options) {}

  /// Closed, or open for long enough with no trial under way.
  bool may_start(Instant now) const;
  /// An attempt starts. When it is half-open this is the trial: no other may start until it ended.
  void on_start(Instant now);
  /// True when this changed the state. A failure while open, of an attempt that was under way
  /// before, is not news: it is neither counted nor does it lengthen the pause.
  bool on_success(Instant now);
  bool on_failure(Instant now);
  /// An attempt ended that says nothing: cancelled, throttled, the caller's fault. Frees the trial.
  void on_no_verdict();
  /// As new: closed, nothing counted.
  void reset();
  /// For what comes next; a pause that runs keeps its end.
  void set_options(const BreakerOptions& options) { options_ = options; }

  BreakerMemory memory(Instant now) const;
  /// Requires: as new. A pause longer than open_max is cut.
  void restore(const BreakerMemory& memory, Instant now);

  BreakerState state(Instant now) const;
  /// When the next trial may start. Requires: state is not kClosed.
  Instant retry_at() const { return retry_at_; }
  uint32_t failures_in_row() const { return failures_; }

 private:
  void open(Instant now);

  BreakerOptions options_;
  bool is_open_ = false;
  bool is_trial_live_ = false;
  uint32_t failures_ = 0;
  uint32_t openings_ = 0;  ///< in a row, without a success between
  Instant retry_at_ = Instant::min();
};

}  // namespace sidecar
