#include "policy/spend.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

namespace {

using std::chrono::hours;

constexpr Millis kDay = hours(24);
constexpr Millis kNovember{1'793'491'200'000};  // Sun, 01 Nov 2026 00:00:00 GMT, a month of 30 days
constexpr Millis kDecember = kNovember + 30 * kDay;
constexpr Instant kStart{hours(1)};

Spent dollars(uint64_t nano) {
  return {nano, 1, 0};
}

}  // namespace

TEST_CASE("Spent: a sum that would leave its range stays at its top") {
  Spent sum{UINT64_MAX - 1, 1, 2};

  sum += {5, 1, 1};

  CHECK(sum == Spent{UINT64_MAX, 2, 3});
}

TEST_CASE("MonthSpend: counts to the last moment of the month and begins again at nothing") {
  MonthSpend spend({}, kNovember);

  spend.add(dollars(7), kNovember);
  spend.add(dollars(5), kDecember - Millis(1));
  CHECK(spend.spent(kDecember - Millis(1)).nano_dollars == 12);
  spend.add(dollars(3), kDecember);

  CHECK(spend.spent(kDecember).nano_dollars == 3);
  CHECK(spend.month(kDecember).begin == kDecember);
}

TEST_CASE("MonthSpend: the month ends at the reset's day and hour") {
  MonthSpend spend({6, 15}, kNovember);

  spend.add(dollars(7), kNovember);

  CHECK(spend.spent(kNovember + 14 * kDay + hours(6) - Millis(1)).nano_dollars == 7);
  CHECK(spend.spent(kNovember + 14 * kDay + hours(6)).nano_dollars == 0);
}

TEST_CASE("MonthSpend: another reset day keeps what was spent, up to the new end") {
  MonthSpend spend({}, kNovember);
  spend.add(dollars(7), kNovember);

  spend.set_reset({0, 15}, kNovember + kDay);

  CHECK(spend.spent(kNovember + 14 * kDay - Millis(1)).nano_dollars == 7);
  CHECK(spend.spent(kNovember + 14 * kDay).nano_dollars == 0);
}

TEST_CASE("MonthSpend: a third of the month spent ten, so the whole spends thirty") {
  MonthSpend spend({}, kNovember);

  spend.add(dollars(10'000'000'000), kNovember);

  CHECK(spend.projected(kNovember + 10 * kDay) == 30'000'000'000);
  CHECK(spend.projected(kDecember - Millis(1)) == 10'000'000'000);
}

TEST_CASE("MonthSpend: time before counting began projects nothing") {
  MonthSpend spend({}, kNovember + 20 * kDay);

  spend.add(dollars(5'000), kNovember + 20 * kDay);

  // 5000 in one day, nine more to come.
  CHECK(spend.projected(kNovember + 21 * kDay) == 50'000);
}

TEST_CASE("MonthSpend: in the first hour it counts as if the hour were over") {
  MonthSpend spend({}, kNovember + 29 * kDay);

  spend.add(dollars(1'000), kNovember + 29 * kDay);

  CHECK(spend.projected(kNovember + 29 * kDay) == 1'000 + 24 * 1'000);
}

TEST_CASE("MonthSpend: the projection of the largest sum does not overflow") {
  MonthSpend spend({}, kNovember);

  spend.add(dollars(UINT64_MAX), kNovember);

  CHECK(spend.projected(kNovember + kDay) == UINT64_MAX);
}

TEST_CASE("MonthSpend: a clock that goes back keeps what was spent") {
  MonthSpend spend({}, kNovember + kDay);
  spend.add(dollars(9), kNovember + kDay);

  CHECK(spend.spent(kNovember - 5 * kDay).nano_dollars == 9);
  CHECK(spend.month(kNovember - 5 * kDay).end == kNovember);
  CHECK(spend.projected(kNovember - 5 * kDay) >= 9);
  CHECK(spend.spent(kNovember).nano_dollars == 0);
}

TEST_CASE("MonthSpend: a restart in the month keeps the count exactly, one in the next drops it") {
  MonthSpend before({}, kNovember);
  before.add({123'456'789, 5, 6}, kNovember + kDay);
  const MonthMemory memory = before.memory(kNovember + 2 * kDay);

  MonthSpend same({}, kNovember + 2 * kDay);
  same.restore(memory, kNovember + 2 * kDay);
  MonthSpend next({}, kDecember);
  next.restore(memory, kDecember);

  CHECK(same.spent(kNovember + 2 * kDay) == Spent{123'456'789, 5, 6});
  CHECK(same.projected(kNovember + 2 * kDay) == before.projected(kNovember + 2 * kDay));
  CHECK(next.spent(kDecember).is_nothing());
}

TEST_CASE("SpendRate: what is older than the minute or the hour is gone") {
  SpendRate rate(kStart);

  rate.add(60, kStart);
  rate.add(40, kStart + std::chrono::seconds(30));
  CHECK(rate.last_minute(kStart + std::chrono::seconds(59)) == 100);
  CHECK(rate.last_minute(kStart + std::chrono::seconds(60)) == 40);
  CHECK(rate.last_minute(kStart + std::chrono::seconds(90)) == 0);
  CHECK(rate.last_hour(kStart + std::chrono::minutes(59)) == 100);

  CHECK(rate.last_hour(kStart + hours(1)) == 0);
  CHECK(rate.last_hour(kStart + hours(1000)) == 0);
}

TEST_CASE("SpendRate: a clock that goes back counts as no time passed") {
  SpendRate rate(kStart);
  rate.add(60, kStart + std::chrono::seconds(10));

  rate.add(1, kStart);

  CHECK(rate.last_minute(kStart) == 61);
}

}  // namespace sidecar::testing
