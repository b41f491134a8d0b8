#include "core/dispatcher.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// One provider that may be asked `rate` times a second, all at once.
HouseOptions limited(uint32_t rate) {
  HouseOptions options;
  options.endpoints = {HouseOptions::seed("only")};
  options.endpoints[0].terms.budget.per_second = rate;
  return options;
}

}  // namespace

TEST_CASE("Dispatcher: over a provider's budget calls wait for a token, in order of sessions") {
  House house(limited(2));

  for (int i = 0; i < 4; ++i) {
    house.submit("eth_call");
  }
  CHECK(house.started(0) == 2);
  house.time.advance(499ms);
  CHECK(house.started(0) == 2);
  house.time.advance(2ms);
  CHECK(house.started(0) == 3);
  house.time.advance(501ms);

  CHECK(house.started(0) == 4);
}

TEST_CASE("Dispatcher: a call whose token would come after its deadline is told at once when") {
  House house(limited(1));

  house.submit("eth_call");
  house.submit("eth_call", "[]", 500ms);

  REQUIRE(house.is_answered());
  CHECK(house.last_error_has("UPSTREAM_RATE_LIMITED"));
  CHECK(house.last_error_has("retry_after_ms"));
}

TEST_CASE("Dispatcher: a full budget sends the calls to the next tier") {
  HouseOptions options = limited(1);
  options.endpoints.push_back(HouseOptions::seed("paid", 2));
  House house(options);

  house.submit("eth_call");
  house.submit("eth_call");

  CHECK(house.started(0) == 1);
  CHECK(house.started(1) == 1);
}

TEST_CASE("Dispatcher: no more than calls_waiting_max wait") {
  HouseOptions options = limited(1);
  options.dispatcher.calls_waiting_max = 1;
  House house(options);

  house.submit("eth_call");
  house.submit("eth_call");
  CHECK_FALSE(house.is_answered());
  house.submit("eth_call");

  CHECK(house.last_error_has("OVERLOADED"));
  CHECK(house.observer.limits["calls_waiting_max"] == 1);
}

TEST_CASE("Dispatcher: a cancelled call gives up its place in the queue") {
  House house(limited(1));

  house.submit("eth_call");
  const CallId gone = house.submit("eth_call");
  house.submit("eth_call");
  house.dispatcher.cancel(gone);
  house.time.advance(1001ms);

  CHECK(house.started(0) == 2);
  CHECK(house.dispatcher.calls_in_flight() == 2);
}

TEST_CASE("Dispatcher: when the day's bound is reached a call is told so at once") {
  HouseOptions options;
  options.endpoints = {HouseOptions::seed("only")};
  options.endpoints[0].terms.budget.per_day = 1;
  House house(options);

  house.submit("eth_call");
  house.submit("eth_call");

  REQUIRE(house.is_answered());
  CHECK(house.last_error_has("UPSTREAM_RATE_LIMITED"));
  CHECK(house.started(0) == 1);
}

TEST_CASE("Dispatcher: without Retry-After the worker is told when the pause of ours is over") {
  HouseOptions options;
  options.endpoints = {HouseOptions::seed("only")};
  House house(options);

  house.submit("eth_call");
  house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 429);

  const std::string& error = house.answer();
  const size_t at = error.find(R"("retry_after_ms":)");
  REQUIRE(at != std::string::npos);
  const int told = std::stoi(error.substr(at + 17));
  CHECK(told >= 60'000);
  CHECK(told <= 72'000);
}

// Found by the simulation: what had waited for a token was started as if it were a first attempt.
TEST_CASE("Dispatcher: a retry that waited for a token still needs room in the retry budget") {
  HouseOptions options;
  for (EndpointSeed& endpoint : options.endpoints) {
    endpoint.terms.budget.per_second = 2;
  }
  options.dispatcher.retry.budget_min = 1;
  options.dispatcher.retry.budget_percent = 0;
  House house(options);
  for (int i = 0; i < 4; ++i) {
    house.submit("eth_call");
  }
  house.channel(0).end_at(0, Outcome::kHttpStatus, "", Sent::kYes, 500);
  house.channel(0).end_at(1, Outcome::kHttpStatus, "", Sent::kYes, 500);
  REQUIRE(house.started(1) == 2);

  house.time.advance(1100ms);
  CHECK(house.started(1) == 3);
  CHECK(house.dispatcher.extra_attempts() == 1);
  house.channel(1).end(Outcome::kResult, "1");
  house.time.advance(1ms);

  CHECK(house.started(1) == 4);
}

// The queue is pumped inside submit(): what that answers may submit again, and move the call table.
TEST_CASE("Dispatcher: a reply inside submit may submit more") {
  House house(limited(1));
  house.submit("eth_call");
  for (int i = 0; i < 20; ++i) {
    house.submit("eth_call", "[]", 3s);
  }
  house.downstream.on_each_reply = [&house]() {
    if (house.token < 1'000) {
      house.submit("eth_call", "[]", 100ms);
    }
  };

  for (int i = 0; i < 10; ++i) {
    house.time.advance(400ms);
    house.submit("eth_call", "[]", 3s);
  }

  CHECK(house.downstream.replies.size() > 20);
  CHECK(house.started(0) == 5);
}

TEST_CASE(
    "Dispatcher: F04 calls wait until a provider's chain is checked, and never reach a wrong one") {
  HouseOptions options;
  options.health.probe.is_on = true;
  House house(options);
  Prober prober(options.health.probe, house.time, {&house.ethereum}, 1);

  house.submit("eth_call");
  CHECK(house.started(0) + house.started(1) == 0);
  prober.start();
  house.time.advance(0ms);
  REQUIRE(house.channel(0).started.back().tail == R"("method":"eth_chainId","params":[]})");
  house.channel(0).end(Outcome::kResult, "\"0x2\"");
  CHECK(house.ethereum.endpoint(0).health.state() == HealthState::kQuarantined);
  house.channel(1).end(Outcome::kResult, "\"0x1\"");
  house.time.advance(0ms);

  CHECK(house.channel(1).started.back().tail == R"("method":"eth_call","params":[]})");
}

}  // namespace sidecar::testing
