#pragma once

#include <chrono>

namespace sidecar {

/// Durations everywhere; the finest step a timer can be set to.
using Millis = std::chrono::milliseconds;
using Nanos = std::chrono::nanoseconds;

/// A point on the monotonic clock of whoever made it (loop or simulation); never wall time.
struct MonotonicClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;

/// Tells the time. core/ and policy/ never read a clock themselves.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  /// Wall time since the Unix epoch; may jump. Only for what is bound to a calendar.
  virtual Millis unix_now() const = 0;
};

/// One timer that its owner re-arms at will; arming again replaces the earlier setting.
/// Owner: whoever asked Timers for it; destroying it cancels it.
class Timer {
 public:
  virtual ~Timer() = default;
  /// Fires once, at `when` or soon after, on a loop turn of its own. A past instant fires next
  /// turn.
  virtual void arm(Instant when) = 0;
  virtual void cancel() = 0;
};

}  // namespace sidecar
