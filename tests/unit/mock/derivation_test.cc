#include "mock/derivation.h"

#include <doctest/doctest.h>

#include <set>

namespace sidecar::testing {

TEST_CASE("Derivation: the same question has the same answer, another seed or domain another") {
  const Derivation one(7);
  const Derivation same(7);
  const Derivation other(8);

  CHECK(one.bytes(Domain::kBlock, 3, 32) == same.bytes(Domain::kBlock, 3, 32));
  CHECK(one.bytes(Domain::kBlock, 3, 32) != other.bytes(Domain::kBlock, 3, 32));
  CHECK(one.bytes(Domain::kBlock, 3, 32) != one.bytes(Domain::kAccount, 3, 32));
  CHECK(one.bytes(Domain::kBlock, 3, 32) != one.bytes(Domain::kBlock, 4, 32));
  CHECK(one.bytes(Domain::kBlock, 3, 5) == one.bytes(Domain::kBlock, 3, 32).substr(0, 5));
  CHECK(one.number_of(Domain::kBalance, "a") != one.number_of(Domain::kBalance, "b"));
}

TEST_CASE("Derivation: marked bytes lead back to their index, and nothing else does") {
  const Derivation derivation(7);
  std::set<std::string> seen;
  for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{4'000'000'000},
                               uint64_t{5'000'000'000}, UINT64_MAX}) {
    CAPTURE(index);
    const std::string marked = derivation.marked_bytes(Domain::kBlock, index, 32);

    CHECK(derivation.index_of(Domain::kBlock, marked) == index);
    CHECK(!derivation.index_of(Domain::kTransaction, marked));
    CHECK(!Derivation(8).index_of(Domain::kBlock, marked));
    CHECK(!derivation.index_of(Domain::kBlock, marked.substr(0, 15)));
    std::string changed = marked;
    changed.back() ^= 1;
    CHECK(!derivation.index_of(Domain::kBlock, changed));
    CHECK(seen.insert(marked.substr(0, 8)).second);
  }
}

}  // namespace sidecar::testing
