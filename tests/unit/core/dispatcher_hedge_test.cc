#include "core/dispatcher.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

HouseOptions hedging() {
  HouseOptions options;
  options.dispatcher.hedge.is_on = true;
  options.dispatcher.hedge.delay_cold = 500ms;
  return options;
}

}  // namespace

TEST_CASE("Dispatcher: a slow read is asked of a second provider, and the first answer wins") {
  House house(hedging());

  house.submit("eth_call");
  house.time.advance(499ms);
  CHECK(house.started(1) == 0);
  house.time.advance(1ms);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "2");

  CHECK(house.answer() == "2");
  CHECK(house.channel(0).cancelled.size() == 1);
  CHECK(house.dispatcher.extra_attempts() == 0);
  CHECK(house.dispatcher.attempts_in_flight() == 0);
  CHECK(house.observer.outcomes == std::vector<std::string>{"result by beta"});
  CHECK(house.observer.cut_short == std::vector<std::string>{"alpha"});
}

TEST_CASE("Dispatcher: a hedge that loses is cancelled and leaves no sample") {
  House house(hedging());

  house.submit("eth_call");
  house.time.advance(500ms);
  house.channel(0).end(Outcome::kResult, "1");

  CHECK(house.answer() == "1");
  CHECK(house.channel(1).cancelled.size() == 1);
  CHECK(house.ethereum.endpoint(1).latencies[0].sample_count() == 0);
  CHECK(house.ethereum.endpoint(1).failure_count == 0);
  CHECK(house.ethereum.endpoint(1).inflight_count == 0);
}

TEST_CASE("Dispatcher: A46 a call has one hedge, and one answer") {
  House house([] {
    HouseOptions options = hedging();
    options.endpoints.push_back(HouseOptions::seed("gamma2"));
    return options;
  }());

  house.submit("eth_call");
  house.time.advance(3s);
  CHECK(house.started(0) + house.started(1) + house.started(2) == 2);
  house.channel(0).end(Outcome::kResult, "1");

  CHECK(house.downstream.replies.size() == 1);
}

TEST_CASE("Dispatcher: a failing attempt waits for its hedge, a revert does not") {
  House house(hedging());

  house.submit("eth_call");
  house.time.advance(500ms);
  house.channel(0).end(Outcome::kClosed, "", Sent::kMaybe);
  CHECK_FALSE(house.is_answered());
  house.channel(1).end(Outcome::kResult, "2");
  CHECK(house.answer() == "2");

  house.submit("eth_call");
  house.time.advance(500ms);
  house.channel(1).end(Outcome::kRpcError, R"({"code":3,"message":"execution reverted"})");
  CHECK(house.last_error_has("execution reverted"));
  CHECK(house.dispatcher.attempts_in_flight() == 0);
}

TEST_CASE("Dispatcher: transactions and calls with effects are not hedged") {
  for (const std::string_view method :
       {"eth_sendRawTransaction", "eth_sendTransaction", "eth_newFilter", "made_up"}) {
    CAPTURE(method);
    House house(hedging());

    house.submit(method, R"(["0x01"])");
    house.time.advance(3s);

    CHECK(house.started(0) + house.started(1) == 1);
  }
}

TEST_CASE("Dispatcher: a provider dearer than price_max gets no hedge") {
  HouseOptions options = hedging();
  options.dispatcher.hedge.price_max = 400;
  options.endpoints[1].terms.price = 401;
  House house(options);

  house.submit("eth_call");
  house.time.advance(3s);

  CHECK(house.started(1) == 0);
}

TEST_CASE("Dispatcher: the hedge's delay is learned from the method's own latencies") {
  House house(hedging());
  for (int i = 0; i < 30; ++i) {
    house.submit("eth_call");
    const size_t turn = house.started(0) > house.started(1) ? 0 : 1;
    house.time.advance(150ms);
    house.channel(turn).end(Outcome::kResult, "1");
  }
  const size_t before = house.started(0) + house.started(1);

  house.submit("eth_call");
  house.time.advance(149ms);
  CHECK(house.started(0) + house.started(1) == before + 1);
  house.time.advance(60ms);

  CHECK(house.started(0) + house.started(1) == before + 2);
}

TEST_CASE("Dispatcher: the first part of a long result ends the race") {
  House house(hedging());

  house.submit("eth_getLogs");
  house.time.advance(500ms);
  house.channel(1).part("[1,");
  CHECK(house.channel(0).cancelled.size() == 1);
  house.channel(1).end(Outcome::kResult, "2]");

  CHECK(house.downstream.parts == std::vector<std::string>{"[1,"});
  CHECK(house.answer() == "2]");
}

// One that swallows what it is sent would else be asked first for ever, and cost each call the
// delay.
TEST_CASE(
    "Dispatcher: A02 a provider that loses to hedges again and again goes behind the others") {
  House house(hedging());
  for (int i = 0; i < 6; ++i) {
    house.submit("eth_call");
    house.time.advance(500ms);
    house.channel(1).end(Outcome::kResult, "2");
  }
  CHECK(house.ethereum.endpoint(0).health.reason() == HealthEvent::kOutrun);
  const size_t asked = house.started(0);

  for (int i = 0; i < 4; ++i) {
    house.submit("eth_call");
    house.channel(1).end(Outcome::kResult, "2");
  }
  CHECK(house.started(0) == asked);
  AttemptEnd end;
  house.ethereum.on_started(0, "eth_blockNumber");
  house.ethereum.on_ended(0, end);

  CHECK(house.ethereum.endpoint(0).health.state() == HealthState::kHealthy);
}

}  // namespace sidecar::testing
