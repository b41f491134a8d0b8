#include "mock/socket_stats.h"

#include <doctest/doctest.h>

#include "rpc/json_value.h"

namespace sidecar::testing {

TEST_CASE("SocketStats: what is open for the same params is counted, and how each ended") {
  SocketStats stats;
  stats.count_opened("logs", "a");
  stats.count_opened("logs", "a");
  stats.count_opened("newHeads", "b");
  stats.count_ended("logs", "a", SocketStats::End::kUnsubscribed);
  stats.count_opened("logs", "a");
  stats.count_ended("logs", "a", SocketStats::End::kLeaked);
  stats.count_ended("newHeads", "b", SocketStats::End::kCut);

  const auto told = JsonValue::parse(stats.json());

  REQUIRE(told);
  CHECK((*told)["subscriptions_open"].as_uint64() == 1);
  CHECK((*told)["subscriptions_open_max_per_key"].as_uint64() == 2);
  CHECK((*told)["subscriptions_open_by_kind"]["logs"].as_uint64() == 1);
  CHECK((*told)["subscriptions_open_by_kind"]["newHeads"].as_uint64() == 0);
  CHECK((*told)["subscriptions"]["opened"].as_uint64() == 4);
  CHECK((*told)["subscriptions"]["unsubscribed"].as_uint64() == 1);
  CHECK((*told)["subscriptions"]["leaked"].as_uint64() == 1);
  CHECK((*told)["subscriptions"]["cut"].as_uint64() == 1);
  CHECK(stats.open_by_key.size() == 1);
}

}  // namespace sidecar::testing
