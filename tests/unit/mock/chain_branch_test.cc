#include "mock/chain_branch.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

TEST_CASE("BlockHashes: a branch has its own hashes from its first block on") {
  BlockHashes common(7);
  BlockHashes branch(7);
  branch.set_branch(ChainBranch{100, 1});

  CHECK(branch.hash(99) == common.hash(99));
  CHECK(branch.hash(100) != common.hash(100));
  CHECK(branch.hash(5'000) != common.hash(5'000));
  CHECK(branch.block_of(branch.hash(100)) == 100);
  CHECK(branch.block_of(common.hash(99)) == 99);
  CHECK_FALSE(branch.block_of(common.hash(100)));
  CHECK_FALSE(common.block_of(branch.hash(100)));
  CHECK_FALSE(branch.block_of("short"));
}

TEST_CASE("BlockHashes: branches of one number agree, of another differ, and can be left") {
  BlockHashes one(7);
  BlockHashes same(7);
  BlockHashes other(7);
  const std::string common = one.hash(60);
  one.set_branch(ChainBranch{50, 1});
  same.set_branch(ChainBranch{55, 1});
  other.set_branch(ChainBranch{50, 2});

  CHECK(one.hash(60) == same.hash(60));
  CHECK(one.hash(60) != other.hash(60));
  one.set_branch(std::nullopt);
  CHECK(one.hash(60) == common);
}

TEST_CASE("BlockHashes: a reorganisation changes all from its block on, and nothing below") {
  BlockHashes was(7);
  BlockHashes is(7);
  is.reorganise(100, 1, 105);

  CHECK(is.hash(99) == was.hash(99));
  for (const uint64_t block : {100u, 105u, 106u, 9'000u}) {
    CAPTURE(block);
    CHECK(is.hash(block) != was.hash(block));
    CHECK(is.block_of(is.hash(block)) == block);
    CHECK_FALSE(is.block_of(was.hash(block)));
  }
}

TEST_CASE("BlockHashes: those told the same agree, another block, salt or past is another chain") {
  const auto hash_of = [](std::initializer_list<ChainBranch> steps) {
    BlockHashes hashes(7);
    for (const ChainBranch& step : steps) {
      hashes.reorganise(step.from, step.number, 200);
    }
    return hashes.hash(150);
  };
  const std::string one = hash_of({{100, 1}});

  CHECK(hash_of({{100, 1}}) == one);
  CHECK(hash_of({{100, 2}}) != one);
  CHECK(hash_of({{101, 1}}) != one);
  CHECK(hash_of({{120, 1}}) != hash_of({{100, 1}, {120, 1}}));
  // What began later is gone, so it makes no difference.
  CHECK(hash_of({{120, 1}, {100, 1}}) == one);
  CHECK(hash_of({{100, 1}, {180, 1}}) == one);
}

TEST_CASE("BlockHashes: an orphan leads to the newest view that had it, until the head of then") {
  BlockHashes hashes(7);
  const std::string first = hashes.hash(104);
  const std::string never = hashes.hash(106);
  hashes.reorganise(104, 1, 105);
  const std::string second = hashes.hash(104);
  CHECK_FALSE(hashes.orphan_view(second));
  hashes.reorganise(103, 2, 110);
  hashes.reorganise(200, 3, 220);

  CHECK(hashes.orphan_view(first) == 0);
  CHECK(hashes.orphan_view(second) == 1);
  CHECK_FALSE(hashes.orphan_view(never));
  CHECK_FALSE(hashes.orphan_view(hashes.hash(104)));
  CHECK_FALSE(hashes.orphan_view(hashes.hash(50)));
  CHECK_FALSE(hashes.orphan_view("short"));
  hashes.set_view(1);
  CHECK(hashes.hash(104) == second);
  CHECK(hashes.block_of(second) == 104);
  hashes.set_view(std::nullopt);
  CHECK(hashes.block_of(second) == std::nullopt);
}

}  // namespace sidecar::testing
