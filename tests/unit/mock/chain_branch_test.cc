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

}  // namespace sidecar::testing
