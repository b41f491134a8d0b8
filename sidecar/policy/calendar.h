#pragma once

#include <cstdint>

#include "base/time.h"

namespace sidecar {

/// When a provider's day and month end, in UTC.
struct ResetOptions {
  uint32_t hour = 0;  ///< of the day
  uint32_t day = 1;   ///< of the month, 1 to 28

  bool operator==(const ResetOptions&) const = default;
};

/// From `begin` up to, and not with, `end`; unix time.
struct TimeSpan {
  Millis begin{0};
  Millis end{0};
};

/// The day and the billing month that `unix_now` is in: from one reset to the next.
TimeSpan day_of(const ResetOptions& reset, Millis unix_now);
TimeSpan month_of(const ResetOptions& reset, Millis unix_now);
/// The reset of which this moment may be one: its hour and day of the month, 28 at most.
ResetOptions reset_at(Millis unix_time);

}  // namespace sidecar
