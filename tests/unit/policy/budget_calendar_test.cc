// Of policy/budget.h: days and months, and a wall clock that jumps.
#include <doctest/doctest.h>

#include <ctime>

#include "budget_house.h"
#include "policy/budget.h"

namespace sidecar::testing {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Instant kStart = kBudgetStart;
constexpr Millis kDay = hours(24);

Millis unix_at(int year, int month, int day, int hour = 0) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  return seconds(timegm(&parts));
}

}  // namespace

TEST_CASE("Budget: a day ends at its hour, UTC, to the millisecond") {
  struct Row {
    Millis unix_now;
    uint32_t reset_hour;
    Millis ends;
  };
  const Row rows[] = {
      {unix_at(2026, 11, 21, 12), 0, unix_at(2026, 11, 22)},
      {unix_at(2026, 11, 21), 0, unix_at(2026, 11, 22)},
      {unix_at(2026, 11, 22) - Millis(1), 0, unix_at(2026, 11, 22)},
      {unix_at(2026, 11, 21, 12), 13, unix_at(2026, 11, 21, 13)},
      {unix_at(2026, 11, 21, 12), 12, unix_at(2026, 11, 22, 12)},
      {unix_at(2026, 11, 21, 12), 11, unix_at(2026, 11, 22, 11)},
      {unix_at(2026, 12, 31, 23), 23, unix_at(2027, 1, 1, 23)},
      {unix_at(2028, 2, 28, 1), 0, unix_at(2028, 2, 29)},
      {unix_at(1970, 1, 1), 5, unix_at(1970, 1, 1, 5)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.unix_now.count());
    CAPTURE(row.reset_hour);
    BudgetHouse house(per_day(10, row.reset_hour), row.unix_now);
    REQUIRE(house.take(10));

    CHECK_FALSE(house.budget.may_spend(1, kStart, row.ends - Millis(1)));
    CHECK(house.budget.may_spend(10, kStart, row.ends));
  }
}

TEST_CASE("Budget: a month ends at its day and hour, UTC, to the millisecond") {
  struct Row {
    Millis unix_now;
    uint32_t reset_day;
    uint32_t reset_hour;
    Millis ends;
  };
  const Row rows[] = {
      {unix_at(2026, 11, 21, 12), 1, 0, unix_at(2026, 12, 1)},
      {unix_at(2026, 12, 1), 1, 0, unix_at(2027, 1, 1)},
      {unix_at(2026, 12, 1) - Millis(1), 1, 0, unix_at(2026, 12, 1)},
      {unix_at(2026, 11, 21, 12), 21, 0, unix_at(2026, 12, 21)},
      {unix_at(2026, 11, 21, 12), 21, 12, unix_at(2026, 12, 21, 12)},
      {unix_at(2026, 11, 21, 12), 21, 13, unix_at(2026, 11, 21, 13)},
      {unix_at(2026, 11, 21, 12), 22, 0, unix_at(2026, 11, 22)},
      {unix_at(2026, 12, 28, 1), 28, 2, unix_at(2026, 12, 28, 2)},
      {unix_at(2026, 12, 28, 2), 28, 2, unix_at(2027, 1, 28, 2)},
      {unix_at(2027, 1, 31), 28, 0, unix_at(2027, 2, 28)},
      {unix_at(2028, 2, 29), 28, 23, unix_at(2028, 3, 28, 23)},
      {unix_at(2027, 3, 1, 3), 1, 4, unix_at(2027, 3, 1, 4)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.unix_now.count());
    CAPTURE(row.reset_day);
    BudgetHouse house(per_month(10, row.reset_day, row.reset_hour), row.unix_now);
    REQUIRE(house.take(10));

    CHECK_FALSE(house.budget.may_spend(1, kStart, row.ends - Millis(1)));
    CHECK(house.budget.may_spend(10, kStart, row.ends));
  }
}

TEST_CASE("Budget: over three years each month gets its quota once, and no more") {
  for (const uint32_t reset_day : {1u, 15u, 28u}) {
    CAPTURE(reset_day);
    BudgetHouse house(per_month(100, reset_day, 7), unix_at(2026, 1, 15, 7));
    uint64_t taken = 0;

    // Asked each hour, up to an hour before a month's end by any of the three days.
    const Millis until = unix_at(2029, 1, 15, 6);
    for (; house.unix_now <= until; house.advance(hours(1))) {
      taken += house.take(100) ? 100 : 0;
    }

    // The first is cut short by another reset day than the one it begins at.
    CHECK(taken == (reset_day == 15 ? 3'600u : 3'700u));
  }
}

TEST_CASE("Budget: a wall clock that jumps a day moves the day, and no other bound") {
  BudgetOptions options = per_day(20);
  options.per_second = 10;
  options.per_10s = 10;
  options.per_month = 1'000;
  BudgetHouse house(options);
  REQUIRE(house.take(10));

  const Millis tomorrow = house.unix_now + kDay;
  const Budget::Left left = house.budget.left(house.now, tomorrow);

  CHECK(left.day == 20);
  CHECK(left.month == 990);
  CHECK(left.second == 0);
  CHECK(left.ten_seconds == 0);
  CHECK(house.budget.affordable_at(1, house.now, tomorrow) == kStart + seconds(11));
}

TEST_CASE("Budget: a wall clock that goes back two hours within the day moves nothing") {
  BudgetOptions options = per_day(20);
  options.per_second = 10;
  BudgetHouse house(options);
  REQUIRE(house.take(10));

  const Budget::Left left = house.budget.left(house.now, house.unix_now - hours(2));

  CHECK(left.day == 10);
  CHECK(left.second == 0);
  CHECK(house.budget.left(house.now + seconds(1), house.unix_now - hours(2)).second == 10);
}

TEST_CASE("Budget: a wall clock that goes back over midnight gives nothing back before the next") {
  const Millis midnight = unix_at(2026, 12, 1);
  BudgetOptions options = per_day(10);
  options.per_month = 100;
  BudgetHouse house(options, midnight + hours(1));
  REQUIRE(house.take(10));

  CHECK_FALSE(house.budget.may_spend(1, house.now, midnight - hours(1)));
  CHECK_FALSE(house.budget.may_spend(1, house.now, midnight - Millis(1)));
  CHECK(house.budget.left(house.now, midnight - Millis(1)).month == 90);

  CHECK(house.budget.may_spend(10, house.now, midnight));
  CHECK(house.budget.left(house.now, midnight).month == 100);
}

TEST_CASE("Budget: a wall clock that was years ahead for a while does not lock the budget") {
  BudgetHouse house(per_day(10));
  const Millis wrong = house.unix_now + hours(24 * 1'000);
  REQUIRE(house.budget.may_spend(10, house.now, wrong));
  house.budget.spend(10, house.now, wrong);

  CHECK_FALSE(house.may_spend(1));
  house.advance(hours(12) - Nanos(1));
  CHECK_FALSE(house.may_spend(1));
  house.advance(Nanos(1));

  CHECK(house.may_spend(10));
}

}  // namespace sidecar::testing
