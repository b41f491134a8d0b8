#include "policy/retry.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace sidecar::testing {

TEST_CASE("RetryPause: doubles up to its bound, drawn from the upper half") {
  struct Row {
    uint32_t retry;
    Millis whole;
  };
  constexpr Row kRows[] = {
      {0, Millis(100)},   {1, Millis(100)},   {2, Millis(200)},       {3, Millis(400)},
      {5, Millis(1'600)}, {6, Millis(3'000)}, {1'000, Millis(3'000)}, {UINT32_MAX, Millis(3'000)},
  };
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  for (const Row& row : kRows) {
    CAPTURE(row.retry);
    Millis least = row.whole;
    Millis most{0};
    for (int i = 0; i < 20'000; ++i) {
      const Millis pause = retry_pause(RetryOptions{}, row.retry, random);
      least = std::min(least, pause);
      most = std::max(most, pause);
    }
    CHECK(least >= row.whole / 2);
    CHECK(least <= row.whole / 2 + row.whole / 100);
    CHECK(most <= row.whole);
    CHECK(most >= row.whole - row.whole / 100);
  }
}

TEST_CASE("RetryPause: the pauses are the option's, of nothing too") {
  RetryOptions options;
  Random random(1);

  options.pause_min = Millis(0);
  CHECK(retry_pause(options, 5, random) == Millis(0));
  options.pause_min = Millis(1);
  CHECK(retry_pause(options, 1, random) == Millis(1));
  options.pause_min = std::chrono::hours(24);
  options.pause_max = std::chrono::hours(24);
  CHECK(retry_pause(options, UINT32_MAX, random) >= std::chrono::hours(12));
}

TEST_CASE("RetryBudget: as many as the least, or a share of the calls under way") {
  struct Row {
    size_t calls;
    size_t limit;
  };
  constexpr Row kRows[] = {
      {0, 3}, {1, 3}, {15, 3}, {19, 3}, {20, 4}, {24, 4}, {100, 20}, {65'536, 13'107},
  };
  const RetryBudget budget{RetryOptions{}};
  for (const Row& row : kRows) {
    CAPTURE(row.calls);
    CHECK(budget.limit(row.calls) == row.limit);
  }
}

TEST_CASE("RetryBudget: is full at its limit, and has room again when one ends") {
  RetryBudget budget{RetryOptions{}};
  for (int i = 0; i < 3; ++i) {
    CHECK(budget.may_start(10));
    budget.on_start();
  }

  CHECK_FALSE(budget.may_start(10));
  CHECK(budget.may_start(20));
  budget.on_end();
  CHECK(budget.may_start(10));
  CHECK(budget.extra_count() == 2);
}

TEST_CASE("RetryBudget: calls that end take the room of what is under way") {
  RetryBudget budget{RetryOptions{}};
  for (int i = 0; i < 20; ++i) {
    CHECK(budget.may_start(100));
    budget.on_start();
  }

  CHECK_FALSE(budget.may_start(100));
  CHECK_FALSE(budget.may_start(0));
  for (int i = 0; i < 17; ++i) {
    budget.on_end();
    CHECK_FALSE(budget.may_start(0));
  }
  budget.on_end();
  CHECK(budget.may_start(0));
}

TEST_CASE("RetryBudget: a budget of nothing lets none start") {
  RetryOptions options;
  options.budget_min = 0;
  options.budget_percent = 0;

  CHECK_FALSE(RetryBudget(options).may_start(100'000));
}

}  // namespace sidecar::testing
