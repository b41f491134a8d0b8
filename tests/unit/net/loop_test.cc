#include "net/loop.h"

#include <doctest/doctest.h>

#include <memory>

namespace sidecar::testing {

namespace {

constexpr Millis kWait{300};
constexpr Millis kWork{20};

/// Turns that were over this bound.
uint64_t turns_over(const Histogram& turns, Nanos bound) {
  uint64_t count = turns.count_in(turns.bounds().size());
  for (size_t i = 0; i < turns.bounds().size(); ++i) {
    count += turns.bounds()[i] > bound ? turns.count_in(i) : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("Loop: a turn is as long as its work, and waiting is no part of it") {
  auto created = Loop::create();
  REQUIRE(created.ok());
  Loop& loop = *created.value();
  const std::unique_ptr<Timer> timer = loop.make_timer([&loop]() {
    const Instant until = loop.now() + kWork;
    while (loop.now() < until) {
    }
  });
  timer->arm(loop.now() + kWait);

  loop.run();
  loop.run_ready();

  const Histogram& turns = loop.turns();
  CHECK(turns.count() >= 1);
  CHECK(turns_over(turns, Millis(10)) >= 1);
  CHECK(turns.sum() >= kWork);
  CHECK(turns.sum() < kWait);  // far more than a busy machine adds
}

}  // namespace sidecar::testing
