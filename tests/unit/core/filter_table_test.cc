#include "core/filter_table.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

TEST_CASE("FilterTable: an id leads home until it is removed") {
  FilterTable table(10, 0x1f);

  const std::string id = table.add({1, 2, "\"0xabc\""});

  CHECK(id == "\"0x1f\"");
  REQUIRE(table.find(id).has_value());
  CHECK(table.find(id)->endpoint == 2);
  CHECK(table.find(id)->upstream_id == "\"0xabc\"");
  table.remove(id);
  CHECK_FALSE(table.find(id).has_value());
}

TEST_CASE("FilterTable: two nodes' equal ids stay apart") {
  FilterTable table(10, 1);

  const std::string first = table.add({1, 0, "\"0x1\""});
  const std::string second = table.add({1, 1, "\"0x1\""});

  CHECK(first != second);
  CHECK(table.find(first)->endpoint == 0);
  CHECK(table.find(second)->endpoint == 1);
}

TEST_CASE("FilterTable: over filters_max the one unused for longest is forgotten") {
  FilterTable table(2, 1);

  const std::string old = table.add({1, 0, "1"});
  const std::string idle = table.add({1, 0, "2"});
  CHECK(table.find(old).has_value());
  table.add({1, 0, "3"});

  CHECK(table.size() == 2);
  CHECK(table.find(old).has_value());
  CHECK_FALSE(table.find(idle).has_value());
}

}  // namespace sidecar::testing
