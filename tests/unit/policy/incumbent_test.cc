#include "policy/incumbent.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

namespace {

constexpr Instant kStart{std::chrono::hours(1)};
constexpr Millis kHold = StickinessOptions{}.hold_min;

/// Endpoint 0 took the place at kStart.
Incumbent held_by_first(StickinessOptions options = {}) {
  Incumbent incumbent(options);
  incumbent.settle(std::nullopt, 0, 100, kStart);
  return incumbent;
}

}  // namespace

TEST_CASE("Incumbent: an empty place goes to the first") {
  Incumbent incumbent{StickinessOptions{}};
  CHECK(incumbent.index() == std::nullopt);

  CHECK(incumbent.settle(std::nullopt, 3, 100, kStart) == 3);

  CHECK(incumbent.index() == 3u);
}

TEST_CASE("Incumbent: a challenger must be better by a margin, and the hold must be over") {
  struct Row {
    uint64_t incumbent_figure, figure;
    Nanos after;
    size_t used;
  };
  const Row rows[] = {
      {130, 100, kHold, 1},      {129, 100, kHold, 0},
      {1'000, 1, kHold, 1},      {1'000, 1, kHold - Nanos(1), 0},
      {1'000, 1, Nanos(0), 0},   {100, 100, kHold * 10, 0},
      {100, 101, kHold * 10, 0}, {1, 0, kHold, 1},
  };

  for (const Row& row : rows) {
    CAPTURE(row.incumbent_figure);
    CAPTURE(row.figure);
    CAPTURE(row.after.count());
    Incumbent incumbent = held_by_first();
    CHECK(incumbent.settle(row.incumbent_figure, 1, row.figure, kStart + row.after) == row.used);
    CHECK(incumbent.index() == row.used);
  }
}

TEST_CASE("Incumbent: each change starts the hold again") {
  Incumbent incumbent = held_by_first();
  CHECK(incumbent.settle(1'000, 1, 1, kStart + kHold) == 1);

  CHECK(incumbent.settle(1'000, 0, 1, kStart + kHold * 2 - Nanos(1)) == 1);
  CHECK(incumbent.settle(1'000, 0, 1, kStart + kHold * 2) == 0);
}

// Cause: a retry or hedge, which leaves out the one in use, made the second best the one in use.
TEST_CASE("Incumbent: a stand-in does not take the place") {
  Incumbent incumbent = held_by_first();

  CHECK(incumbent.settle(std::nullopt, 1, 100, kStart + kHold * 5) == 1);

  CHECK(incumbent.settle(100, 0, 100, kStart + kHold * 5) == 0);
  CHECK(incumbent.index() == 0u);
}

TEST_CASE("Incumbent: one that is away for the hold without a break loses its place") {
  Incumbent incumbent = held_by_first();
  incumbent.settle(std::nullopt, 1, 100, kStart);
  incumbent.settle(std::nullopt, 1, 100, kStart + kHold);
  CHECK(incumbent.index() == 0u);

  CHECK(incumbent.settle(std::nullopt, 1, 100, kStart + kHold + Nanos(1)) == 1);

  CHECK(incumbent.index() == 1u);
}

TEST_CASE("Incumbent: a break in its absence begins the count anew") {
  Incumbent incumbent = held_by_first();
  incumbent.settle(std::nullopt, 1, 100, kStart);
  incumbent.settle(100, 0, 100, kStart + kHold);

  incumbent.settle(std::nullopt, 1, 100, kStart + kHold + Nanos(1));

  CHECK(incumbent.index() == 0u);
}

TEST_CASE("Incumbent: without margin and hold the best is used each time") {
  Incumbent incumbent = held_by_first({0, Millis(0)});

  CHECK(incumbent.settle(100, 1, 99, kStart) == 1);
  CHECK(incumbent.settle(100, 0, 99, kStart) == 0);
}

}  // namespace sidecar::testing
