#include "policy/head_tracker.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// Endpoints of a chain whose blocks come every twelve seconds; time stands until a test moves it.
struct Heads {
  explicit Heads(size_t count, const HeadOptions& options = {}) : tracker(options, count) {}

  void tell(size_t endpoint, uint64_t number) { tracker.on_head(endpoint, number, now); }
  void tell_all(const std::vector<uint64_t>& numbers) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      tell(i, numbers[i]);
    }
  }
  HeadView view(size_t endpoint) const { return tracker.view(endpoint, now); }

  Instant now{1h};
  HeadTracker tracker;
};

}  // namespace

TEST_CASE("HeadTracker: who never told a head is unknown, not level") {
  Heads heads(2);
  heads.tell(0, 100);

  CHECK(heads.view(1).number == std::nullopt);
  CHECK(heads.view(1).lag_blocks == std::nullopt);
  CHECK_FALSE(heads.view(1).is_behind);
  CHECK(heads.tracker.has_block(1, 1) == std::nullopt);
}

TEST_CASE("HeadTracker: nothing told, nothing known") {
  const Heads heads(2);

  CHECK(heads.tracker.pool_head() == std::nullopt);
  CHECK(heads.tracker.vote_height() == std::nullopt);
  CHECK_FALSE(heads.tracker.is_held(0));
  CHECK(heads.tracker.endpoint_count() == 2);
}

TEST_CASE("HeadTracker: the pool's head is the highest that is believed") {
  struct Row {
    std::vector<uint64_t> told;
    uint64_t head;
  };
  const Row rows[] = {
      {{100}, 100},
      {{100, 90}, 100},
      {{100, 1'000'000}, 1'000'000},  // two: nobody can tell which one lies
      {{100, 99, 116}, 116},
      {{100, 99, 117}, 100},
      {{117, 100, 99}, 100},
      {{1'000'000, 100, 99}, 100},
      {{1'000'000, 1'000'001, 99}, 1'000'001},
      {{100, 100, 100}, 100},
      {{0, 0, 17}, 0},
      {{0, 0, 16}, 16},
      {{UINT64_MAX, 1, 0}, 1},
      {{UINT64_MAX, UINT64_MAX, 0}, UINT64_MAX},
  };
  for (const Row& row : rows) {
    CAPTURE(row.head);
    Heads heads(row.told.size());
    heads.tell_all(row.told);
    CHECK(heads.tracker.pool_head() == row.head);
  }
}

TEST_CASE("HeadTracker: the lag is counted in blocks, above the head it is none") {
  Heads heads(3);
  heads.tell_all({100, 93, 1'000});

  CHECK(heads.view(0).lag_blocks == 0u);
  CHECK(heads.view(1).lag_blocks == 7u);
  CHECK(heads.view(2).lag_blocks == 0u);
  CHECK(heads.view(2).number == 1'000u);
}

TEST_CASE("HeadTracker: behind over the bound, level again only when nearly caught up") {
  struct Row {
    uint64_t lag;
    bool is_behind;
  };
  constexpr Row kRows[] = {{0, false}, {16, false}, {17, true},  {16, true}, {5, true},
                           {4, false}, {5, false},  {16, false}, {17, true}};
  Heads heads(2);
  heads.tell(0, 1'000);
  for (const Row& row : kRows) {
    CAPTURE(row.lag);
    heads.tell(1, 1'000 - row.lag);
    CHECK(heads.view(1).is_behind == row.is_behind);
  }
}

TEST_CASE("HeadTracker: few blocks behind for long is behind") {
  Heads heads(2);
  heads.tell_all({100, 100});
  heads.tell(0, 101);
  heads.now += 30s;
  heads.tell(1, 100);
  CHECK_FALSE(heads.view(1).is_behind);

  heads.now += 1ns;
  heads.tell(1, 100);

  CHECK(heads.view(1).is_behind);
  CHECK(heads.view(1).lag_time == 30s + 1ns);
  heads.tell(1, 101);
  CHECK_FALSE(heads.view(1).is_behind);
  CHECK(heads.view(1).lag_time == 0ns);
}

TEST_CASE("HeadTracker: the time behind runs from the first block that is missing") {
  Heads heads(2);
  heads.tell_all({100, 100});
  for (const uint64_t number : {101u, 102u, 103u}) {
    heads.now += 2s;
    heads.tell(0, number);
  }

  heads.tell(1, 100);
  CHECK(heads.view(1).lag_time == 4s);
  heads.tell(1, 102);

  CHECK(heads.view(1).lag_time == 0s);
}

TEST_CASE("HeadTracker: stuck is to stand for six block times while the pool's head moves") {
  Heads heads(2);
  heads.tell_all({100, 100});
  heads.now += 72s;
  heads.tell(0, 101);
  heads.now += 1ns;
  heads.tell(1, 100);

  CHECK(heads.view(1).is_stuck);
  CHECK_FALSE(heads.view(0).is_stuck);
  heads.tell(1, 101);
  CHECK_FALSE(heads.view(1).is_stuck);
}

TEST_CASE("HeadTracker: a chain that stands still makes nobody stuck or behind") {
  Heads heads(2);
  heads.tell_all({100, 100});

  heads.now += 1h;
  heads.tell_all({100, 100});

  CHECK_FALSE(heads.view(0).is_stuck);
  CHECK_FALSE(heads.view(1).is_stuck);
  CHECK_FALSE(heads.view(1).is_behind);
}

TEST_CASE("HeadTracker: one that was level when last heard of is not stuck, though others moved") {
  Heads heads(2);
  heads.tell_all({100, 100});
  heads.now += 100s;
  heads.tell(1, 100);

  heads.now += 15s;
  heads.tell(0, 101);

  CHECK(heads.view(1).lag_blocks == 1u);
  CHECK_FALSE(heads.view(1).is_stuck);
}

TEST_CASE("HeadTracker: on a fast chain none is stuck before the shortest time") {
  HeadOptions options;
  options.block_time = 400ms;
  Heads heads(2, options);
  heads.tell_all({100, 100});
  heads.now += 1s;
  heads.tell(0, 102);
  heads.now += 9s;
  heads.tell(1, 100);
  CHECK_FALSE(heads.view(1).is_stuck);

  heads.now += 1ns;
  heads.tell(1, 100);

  CHECK(heads.view(1).is_stuck);
}

TEST_CASE("HeadTracker: lower reports count") {
  Heads heads(2);
  heads.tell_all({100, 100});

  heads.tell(0, 98);
  CHECK(heads.tracker.pool_head() == 100u);
  CHECK(heads.tracker.has_block(0, 99) == false);
  heads.tell(1, 97);

  CHECK(heads.tracker.pool_head() == 98u);
}

TEST_CASE("HeadTracker: a chain that was reset starts anew") {
  Heads heads(2);
  for (const uint64_t number : {998u, 999u, 1'000u}) {
    heads.tell_all({number, number});
    heads.now += 12s;
  }

  heads.tell_all({0, 0});
  CHECK(heads.tracker.pool_head() == 0u);
  CHECK_FALSE(heads.view(0).is_behind);
  CHECK_FALSE(heads.tracker.is_held(1));
  heads.now += 12s;
  heads.tell(0, 1);
  heads.now += 5s;
  heads.tell(1, 0);

  CHECK(heads.view(1).lag_time == 5s);
}

TEST_CASE("HeadTracker: has_block is what the endpoint said last") {
  Heads heads(2);
  heads.tell(0, 100);

  CHECK(heads.tracker.has_block(0, 0) == true);
  CHECK(heads.tracker.has_block(0, 100) == true);
  CHECK(heads.tracker.has_block(0, 101) == false);
}

TEST_CASE("HeadTracker: held is what any endpoint has, but not what only a liar has") {
  Heads heads(3);
  heads.tell_all({1'000, 999, 1'016});
  CHECK(heads.tracker.is_held(1'016));
  CHECK_FALSE(heads.tracker.is_held(1'017));

  heads.tell(2, 1'000'000);

  CHECK(heads.tracker.is_held(1'000));
  CHECK_FALSE(heads.tracker.is_held(1'000'000));
}

TEST_CASE("HeadTracker: a block raises a head, and never lowers it") {
  Heads heads(1);

  heads.tracker.on_block(0, 100, "0xaa", heads.now);
  CHECK(heads.view(0).number == 100u);
  heads.tracker.on_block(0, 50, "0xbb", heads.now);

  CHECK(heads.view(0).number == 100u);
}

TEST_CASE("HeadTracker: the block time is the option until three were measured") {
  Heads heads(1);
  heads.tell(0, 100);
  for (const uint64_t number : {101u, 102u}) {
    heads.now += 2s;
    heads.tell(0, number);
    CHECK(heads.tracker.block_time() == 12s);
  }

  heads.now += 2s;
  heads.tell(0, 103);

  CHECK(heads.tracker.block_time() == 2s);
}

TEST_CASE("HeadTracker: the block time follows by a tenth, over several blocks at once too") {
  Heads heads(1);
  uint64_t number = 100;
  heads.tell(0, number);
  for (int i = 0; i < 3; ++i) {
    heads.now += 10s;
    heads.tell(0, ++number);
  }
  CHECK(heads.tracker.block_time() == 10s);

  heads.now += 80s;
  heads.tell(0, number + 4);  // twenty seconds each

  CHECK(heads.tracker.block_time() == 11s);
}

TEST_CASE("HeadTracker: a block time is never beyond its bounds") {
  Heads heads(1);
  uint64_t number = 100;
  for (int i = 0; i < 4; ++i) {
    heads.tell(0, number += 1'000);
  }
  CHECK(heads.tracker.block_time() == 10ms);

  for (int i = 0; i < 200; ++i) {
    heads.now += 24h;
    heads.tell(0, ++number);
  }

  CHECK(heads.tracker.block_time() > 119s);
  CHECK(heads.tracker.block_time() <= 120s);
}

TEST_CASE("HeadTracker: a reset tells nothing of the block time") {
  Heads heads(1);
  uint64_t number = 1'000;
  for (int i = 0; i < 4; ++i) {
    heads.now += 2s;
    heads.tell(0, ++number);
  }

  heads.now += 1h;
  heads.tell(0, 0);

  CHECK(heads.tracker.block_time() == 2s);
}

TEST_CASE("HeadTracker: more steps than are kept make an old lag shorter, not none") {
  Heads heads(2);
  heads.tell_all({100, 100});
  for (uint64_t i = 1; i <= 2 * HeadTracker::kStepsMax; ++i) {
    heads.now += 1s;
    heads.tell(0, 100 + i);
  }

  heads.tell(1, 100);

  CHECK(heads.view(1).lag_blocks == 2 * HeadTracker::kStepsMax);
  CHECK(heads.view(1).lag_time == std::chrono::seconds(HeadTracker::kStepsMax - 1));
}

TEST_CASE("HeadTracker: the pool's head is believed as a model of all reports says") {
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    const size_t count = 1 + random.below(6);
    Heads heads(count);
    std::vector<std::optional<uint64_t>> told(count);
    for (int i = 0; i < 40; ++i) {
      const size_t one = random.below(count);
      told[one] = 1'000 + random.below(random.below(4) == 0 ? 500 : 20);
      heads.tell(one, *told[one]);

      std::vector<uint64_t> known;
      for (const auto& each : told) {
        if (each) {
          known.push_back(*each);
        }
      }
      std::sort(known.rbegin(), known.rend());
      const bool is_lie = known.size() >= 3 && known[0] - known[1] > 16;
      const uint64_t head = is_lie ? known[1] : known[0];
      REQUIRE(heads.tracker.pool_head() == head);
      for (size_t k = 0; k < count; ++k) {
        const HeadView view = heads.view(k);
        REQUIRE(view.number == told[k]);
        if (told[k]) {
          REQUIRE(view.lag_blocks == head - std::min(head, *told[k]));
          REQUIRE(heads.tracker.has_block(k, 1'010) == (*told[k] >= 1'010));
        }
      }
    }
  }
}

}  // namespace sidecar::testing
