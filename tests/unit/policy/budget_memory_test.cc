#include <doctest/doctest.h>

#include "tests/unit/policy/budget_house.h"

namespace sidecar::testing {

namespace {

constexpr Millis kHour{3'600'000};

BudgetOptions day_and_month() {
  BudgetOptions options = per_day(100);
  options.per_month = 1'000;
  return options;
}

}  // namespace

TEST_CASE("Budget: what was spent comes back after a restart in the same day") {
  BudgetHouse before(day_and_month());
  REQUIRE(before.take(30));

  BudgetHouse after(day_and_month(), kBudgetNoon + kHour);
  after.budget.restore(before.budget.memory(before.unix_now), after.unix_now);

  CHECK(after.left().day == 70u);
  CHECK(after.left().month == 970u);
}

TEST_CASE("Budget: of another day only the month's part comes back, of another month nothing") {
  BudgetHouse before(day_and_month());
  REQUIRE(before.take(30));
  const BudgetMemory memory = before.budget.memory(before.unix_now);

  BudgetHouse next_day(day_and_month(), kBudgetNoon + 12 * kHour);
  next_day.budget.restore(memory, next_day.unix_now);
  BudgetHouse next_month(day_and_month(), kBudgetNoon + 11 * 24 * kHour);
  next_month.budget.restore(memory, next_month.unix_now);

  CHECK(next_day.left().day == 100u);
  CHECK(next_day.left().month == 970u);
  CHECK(next_month.left().month == 1'000u);
}

TEST_CASE(
    "Budget: a clock that is behind the one that wrote takes what was spent for still spent") {
  BudgetHouse before(day_and_month());
  REQUIRE(before.take(30));

  BudgetHouse behind(day_and_month(), kBudgetNoon - 48 * kHour);
  behind.budget.restore(before.budget.memory(before.unix_now), behind.unix_now);

  CHECK(behind.left().day == 70u);
  CHECK(behind.left().month == 970u);
}

TEST_CASE("Budget: what comes unasked counts for day and month, past their bounds too") {
  BudgetOptions options = day_and_month();
  options.per_second = 10;
  BudgetHouse house(options);

  house.budget.spend_quota(120, house.unix_now);

  CHECK(house.left().day == 0u);
  CHECK(house.left().month == 880u);
  CHECK(house.left().second == 10u);
  CHECK_FALSE(house.may_spend(1));
}

}  // namespace sidecar::testing
