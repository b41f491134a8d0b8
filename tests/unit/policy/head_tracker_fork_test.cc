#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "policy/head_tracker.h"

// Who is on a minority fork.
namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

constexpr uint64_t kHead = 1'000;

/// Endpoints at one head.
struct Fork {
  explicit Fork(size_t count, const HeadOptions& options = {}) : tracker(options, count) {
    for (size_t i = 0; i < count; ++i) {
      tracker.on_head(i, kHead, now);
    }
  }

  void tell(size_t endpoint, uint64_t number, const std::string& hash) {
    tracker.on_block(endpoint, number, hash, now);
  }
  /// One hash an endpoint, all of one block.
  void tell_all(uint64_t number, const std::vector<std::string>& hashes) {
    for (size_t i = 0; i < hashes.size(); ++i) {
      tell(i, number, hashes[i]);
    }
  }
  std::vector<size_t> forked() const {
    std::vector<size_t> all;
    for (size_t i = 0; i < tracker.endpoint_count(); ++i) {
      if (tracker.view(i, now).is_forked) {
        all.push_back(i);
      }
    }
    return all;
  }

  Instant now{1h};
  HeadTracker tracker;
};

using Forked = std::vector<size_t>;

/// The rule written out: hashes as text, counted in a map.
struct Model {
  explicit Model(size_t count) : hashes(count), forked_at(count) {}

  void tell(size_t endpoint, uint64_t number, const std::string& hash) {
    hashes[endpoint][number] = hash;
    std::map<std::string, size_t> votes;
    size_t vote_count = 0;
    for (const auto& each : hashes) {
      if (each.contains(number)) {
        ++votes[each.at(number)];
        ++vote_count;
      }
    }
    std::string winner;
    for (const auto& [each, count] : votes) {
      winner = count * 2 > vote_count ? each : winner;
    }
    if (vote_count >= 2) {
      decide(number, winner);
    }
  }
  /// An empty `winner`: a tie.
  void decide(uint64_t number, const std::string& winner) {
    for (size_t i = 0; i < hashes.size(); ++i) {
      if (!hashes[i].contains(number)) {
        continue;
      }
      if (winner.empty()) {
        forked_at[i] = forked_at[i] == number ? std::nullopt : forked_at[i];
      } else if (hashes[i].at(number) != winner) {
        forked_at[i] = std::max(forked_at[i].value_or(0), number);
      } else if (forked_at[i] && number >= *forked_at[i]) {
        forked_at[i].reset();
      }
    }
  }
  Forked forked() const {
    Forked all;
    for (size_t i = 0; i < forked_at.size(); ++i) {
      if (forked_at[i]) {
        all.push_back(i);
      }
    }
    return all;
  }

  std::vector<std::map<uint64_t, std::string>> hashes;
  std::vector<std::optional<uint64_t>> forked_at;
};

}  // namespace

TEST_CASE("HeadTracker: a strict majority's hash wins, without one nobody is forked") {
  struct Row {
    std::vector<std::string> hashes;
    Forked forked;
  };
  const Row rows[] = {
      {{"a"}, {}},
      {{"a", "a"}, {}},
      {{"a", "b"}, {}},
      {{"a", "a", "b"}, {2}},
      {{"b", "a", "a"}, {0}},
      {{"a", "b", "c"}, {}},
      {{"a", "a", "b", "b"}, {}},
      {{"a", "a", "b", "c"}, {}},
      {{"a", "a", "a", "b"}, {3}},
      {{"b", "c", "a", "a", "a"}, {0, 1}},
      {{"a", "b", "a", "b", "a"}, {1, 3}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.hashes.size());
    Fork fork(row.hashes.size());
    fork.tell_all(kHead - 10, row.hashes);
    CHECK(fork.forked() == row.forked);
  }
}

TEST_CASE("HeadTracker: a majority is of those that told the block's hash") {
  Fork fork(5);

  fork.tell_all(kHead - 10, {"a", "b"});
  CHECK(fork.forked() == Forked{});
  fork.tell(4, kHead - 10, "a");

  CHECK(fork.forked() == Forked{1});
}

TEST_CASE("HeadTracker: the newest blocks are not voted on") {
  struct Row {
    uint64_t number;
    Forked forked;
  };
  const Row rows[] = {{kHead, {}}, {kHead - 1, {}}, {kHead - HeadTracker::kVoteDepth, {2}}};
  for (const Row& row : rows) {
    CAPTURE(row.number);
    Fork fork(3);
    fork.tell_all(row.number, {"a", "a", "b"});
    CHECK(fork.forked() == row.forked);
  }
}

TEST_CASE("HeadTracker: letters' case is no difference between hashes, all else is") {
  Fork fork(3);

  fork.tell_all(kHead - 10, {"0xabcdef12", "0xABCDEF12", "0xabCDef12"});
  CHECK(fork.forked() == Forked{});
  fork.tell_all(kHead - 9, {"0xabcdef12", "0xabcdef12", "0xabcdef1"});

  CHECK(fork.forked() == Forked{2});
}

TEST_CASE("HeadTracker: a forked endpoint rejoins with a hash that agrees, as high or higher") {
  for (const uint64_t number : {kHead - 10, kHead - 5}) {
    CAPTURE(number);
    Fork fork(3);
    fork.tell_all(kHead - 10, {"a", "a", "b"});
    REQUIRE(fork.forked() == Forked{2});

    fork.tell_all(number, {"a", "a", "a"});

    CHECK(fork.forked() == Forked{});
  }
}

TEST_CASE("HeadTracker: a block below the fork proves no return") {
  Fork fork(3);
  fork.tell_all(kHead - 10, {"a", "a", "b"});

  fork.tell_all(kHead - 11, {"z", "z", "z"});

  CHECK(fork.forked() == Forked{2});
}

TEST_CASE("HeadTracker: the vote turns when the majority changes its mind") {
  Fork fork(3);
  fork.tell_all(kHead - 10, {"a", "a", "b"});

  fork.tell(0, kHead - 10, "b");

  CHECK(fork.forked() == Forked{1});
}

// Cause: of four endpoints that were told two and two, the third stayed forked, as the first three
// votes had it.
TEST_CASE("HeadTracker: a vote that makes it a tie takes the verdict back") {
  Fork fork(4);
  fork.tell_all(kHead - 10, {"a", "a", "b"});
  REQUIRE(fork.forked() == Forked{2});

  fork.tell(3, kHead - 10, "b");

  CHECK(fork.forked() == Forked{});
}

TEST_CASE("HeadTracker: a tie over another block takes no verdict back") {
  Fork fork(4);
  fork.tell_all(kHead - 10, {"a", "a", "b"});

  fork.tell_all(kHead - 5, {"a", "b"});
  fork.tell(2, kHead - 5, "c");
  fork.tell_all(kHead - 15, {"a", "b", "c"});

  CHECK(fork.forked() == Forked{2});
}

TEST_CASE("HeadTracker: hashes older than the depth are forgotten, the lowest first") {
  HeadOptions options;
  options.fork_depth = 4;
  Fork fork(3, options);
  fork.tell(0, kHead - 20, "a");
  for (uint64_t depth = 10; depth > 6; --depth) {
    fork.tell(0, kHead - depth, "a");
  }
  fork.tell(1, kHead - 20, "a");
  fork.tell(2, kHead - 20, "b");  // one against one: the first's is gone
  CHECK(fork.forked() == Forked{});

  fork.tell(1, kHead - 7, "a");
  fork.tell(2, kHead - 7, "b");

  CHECK(fork.forked() == Forked{2});
}

TEST_CASE("HeadTracker: the vote height is a multiple of 16 that all have who are level") {
  struct Row {
    std::vector<uint64_t> told;
    std::optional<uint64_t> height;
  };
  const Row rows[] = {
      {{1'000}, std::nullopt},      {{1'000, 1'000}, 992}, {{1'000, 994}, 992},
      {{1'000, 993}, 976},          {{1'000, 984}, 976},   {{1'000, 983, 1'000}, 992},  // behind
      {{1'000, 983}, std::nullopt}, {{18, 18}, 16},        {{17, 17}, std::nullopt},
      {{0, 0}, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.told.back());
    HeadTracker tracker(HeadOptions{}, row.told.size());
    for (size_t i = 0; i < row.told.size(); ++i) {
      tracker.on_head(i, row.told[i], Instant(1h));
    }
    CHECK(tracker.vote_height() == row.height);
  }
}

TEST_CASE("HeadTracker: votes are as a model that keeps every hash as text counts them") {
  const uint64_t seed = 20'261'122;
  MESSAGE("seed " << seed);
  Random random(seed);
  size_t forked_count = 0;
  for (int round = 0; round < 500; ++round) {
    const size_t count = 1 + random.below(6);
    Fork fork(count);
    Model model(count);
    for (int i = 0; i < 60; ++i) {
      const size_t one = random.below(count);
      const uint64_t number = kHead - 2 - random.below(6);
      const std::string hash(1, static_cast<char>('p' + random.below(3)));
      fork.tell(one, number, hash);
      model.tell(one, number, hash);
      REQUIRE(fork.forked() == model.forked());
      forked_count += model.forked().size();
    }
  }
  CHECK(forked_count > 1'000);
}

}  // namespace sidecar::testing
