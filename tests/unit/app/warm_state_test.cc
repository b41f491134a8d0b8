#include "app/warm_state.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

WarmState some_state() {
  WarmState state;
  state.ledger.total = {UINT64_MAX, 2, 3};
  state.ledger.since = Millis(1'795'262'400'000);
  state.ledger.saved_by_feeds = 4;
  MonthMemory month;
  month.spent = {5, 6, 7};
  month.ends = Millis(1'796'083'200'000);
  month.counted_since = Millis(1'795'262'400'001);
  state.ledger.accounts.push_back({"ethereum", "paid", true, {8, 9, 10}, month});
  state.ledger.classes.push_back({"ethereum", "heavy", {11, 12, 13}});
  state.ledger.workers.push_back({"uid:1000", {14, 15, 16}});
  PoolMemory pool;
  pool.chain = "ethereum";
  pool.saved_at = Millis(1'795'262'400'002);
  pool.served_head = 17;
  pool.providers.push_back(
      {"paid", {18, Millis(19), 20, Millis(21)}, {22, std::chrono::seconds(23)}});
  PoolMemory::OfEndpoint endpoint;
  endpoint.provider = "paid";
  endpoint.transport = "http";
  endpoint.head = 24;
  endpoint.head_told_at = Millis(1'795'262'400'003);
  endpoint.breaker = {true, 25, 26, std::chrono::seconds(27)};
  endpoint.latencies[1][5] = 28;
  endpoint.latencies[1][95] = 29;
  pool.endpoints.push_back(endpoint);
  state.pools.push_back(pool);
  return state;
}

constexpr size_t kNoLimit = SIZE_MAX;

}  // namespace

TEST_CASE("WarmState: comes back from its JSON as it was") {
  const WarmState before = some_state();

  const auto parsed = parse_warm_state(warm_state_json(before, kNoLimit));

  REQUIRE(parsed.has_value());
  const LedgerMemory& ledger = parsed->ledger;
  CHECK(ledger.total == before.ledger.total);
  CHECK(ledger.since == before.ledger.since);
  CHECK(ledger.saved_by_feeds == 4);
  REQUIRE(ledger.accounts.size() == 1);
  CHECK(ledger.accounts[0].provider == "paid");
  CHECK(ledger.accounts[0].counts_credits);
  CHECK(ledger.accounts[0].total == Spent{8, 9, 10});
  CHECK(ledger.accounts[0].month.spent == Spent{5, 6, 7});
  CHECK(ledger.accounts[0].month.ends == before.ledger.accounts[0].month.ends);
  CHECK(ledger.accounts[0].month.counted_since == Millis(1'795'262'400'001));
  REQUIRE(parsed->pools.size() == 1);
  const PoolMemory& pool = parsed->pools[0];
  CHECK(pool.saved_at == before.pools[0].saved_at);
  CHECK(pool.served_head == 17);
  CHECK(pool.providers[0].budget.spent_month == 20);
  CHECK(pool.providers[0].budget.day_ends == Millis(19));
  CHECK(pool.providers[0].cooldown.times == 22);
  CHECK(pool.providers[0].cooldown.left == std::chrono::seconds(23));
  CHECK(pool.endpoints[0].head == 24u);
  CHECK(pool.endpoints[0].breaker.is_open);
  CHECK(pool.endpoints[0].breaker.openings == 26);
  CHECK(pool.endpoints[0].breaker.pause_left == std::chrono::seconds(27));
  CHECK(pool.endpoints[0].latencies == before.pools[0].endpoints[0].latencies);
}

TEST_CASE("WarmState: latencies are left out where the rest would not fit with them") {
  const WarmState state = some_state();
  const std::string whole = warm_state_json(state, kNoLimit);

  const auto parsed = parse_warm_state(warm_state_json(state, whole.size() - 1));

  REQUIRE(parsed.has_value());
  CHECK(parsed->pools[0].endpoints[0].latencies[1][5] == 0);
  CHECK(parsed->ledger.workers[0].total == Spent{14, 15, 16});
}

TEST_CASE("WarmState: what is of another kind is nothing, and times have an end") {
  CHECK_FALSE(parse_warm_state("[]").has_value());
  CHECK_FALSE(parse_warm_state("{").has_value());
  CHECK(parse_warm_state("{\"cost\":7,\"chains\":{}}")->pools.empty());

  const auto odd = parse_warm_state(
      R"({"cost":{"since":18446744073709551615,"spent":["x",-1]},"chains":[{"name":5,
      "endpoints":[{"head":"high","latencies":[[96,1,95],{}],"failures":99999999999}]}]})");
  REQUIRE(odd.has_value());
  CHECK(odd->ledger.since.count() == 253'402'300'799'000);
  CHECK(odd->ledger.total.is_nothing());
  CHECK(odd->pools[0].endpoints[0].head == std::nullopt);
  CHECK(odd->pools[0].endpoints[0].breaker.failures == UINT32_MAX);
}

TEST_CASE("WarmState: the largest house of fifty endpoints and all workers fits 64 KiB") {
  WarmState state = some_state();
  for (size_t i = 0; i < 50; ++i) {
    PoolMemory::OfEndpoint endpoint = state.pools[0].endpoints[0];
    for (auto& counts : endpoint.latencies) {
      for (size_t k = 40; k < 60; ++k) {
        counts[k] = 25;
      }
    }
    state.pools[0].endpoints.push_back(endpoint);
    state.pools[0].providers.push_back(state.pools[0].providers[0]);
    state.ledger.accounts.push_back(state.ledger.accounts[0]);
  }
  for (size_t i = 0; i < CostLedger::kKeptWorkersMax; ++i) {
    state.ledger.workers.push_back(
        {"worker-with-a-long-name-" + std::to_string(i), {1'000'000'000, 1'000'000, 1'000'000}});
  }

  const std::string json = warm_state_json(state, kNoLimit);

  CHECK(json.size() < 64 * 1024);
  MESSAGE("bytes " << json.size());
}

}  // namespace sidecar::testing
