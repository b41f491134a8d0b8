#include "app/restart_settings.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

using Names = std::vector<std::string>;

Config two_chains() {
  Config config;
  for (const std::string name : {"ethereum", "base"}) {
    ChainConfig chain;
    chain.name = name;
    chain.chain_id = name == "base" ? 8453 : 1;
    chain.providers.emplace_back().channel.name = "own";
    config.chains.push_back(chain);
  }
  config.access.emplace_back().name = "desk";
  return config;
}

}  // namespace

TEST_CASE("settings_for_restart: each change is live, or named") {
  struct Row {
    std::function<void(Config&)> change;
    Names named;
  };
  const std::vector<Row> rows{
      {[](Config&) {}, {}},
      {[](Config& config) { config.log.level = "debug"; }, {}},
      {[](Config& config) { config.limits.sessions_max = 7; }, {}},
      {[](Config& config) { config.dispatcher.retry.attempts_max = 9; }, {}},
      {[](Config& config) { config.feeds.sources = 2; }, {}},
      {[](Config& config) { config.shutdown.drain = Millis(1); }, {}},
      {[](Config& config) { config.health.probe.interval = Millis(50); }, {}},
      {[](Config& config) { config.chains[0].providers[0].channel.weight = 5; }, {}},
      {[](Config& config) { config.chains[0].providers.clear(); }, {}},
      {[](Config& config) { config.access[0].may_send_tx = false; }, {}},
      {[](Config& config) { config.access.emplace_back(); }, {}},
      {[](Config& config) { config.listen.path = "/other"; }, {"listen.path"}},
      {[](Config& config) { config.http.hosts = {"a"}; }, {"http.hosts"}},
      {[](Config& config) { config.health.probe.is_on = false; }, {"probe.on"}},
      {[](Config& config) { config.limits.request_bytes_max = 4'096; },
       {"limits.request_bytes_max"}},
      {[](Config& config) { config.chains[1].chain_id = 10; }, {"chain base (another network)"}},
      {[](Config& config) { config.chains[1].is_dev = true; }, {"chain base (dev)"}},
      {[](Config& config) {
         config.access.clear();
         config.chains.pop_back();
       },
       {"chain base (gone)"}},
      {[](Config& config) {
         config.access.clear();
         config.chains.emplace_back().name = "more";
       },
       {"chain more (new)"}},
      {[](Config& config) { std::swap(config.chains[0], config.chains[1]); },
       {"access (it speaks of chains)", "the order of chains"}},
  };
  const Config started = two_chains();
  for (size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    Config wanted = two_chains();

    rows[i].change(wanted);

    const Names named = settings_for_restart(started, wanted);
    REQUIRE(named.size() == rows[i].named.size());
    for (size_t n = 0; n < named.size(); ++n) {
      CHECK(named[n] == rows[i].named[n]);
    }
  }
}

TEST_CASE("live_limits: what the HTTP server was made with stays, the rest is as wanted") {
  const Config started = two_chains();
  Config wanted = two_chains();
  wanted.limits.request_bytes_max = 4'096;
  wanted.limits.slow_consumer.hard_bytes = 1;
  wanted.limits.calls_in_flight_max = 3;
  wanted.continuity = "latest";

  const SessionLimits limits = live_limits(started, wanted);

  CHECK(limits.request_bytes_max == started.limits.request_bytes_max);
  CHECK(limits.slow_consumer.hard_bytes == started.limits.slow_consumer.hard_bytes);
  CHECK(limits.calls_in_flight_max == 3);
  CHECK(limits.continuity == Continuity::kLatest);
}

}  // namespace sidecar::testing
