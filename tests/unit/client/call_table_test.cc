#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include <doctest/doctest.h>

extern "C" {
#include "client/call_table.h"
}

namespace sidecar::testing {

TEST_CASE("rpcs_call_table: finds by id and by deadline as a map would, whatever comes and goes") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  rpcs_call_table table;
  REQUIRE(rpcs_call_table_init(&table, 20) == 1); /* few buckets, so that calls share them */
  std::map<uint64_t, rpcs_open_call*> model;
  std::multiset<int64_t> deadlines;
  uint64_t last_id = 0;

  for (int i = 0; i < 20000; ++i) {
    const bool may_grow = model.size() < 500;
    if (model.empty() || (may_grow && random() % 2 == 0)) {
      auto* call = static_cast<rpcs_open_call*>(std::calloc(1, sizeof(rpcs_open_call)));
      call->id = ++last_id;
      call->deadline_at = static_cast<int64_t>(random() % 1000);
      REQUIRE(rpcs_call_table_add(&table, call) == 1);
      model[call->id] = call;
      deadlines.insert(call->deadline_at);
    } else {
      auto it = model.lower_bound(random() % last_id + 1);
      it = it == model.end() ? model.begin() : it;
      REQUIRE(rpcs_call_table_find(&table, it->first) == it->second);
      rpcs_call_table_remove(&table, it->second);
      REQUIRE(rpcs_call_table_find(&table, it->first) == nullptr);
      deadlines.erase(deadlines.find(it->second->deadline_at));
      rpcs_open_call_free(it->second);
      model.erase(it);
    }
    REQUIRE(table.count == model.size());
    const rpcs_open_call* earliest = rpcs_call_table_earliest(&table);
    REQUIRE((earliest == nullptr) == deadlines.empty());
    REQUIRE((earliest == nullptr || earliest->deadline_at == *deadlines.begin()));
  }

  for (const auto& [id, call] : model) {
    rpcs_call_table_remove(&table, call);
    rpcs_open_call_free(call);
  }
  CHECK(table.count == 0);
  rpcs_call_table_free(&table);
}

}  // namespace sidecar::testing
