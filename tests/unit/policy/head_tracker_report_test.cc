#include <doctest/doctest.h>

#include "policy/head_tracker.h"

// Endpoints tell their heads at different times. Found by the simulation: on a chain of fast blocks
// those that are asked every few seconds were behind those that just had answered a call.
namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

constexpr Nanos kBlockTime = 250ms;
constexpr Nanos kProbes = 5s;

/// A chain of four blocks a second, told of by an endpoint that is asked all the time (0) and by
/// others that are only probed.
struct Fast {
  explicit Fast(size_t count) : tracker(HeadOptions{.block_time = 250ms}, count) {}

  uint64_t head() const { return 1'000 + static_cast<uint64_t>((now - start) / kBlockTime); }
  /// Calls see() after each tenth of a second; at each probe the others tell their heads.
  template <class Probe, class See>
  void run(Nanos span, Probe probe, See see) {
    const Instant until = now + span;
    for (; now < until; now += 100ms) {
      tracker.on_head(0, head(), now);
      if ((now - start) % kProbes == Nanos(0)) {
        probe();
      }
      see();
    }
  }

  Instant start{1h};
  Instant now = start;
  HeadTracker tracker;
};

}  // namespace

TEST_CASE("HeadTracker: an old report proves no lag, and does not make a newer one a lie") {
  Fast fast(3);
  size_t behind_count = 0;
  size_t disbelieved_count = 0;

  fast.run(
      60s,
      [&fast]() {
        fast.tracker.on_head(1, fast.head(), fast.now);
        fast.tracker.on_head(2, fast.head() - 1, fast.now);
      },
      [&]() {
        for (size_t i = 0; i < 3; ++i) {
          const HeadView view = fast.tracker.view(i, fast.now);
          behind_count += view.is_behind || view.is_stuck ? 1 : 0;
        }
        disbelieved_count += fast.tracker.pool_head() == fast.head() ? 0 : 1;
      });

  CHECK(behind_count == 0);
  CHECK(disbelieved_count == 0);
}

TEST_CASE("HeadTracker: who tells too low a head is behind between its reports too") {
  Fast fast(2);
  size_t level_count = 0;

  fast.run(
      30s, [&fast]() { fast.tracker.on_head(1, fast.head() - 20, fast.now); },
      [&]() { level_count += fast.tracker.view(1, fast.now).is_behind ? 0 : 1; });

  CHECK(level_count == 0);
}

TEST_CASE("HeadTracker: the same head told again after a while is stuck") {
  Fast fast(2);

  fast.run(
      5s, [&fast]() { fast.tracker.on_head(1, 1'000, fast.now); }, []() {});
  CHECK_FALSE(fast.tracker.view(1, fast.now).is_stuck);
  fast.run(
      11s, [&fast]() { fast.tracker.on_head(1, 1'000, fast.now); }, []() {});

  CHECK(fast.tracker.view(1, fast.now).is_stuck);
}

TEST_CASE("HeadTracker: far above all others nobody is believed, however old their reports") {
  Fast fast(3);
  fast.tracker.on_head(1, fast.head(), fast.now);
  fast.tracker.on_head(2, fast.head(), fast.now);
  fast.run(
      4s, []() {}, []() {});

  fast.tracker.on_head(2, 1'000'000, fast.now);

  CHECK(fast.tracker.pool_head() == fast.head() - 1);
}

TEST_CASE("HeadTracker: what an endpoint said before it fell silent is forgotten at last") {
  Fast fast(2);
  fast.tracker.on_head(1, 1'000'000, fast.now);

  fast.run(
      59s, []() {}, []() {});
  CHECK(fast.tracker.pool_head() == 1'000'000u);
  fast.run(
      3s, []() {}, []() {});

  CHECK(fast.tracker.pool_head() == fast.head() - 1);
  CHECK_FALSE(fast.tracker.view(0, fast.now).is_behind);
}

}  // namespace sidecar::testing
