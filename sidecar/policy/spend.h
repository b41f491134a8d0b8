#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "policy/calendar.h"

namespace sidecar {

/// What was spent. Units are split by what they are, for sums over providers of both kinds.
struct Spent {
  uint64_t nano_dollars = 0;
  uint64_t requests = 0;
  uint64_t credits = 0;

  /// Each part stays at the top of its range.
  Spent& operator+=(const Spent& more);
  bool operator==(const Spent&) const = default;
  bool is_nothing() const { return *this == Spent(); }
};

/// What MonthSpend knows that is worth keeping over a restart.
struct MonthMemory {
  Spent spent;
  Millis ends{0};           ///< unix time
  Millis counted_since{0};  ///< unix time
};

/// What one account has spent in its billing month, and what it will have at the month's end.
///
///   now ─┬─ in the month ──▶ counted to it          projection: spent + spent * (time left) /
///        └─ past its end ──▶ a new month, at nothing             (time counted, an hour at least)
/// Owner: an account of the ledger, by value. Errors: none. A clock that goes back keeps what was
/// spent, and the month ends when it ends by the new time, as in Budget.
class MonthSpend {
 public:
  MonthSpend(const ResetOptions& reset, Millis unix_now);

  void add(const Spent& more, Millis unix_now);
  /// Its month ends at another time from now on; what was spent stays.
  void set_reset(const ResetOptions& reset, Millis unix_now);
  const Spent& spent(Millis unix_now);
  TimeSpan month(Millis unix_now);
  /// Nano-dollars by the end of the month, when it goes on as it did on average since it began, or
  /// since counting began in it.
  uint64_t projected(Millis unix_now);

  MonthMemory memory(Millis unix_now);
  /// Adds what was spent before a restart, when its month is not over.
  void restore(const MonthMemory& memory, Millis unix_now);

 private:
  void turn(Millis unix_now);

  ResetOptions reset_;
  TimeSpan month_;
  Millis counted_since_;
  Spent spent_;
};

/// Nano-dollars spent in the last minute and the last hour, to a second and to a minute.
/// Owner: the ledger, by value. Errors: none; a clock that goes back counts as no time passed.
class SpendRate {
 public:
  explicit SpendRate(Instant now)
      : minute_(now, std::chrono::seconds(1)), hour_(now, std::chrono::minutes(1)) {}

  void add(uint64_t nano_dollars, Instant now);
  uint64_t last_minute(Instant now) { return minute_.sum(now); }
  uint64_t last_hour(Instant now) { return hour_.sum(now); }

 private:
  /// Sixty slices.
  class Window {
   public:
    Window(Instant now, Nanos slice) : slice_(slice), began_(now) {}
    void add(uint64_t nano_dollars, Instant now);
    uint64_t sum(Instant now);

   private:
    static constexpr size_t kSliceCount = 60;
    void turn(Instant now);

    Nanos slice_;
    Instant began_;  ///< of the slice at at_
    size_t at_ = 0;
    std::array<uint64_t, kSliceCount> slices_{};
  };

  Window minute_;
  Window hour_;
};

}  // namespace sidecar
