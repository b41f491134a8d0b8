#include "core/pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"
#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// Three providers, one a tier.
struct Tiers {
  explicit Tiers(HouseOptions options = {}, std::vector<EndpointSeed> endpoints = three_tiers())
      : pool({1, "ethereum", Family::kEvm, 0}, options.pool, options.health, endpoints, time,
             observer, 1) {}
  static std::vector<EndpointSeed> three_tiers() {
    return {HouseOptions::seed("own", 1), HouseOptions::seed("paid", 2),
            HouseOptions::seed("public", 3)};
  }

  CallNeed need(std::string_view method, BlockNeed block = {}) const {
    CallNeed one;
    one.method = method;
    one.row = &method_row(method);
    one.block = block;
    return one;
  }
  std::optional<size_t> chosen(std::string_view method = "eth_call", BlockNeed block = {}) {
    return pool.choose(need(method, block), {}, &why).endpoint;
  }
  void end(size_t endpoint, Outcome outcome, std::string_view method = "eth_call") {
    pool.on_started(endpoint, method);
    AttemptEnd attempt;
    attempt.outcome = outcome;
    attempt.method = method;
    pool.on_ended(endpoint, attempt);
  }
  void break_endpoint(size_t endpoint) {
    for (int i = 0; i < 3; ++i) {
      end(endpoint, Outcome::kTimeout);
    }
  }

  FakeTime time;
  FakeObserver observer;
  std::vector<PassedOver> why;
  Pool pool;
};

BlockNeed at_block(uint64_t number) {
  BlockNeed need;
  need.number = number;
  need.oldest = number;
  return need;
}

}  // namespace

TEST_CASE("Pool: the lowest tier serves, and the next only when none in it can") {
  Tiers tiers;

  CHECK(tiers.chosen() == 0u);
  CHECK(tiers.why == std::vector<PassedOver>{PassedOver::kNothing, PassedOver::kLowerTier,
                                             PassedOver::kLowerTier});
  tiers.break_endpoint(0);
  CHECK(tiers.chosen() == 1u);
  CHECK(tiers.why[0] == PassedOver::kBreakerOpen);
  tiers.break_endpoint(1);
  CHECK(tiers.chosen() == 2u);
}

TEST_CASE("Pool: when all are out the least recently failed is tried, whatever its tier") {
  Tiers tiers;
  tiers.break_endpoint(1);
  tiers.time.advance(1s);
  tiers.break_endpoint(0);
  tiers.time.advance(1s);
  tiers.break_endpoint(2);

  const Choice choice = tiers.pool.choose(tiers.need("eth_call"), {});

  CHECK(choice.endpoint == 1u);
  CHECK(choice.is_last_resort);
}

TEST_CASE("Pool: a breaker's trial is the prober's, or without one a single call's") {
  HouseOptions options;
  for (const bool is_probed : {false, true}) {
    CAPTURE(is_probed);
    options.health.probe.is_on = is_probed;
    Tiers tiers(options);
    tiers.break_endpoint(0);
    CHECK(tiers.chosen() == 1u);

    tiers.time.advance(options.health.breaker.open_min);
    const size_t first = *tiers.chosen();
    tiers.pool.on_started(first, "eth_call");

    CHECK(first == (is_probed ? 1u : 0u));
    CHECK(tiers.chosen() == 1u);  // no second trial beside it
  }
}

TEST_CASE("Pool: a degraded endpoint is asked after healthy ones of every tier") {
  Tiers tiers;
  tiers.pool.on_health_event(0, HealthEvent::kSyncing);

  CHECK(tiers.chosen() == 1u);
  CHECK(tiers.why[0] == PassedOver::kDegraded);
  tiers.pool.on_health_event(1, HealthEvent::kSyncing);
  tiers.pool.on_health_event(2, HealthEvent::kSyncing);
  CHECK(tiers.chosen() == 0u);
}

TEST_CASE("Pool: quarantined and disabled endpoints are not asked even when they are the last") {
  for (const HealthEvent event :
       {HealthEvent::kWrongChain, HealthEvent::kUnauthorised, HealthEvent::kUnpaid}) {
    CAPTURE(health_event_name(event));
    Tiers tiers;
    for (size_t i = 0; i < 3; ++i) {
      tiers.pool.on_health_event(i, event);
    }

    CHECK(tiers.chosen() == std::nullopt);
  }
}

TEST_CASE("Pool: a call that names a block goes to an endpoint that has it") {
  Tiers tiers;
  tiers.pool.on_head(0, 95, "", true);
  tiers.pool.on_head(1, 100, "", true);

  CHECK(tiers.chosen("eth_getBalance", at_block(100)) == 1u);
  CHECK(tiers.why[0] == PassedOver::kLacksBlock);
  CHECK(tiers.chosen("eth_getBalance", at_block(95)) == 0u);
  CHECK(tiers.chosen("eth_getBalance", at_block(200)) == 2u);
}

TEST_CASE("Pool: F01 an endpoint too far behind is out until it is nearly level again") {
  HouseOptions options;
  options.pool.head.lag_blocks_max = 10;
  options.pool.head.lag_blocks_back = 2;
  Tiers tiers(options);
  tiers.end(0, Outcome::kResult);
  tiers.end(1, Outcome::kResult);
  tiers.pool.on_head(0, 89, "", true);
  tiers.pool.on_head(1, 100, "", true);
  CHECK(tiers.chosen() == 1u);
  CHECK(tiers.pool.endpoint(0).health.state() == HealthState::kDegraded);

  tiers.pool.on_head(0, 95, "", true);
  CHECK(tiers.chosen() == 1u);
  tiers.pool.on_head(0, 98, "", true);

  CHECK(tiers.chosen() == 0u);
}

TEST_CASE("Pool: F03 an endpoint on a minority fork is quarantined until it agrees again") {
  Tiers tiers;
  for (size_t i = 0; i < 3; ++i) {
    tiers.pool.on_head(i, 100, "", true);
  }
  tiers.pool.on_head(0, 96, "0xbad0000000000000000000000000000000000000000000000000000000000000",
                     false);
  for (size_t i = 1; i < 3; ++i) {
    tiers.pool.on_head(i, 96, "0x600d000000000000000000000000000000000000000000000000000000000000",
                       false);
  }
  CHECK(tiers.pool.endpoint(0).health.state() == HealthState::kQuarantined);
  CHECK(tiers.chosen() == 1u);

  for (size_t i = 0; i < 3; ++i) {
    tiers.pool.on_head(i, 120, "", true);
  }
  for (size_t i = 0; i < 3; ++i) {
    tiers.pool.on_head(i, 112, "0x7777000000000000000000000000000000000000000000000000000000000000",
                       false);
  }

  CHECK(tiers.chosen() == 0u);
}

TEST_CASE("Pool: allow, deny and transports decide who is asked for a method") {
  std::vector<EndpointSeed> endpoints = Tiers::three_tiers();
  endpoints[0].terms.methods.deny = {"debug_*"};
  endpoints[1].terms.ws_only = {"debug_*"};
  Tiers tiers({}, endpoints);

  CHECK(tiers.chosen("debug_traceBlockByNumber") == 2u);
  CHECK(tiers.why[0] == PassedOver::kMethodDenied);
  CHECK(tiers.why[1] == PassedOver::kTransport);
  CHECK(tiers.chosen("eth_call") == 0u);
}

TEST_CASE("Pool: a WebSocket for events takes the calls that go over nothing else, and no others") {
  std::vector<EndpointSeed> endpoints = Tiers::three_tiers();
  endpoints[0].transport = Transport::kWs;
  endpoints[0].takes_calls = false;
  endpoints[0].terms.ws_only = {"debug_*"};
  Tiers tiers({}, endpoints);

  CHECK(tiers.chosen("debug_traceBlockByNumber") == 0u);
  CHECK(tiers.chosen("eth_call") == 1u);
  CHECK(tiers.why[0] == PassedOver::kNoCalls);
}

TEST_CASE("Pool: pruned endpoints and long log ranges go to who can") {
  std::vector<EndpointSeed> endpoints = Tiers::three_tiers();
  endpoints[0].terms.blocks_kept = 128;
  endpoints[0].terms.logs_range_max = 1'000;
  Tiers tiers({}, endpoints);
  for (size_t i = 0; i < 3; ++i) {
    tiers.pool.on_head(i, 10'000, "", true);
  }
  BlockNeed wide = at_block(10'000);
  wide.oldest = 9'900;
  wide.range = 1'001;

  CHECK(tiers.chosen("eth_getBalance", at_block(9'871)) == 1u);
  CHECK(tiers.why[0] == PassedOver::kPruned);
  CHECK(tiers.chosen("eth_getBalance", at_block(9'872)) == 0u);
  CHECK(tiers.chosen("eth_getLogs", wide) == 1u);
  CHECK(tiers.why[0] == PassedOver::kRangeTooLarge);
}

TEST_CASE("Pool: rate limits and the caller's faults never open a breaker") {
  for (const Outcome outcome :
       {Outcome::kRateLimited, Outcome::kCallerFault, Outcome::kReverted, Outcome::kMissing,
        Outcome::kNull, Outcome::kUnsupported, Outcome::kBusy}) {
    CAPTURE(outcome_name(outcome));
    Tiers tiers;

    for (int i = 0; i < 20; ++i) {
      tiers.end(0, outcome);
    }

    CHECK(tiers.pool.endpoint(0).breaker.state(tiers.time.now()) == BreakerState::kClosed);
  }
}

TEST_CASE("Pool: endpoints of one provider share its budget and its pause, not its breaker") {
  std::vector<EndpointSeed> endpoints = {HouseOptions::seed("node"), HouseOptions::seed("node"),
                                         HouseOptions::seed("other", 2)};
  endpoints[0].transport = Transport::kIpc;
  Tiers tiers({}, endpoints);

  tiers.break_endpoint(0);
  CHECK(tiers.chosen() == 1u);
  tiers.end(1, Outcome::kRateLimited);
  CHECK(tiers.chosen() == 2u);
}

TEST_CASE("Pool: events are billed as their vendor does, on the day's budget and past it") {
  std::vector<EndpointSeed> endpoints = {HouseOptions::seed("node")};
  endpoints[0].terms.unit = BudgetUnit::kCredits;
  endpoints[0].terms.vendor = Vendor::kAlchemy;
  endpoints[0].terms.budget.per_day = 100;
  Tiers tiers({}, endpoints);

  tiers.pool.on_event(0, "heads", 1'000);
  CHECK(tiers.observer.event_units == 40);
  CHECK(tiers.pool.budget_left(0).day == 60u);
  tiers.pool.on_event(0, "heads", 2'000);

  CHECK(tiers.pool.provider_of(0).units_spent == 120);
  CHECK(tiers.pool.budget_left(0).day == 0u);
  CHECK(tiers.chosen() == std::nullopt);
}

TEST_CASE("Pool: events cost what is set, and nothing where requests are counted") {
  std::vector<EndpointSeed> endpoints = {HouseOptions::seed("set"), HouseOptions::seed("plain")};
  endpoints[0].terms.event_units = 3;
  endpoints[1].terms.vendor = Vendor::kAlchemy;
  Tiers tiers({}, endpoints);

  tiers.pool.on_event(0, "heads", 1'000);
  tiers.pool.on_event(1, "heads", 1'000);

  CHECK(tiers.pool.provider_of(0).units_spent == 3);
  CHECK(tiers.pool.provider_of(1).units_spent == 0);
  CHECK(tiers.observer.event_bytes == 2'000);
}

TEST_CASE("Pool: shares inside a tier follow the weights") {
  HouseOptions options;
  options.pool.strategy = Strategy::kPriorityWeighted;
  std::vector<EndpointSeed> endpoints = {HouseOptions::seed("a"), HouseOptions::seed("b")};
  endpoints[0].weight = 75;
  endpoints[1].weight = 25;
  Tiers tiers(options, endpoints);
  int first = 0;

  for (int i = 0; i < 400; ++i) {
    const size_t picked = *tiers.chosen();
    first += picked == 0 ? 1 : 0;
    tiers.end(picked, Outcome::kResult);
  }

  CHECK(first >= 295);
  CHECK(first <= 305);
}

TEST_CASE("Pool: a hedge goes to an endpoint in good standing or nowhere") {
  Tiers tiers;
  const std::vector<size_t> tried = {0};

  CHECK(tiers.pool.choose_hedge(tiers.need("eth_call"), tried, 0) == 1u);
  tiers.pool.on_health_event(1, HealthEvent::kSyncing);
  tiers.break_endpoint(2);

  CHECK(tiers.pool.choose_hedge(tiers.need("eth_call"), tried, 0) == std::nullopt);
}

TEST_CASE("Pool: Solana's sendTransaction goes to the node that told its blockhash") {
  Tiers tiers;
  tiers.pool.remember_blockhash("EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N", 2);
  CallNeed need = tiers.need("sendTransaction");
  need.preferred = tiers.pool.endpoint_of_blockhash("EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N");

  CHECK(tiers.pool.choose(need, {}).endpoint == 2u);
  for (size_t i = 0; i < Pool::kBlockhashesMax; ++i) {
    tiers.pool.remember_blockhash(std::to_string(i), 1);
  }
  CHECK(tiers.pool.endpoint_of_blockhash("EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N") ==
        std::nullopt);
}

TEST_CASE("Pool: a drained provider is asked for nothing, not even as the last resort") {
  Tiers tiers;

  tiers.pool.set_drained("own", true);
  CHECK(tiers.chosen() == 1u);
  CHECK(tiers.why[0] == PassedOver::kDrained);
  tiers.pool.set_drained("paid", true);
  tiers.pool.set_drained("public", true);
  CHECK_FALSE(tiers.chosen().has_value());
  tiers.pool.set_drained("own", false);

  CHECK(tiers.chosen() == 0u);
}

TEST_CASE("Pool: calls that wait are told when a provider is back") {
  Tiers tiers;
  int told = 0;
  tiers.pool.set_drained("own", true);
  tiers.pool.set_on_better([&told]() { ++told; });

  tiers.pool.set_drained("own", false);

  CHECK(told == 1);
}

TEST_CASE("Pool: breakers are reset with their provider's cooldown, and the observer hears of it") {
  Tiers tiers;
  tiers.break_endpoint(0);
  tiers.break_endpoint(1);
  tiers.end(0, Outcome::kRateLimited);
  REQUIRE(tiers.chosen() == 2u);

  tiers.pool.reset_breakers("own");

  CHECK(tiers.chosen() == 0u);
  CHECK(tiers.why[1] == PassedOver::kBreakerOpen);
  CHECK(tiers.observer.breakers.back() == "own closed");
  CHECK(tiers.pool.endpoint(0).breaker.failures_in_row() == 0);
}

}  // namespace sidecar::testing
