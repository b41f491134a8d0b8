#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "policy/calendar.h"

namespace sidecar {

/// What one provider may be asked for, in requests or in credits. 0 = no such bound.
struct BudgetOptions {
  uint32_t per_second = 0;  ///< token bucket; refills evenly
  uint32_t burst = 0;       ///< its size; 0 = per_second
  uint64_t per_10s = 0;     ///< over any ten seconds, in slices of one
  uint64_t per_day = 0;
  uint64_t per_month = 0;
  uint32_t reset_hour = 0;  ///< UTC hour at which the day ends
  uint32_t reset_day = 1;   ///< day of the month, 1 to 28, at which the month ends

  bool operator==(const BudgetOptions&) const = default;
};

/// What a budget knows that is worth keeping over a restart.
struct BudgetMemory {
  uint64_t spent_day = 0;
  Millis day_ends{0};  ///< unix time
  uint64_t spent_month = 0;
  Millis month_ends{0};
};

/// One provider's own budget: never exceeded, so a full one makes the provider unusable, not slow.
/// Units: whatever `cost` counts (credits.h, or one a request).
/// Limits: in any stretch of t seconds no more than burst + per_second * t, exactly: time is
/// counted in nanoseconds and units in billionths, so nothing is rounded. In any ten seconds no
/// more than per_10s; for that eleven seconds' worth is kept, so a steady stream gets ten elevenths
/// of it. Owner: Provider, by value. Errors: none. A clock that goes back counts as no time passed.
/// Wall time is for day and month only: one that jumps moves no other bound, and one that goes back
/// keeps what was spent and ends the day when it ends by the new time.
class Budget {
 public:
  Budget(const BudgetOptions& options, Instant now, Millis unix_now);

  /// False for ever when `cost` is more than a whole bound.
  bool may_spend(uint64_t cost, Instant now, Millis unix_now);
  /// Requires: may_spend(cost, ...) at the same instant.
  void spend(uint64_t cost, Instant now, Millis unix_now);
  /// Counts what comes unasked, and what was spent without a look at may_spend: for day and month
  /// only, and past their bounds too.
  void spend_quota(uint64_t cost, Millis unix_now);
  BudgetMemory memory(Millis unix_now);
  /// Adds what was spent before a restart, as far as its day and month are not over.
  void restore(const BudgetMemory& memory, Millis unix_now);
  /// When `cost` can be spent at the earliest, as far as the second and the ten seconds go; none
  /// when day or month are used up, or when it never fits.
  std::optional<Instant> affordable_at(uint64_t cost, Instant now, Millis unix_now);

  struct Left {
    std::optional<uint64_t> second;
    std::optional<uint64_t> ten_seconds;
    std::optional<uint64_t> day;
    std::optional<uint64_t> month;
  };
  Left left(Instant now, Millis unix_now);
  bool is_bounded() const;

  /// Other bounds from now on. What was spent of the day, the month and the last ten seconds counts
  /// against them; a bucket that was not there before is full.
  void set_options(const BudgetOptions& options, Instant now, Millis unix_now);

 private:
  /// Eleven slices of a second hold any stretch of ten whole.
  static constexpr size_t kSliceCount = 11;

  void roll(Instant now, Millis unix_now);
  bool has_quota(uint64_t cost) const;
  void refill(Instant now);
  void turn_slices(Instant now);
  void turn_calendar(Millis unix_now);
  uint64_t spent_lately() const;
  ResetOptions reset() const { return {options_.reset_hour, options_.reset_day}; }
  uint64_t capacity() const { return options_.burst != 0 ? options_.burst : options_.per_second; }

  BudgetOptions options_;
  uint64_t tokens_nano_ = 0;  ///< of the bucket, in billionths of a unit
  Instant refilled_at_;
  std::array<uint64_t, kSliceCount> slices_{};  ///< spent in each of the last seconds
  Instant slice_began_;
  size_t slice_ = 0;
  uint64_t spent_day_ = 0;
  uint64_t spent_month_ = 0;
  TimeSpan day_;
  TimeSpan month_;
};

}  // namespace sidecar
