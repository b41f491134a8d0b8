#include "policy/calendar.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

namespace {

Millis utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year(year) / std::chrono::month(month) /
                                   std::chrono::day(day)};
  return std::chrono::duration_cast<Millis>(date.time_since_epoch()) + std::chrono::hours(hour) +
         std::chrono::minutes(minute);
}

}  // namespace

TEST_CASE("month_of: from one reset to the next, the moment of the reset being the new month's") {
  struct Row {
    ResetOptions reset;
    Millis now, begin, end;
  };
  const Row rows[] = {
      {{0, 1}, utc(2026, 11, 21, 12), utc(2026, 11, 1, 0), utc(2026, 12, 1, 0)},
      {{0, 1}, utc(2026, 12, 1, 0), utc(2026, 12, 1, 0), utc(2027, 1, 1, 0)},
      {{0, 1}, utc(2027, 1, 1, 0) - Millis(1), utc(2026, 12, 1, 0), utc(2027, 1, 1, 0)},
      {{6, 1}, utc(2026, 12, 1, 5, 59), utc(2026, 11, 1, 6), utc(2026, 12, 1, 6)},
      {{6, 1}, utc(2026, 12, 1, 6), utc(2026, 12, 1, 6), utc(2027, 1, 1, 6)},
      {{0, 15}, utc(2027, 1, 3, 0), utc(2026, 12, 15, 0), utc(2027, 1, 15, 0)},
      {{23, 28}, utc(2028, 2, 28, 22, 59), utc(2028, 1, 28, 23), utc(2028, 2, 28, 23)},
      {{23, 28}, utc(2028, 2, 29, 12), utc(2028, 2, 28, 23), utc(2028, 3, 28, 23)},
  };
  for (const Row& row : rows) {
    const TimeSpan month = month_of(row.reset, row.now);

    CAPTURE(row.now.count());
    CHECK(month.begin == row.begin);
    CHECK(month.end == row.end);
  }
}

TEST_CASE("day_of: from one reset hour to the next") {
  const TimeSpan before = day_of({6, 1}, utc(2026, 11, 21, 5));
  const TimeSpan after = day_of({6, 1}, utc(2026, 11, 21, 6));

  CHECK(before.begin == utc(2026, 11, 20, 6));
  CHECK(before.end == utc(2026, 11, 21, 6));
  CHECK(after.begin == before.end);
}

TEST_CASE("reset_at: a month's end tells the reset that it came of") {
  const ResetOptions reset{23, 15};

  CHECK(reset_at(month_of(reset, utc(2027, 1, 3, 0)).end) == reset);
  CHECK(reset_at(utc(2027, 1, 31, 5)) == ResetOptions{5, 28});
}

}  // namespace sidecar::testing
