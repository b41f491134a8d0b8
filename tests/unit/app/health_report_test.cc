#include "app/health_report.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "rpc/json_value.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

/// Two chains: ethereum with alpha and beta, solana with gamma.
struct Chains {
  explicit Chains(bool is_probed = true) {
    HealthOptions health;
    health.probe.is_on = is_probed;
    add({1, "ethereum", Family::kEvm, 1}, {"alpha", "beta"}, health);
    add({2, "solana", Family::kSvm, 0}, {"gamma"}, health);
  }
  void add(const ChainInfo& chain, const std::vector<std::string>& names,
           const HealthOptions& health) {
    std::vector<EndpointSeed> seeds;
    for (const std::string& name : names) {
      seeds.emplace_back().provider = name;
      seeds.back().port = &channel;
    }
    pools.push_back(std::make_unique<Pool>(chain, PoolOptions{}, health, seeds, time, observer, 1));
  }
  void set(size_t pool, size_t endpoint, HealthEvent event) {
    pools[pool]->on_health_event(endpoint, event);
  }
  void all_well() {
    set(0, 0, HealthEvent::kSucceeded);
    set(0, 1, HealthEvent::kSucceeded);
    set(1, 0, HealthEvent::kSucceeded);
  }
  JsonValue report(std::string_view chain = "") const {
    return *JsonValue::parse(health_report(pools, chain).json);
  }
  std::string status(std::string_view chain = "") const {
    return std::string(*report(chain)["status"].as_string());
  }

  FakeTime time;
  FakeObserver observer;
  FakeChannel channel;
  std::vector<std::unique_ptr<Pool>> pools;
};

}  // namespace

TEST_CASE("HealthReport: all healthy is ok, without reasons") {
  Chains chains;
  chains.all_well();

  CHECK(chains.status() == "ok");
  CHECK(health_report(chains.pools, "").is_serving);
  CHECK(chains.report()["chains"].size() == 2);
  CHECK(chains.report()["chains"].at(0)["reasons"].size() == 0);
}

TEST_CASE("HealthReport: one that is ill makes it degraded and is named with its reason") {
  Chains chains;
  chains.all_well();
  chains.set(0, 0, HealthEvent::kBreakerOpened);

  CHECK(chains.status() == "degraded");
  CHECK(health_report(chains.pools, "").is_serving);
  const JsonValue reason = chains.report()["chains"].at(0)["reasons"].at(0);
  CHECK(reason["provider"].as_string() == "alpha");
  CHECK(reason["state"].as_string() == "down");
  CHECK(reason["reason"].as_string() == "breaker_opened");
  CHECK(chains.status("solana") == "ok");
}

TEST_CASE("HealthReport: a chain that nobody can serve is down, and so is the whole") {
  Chains chains;
  chains.all_well();
  chains.set(1, 0, HealthEvent::kWrongChain);

  CHECK(chains.status() == "down");
  CHECK_FALSE(health_report(chains.pools, "").is_serving);
  CHECK(health_report(chains.pools, "ethereum").is_serving);
  CHECK(chains.report("ethereum")["chains"].size() == 1);
}

TEST_CASE("HealthReport: who is drained serves nobody, however healthy") {
  Chains chains;
  chains.all_well();
  chains.pools[1]->set_drained("gamma", true);

  CHECK(chains.status() == "down");
  const JsonValue reason = chains.report("solana")["chains"].at(0)["reasons"].at(0);
  CHECK(reason["state"].as_string() == "drained");
  CHECK(reason["reason"].as_string() == "by_an_administrator");
  chains.pools[1]->set_drained("gamma", false);
  CHECK(chains.status() == "ok");
}

TEST_CASE("HealthReport: nobody heard of yet is down, unless nobody is asked for health") {
  CHECK(Chains(true).status() == "down");
  CHECK(Chains(true).report()["chains"].at(0)["reasons"].at(0)["reason"].as_string() ==
        "not_heard_of_yet");
  CHECK(Chains(false).status() == "degraded");
}

}  // namespace sidecar::testing
