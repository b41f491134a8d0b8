#include "core/recent_set.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

TEST_CASE("RecentSet: says whether a text is new") {
  RecentSet set(3);

  CHECK(set.add("a"));
  CHECK_FALSE(set.add("a"));
  CHECK(set.contains("a"));
  CHECK_FALSE(set.contains("b"));
  CHECK(set.add(""));
  CHECK_FALSE(set.add(""));
}

TEST_CASE("RecentSet: forgets the oldest first; a repetition makes nothing younger") {
  RecentSet set(2);
  set.add("a");
  set.add("b");
  set.add("a");

  set.add("c");

  CHECK_FALSE(set.contains("a"));
  CHECK(set.contains("b"));
  CHECK(set.contains("c"));
}

TEST_CASE("RecentSet: what was removed is new again and takes no place meanwhile") {
  RecentSet set(2);
  set.add("a");
  set.add("b");

  set.remove("a");
  set.remove("never there");
  CHECK_FALSE(set.contains("a"));
  CHECK(set.add("c"));
  CHECK(set.contains("b"));
  CHECK(set.add("a"));

  CHECK_FALSE(set.contains("b"));
  CHECK(set.contains("c"));
  CHECK(set.contains("a"));
}

TEST_CASE("RecentSet: keeps its count over many texts") {
  RecentSet set(100);

  for (int i = 0; i < 10'000; ++i) {
    CHECK(set.add("text " + std::to_string(i)));
  }

  int kept = 0;
  for (int i = 0; i < 10'000; ++i) {
    kept += set.contains("text " + std::to_string(i)) ? 1 : 0;
  }
  CHECK(kept == 100);
  CHECK(set.contains("text 9999"));
  CHECK(set.contains("text 9900"));
}

}  // namespace sidecar::testing
