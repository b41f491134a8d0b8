#include "core/dispatcher.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHeaderNotFound = R"({"code":-32000,"message":"header not found"})";
constexpr std::string_view kOdd = R"({"code":-32000,"message":"the moon is full"})";

HouseOptions with_endpoints(std::vector<EndpointSeed> endpoints) {
  HouseOptions options;
  options.endpoints = std::move(endpoints);
  return options;
}

}  // namespace

TEST_CASE("Dispatcher: an error nobody knows is asked about at one other provider, then stands") {
  House house(
      with_endpoints({HouseOptions::seed("a"), HouseOptions::seed("b"), HouseOptions::seed("c")}));

  house.submit("eth_call");
  house.channel(0).end(Outcome::kRpcError, kOdd);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kRpcError, kOdd);

  CHECK(house.started(2) == 0);
  CHECK(house.answer() == kOdd);
  CHECK(house.observer.unknown_errors == 2);
  CHECK(house.observer.outcomes == std::vector<std::string>{"unknown_error by b"});
}

TEST_CASE("Dispatcher: when nobody else is left the same provider is asked again after a pause") {
  House house(with_endpoints({HouseOptions::seed("only")}));

  house.submit("eth_call");
  house.time.advance(20ms);
  house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 502);
  CHECK(house.started(0) == 1);
  house.time.advance(100ms);
  REQUIRE(house.started(0) == 2);
  house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 502);
  house.time.advance(99ms);
  CHECK(house.started(0) == 2);
  house.time.advance(101ms);
  REQUIRE(house.started(0) == 3);
  house.time.advance(30ms);
  house.channel(0).end(Outcome::kResult, "\"0x1\"");

  CHECK(house.answer() == "\"0x1\"");
  CHECK(house.observer.outcomes == std::vector<std::string>{"result by only"});
  CHECK(house.observer.last_took == 350ms);
  CHECK(house.observer.last_upstream >= 50ms);
  CHECK(house.observer.last_took - house.observer.last_upstream > 99ms);  // the second pause
}

TEST_CASE("Dispatcher: a pause that would end after the deadline is not begun") {
  House house(with_endpoints({HouseOptions::seed("only")}));

  house.submit("eth_call", "[]", 40ms);
  house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 502);

  REQUIRE(house.is_answered());
  CHECK(house.last_error_has("UPSTREAM_HTTP_STATUS"));
}

TEST_CASE("Dispatcher: what is not there yet is asked of all, then of all again, then answered") {
  HouseOptions options;
  options.dispatcher.retry.not_yet_max = 2;
  options.dispatcher.retry.not_yet_pause = 500ms;
  House house(options);

  house.submit("eth_call");
  for (int round = 0; round < 3; ++round) {
    REQUIRE(house.started(0) + house.started(1) == 2u * static_cast<size_t>(round) + 1);
    const size_t first = house.started(0) > house.started(1) ? 0 : 1;
    house.channel(first).end(Outcome::kRpcError, kHeaderNotFound);
    REQUIRE(house.started(1 - first) == static_cast<size_t>(round) + 1);
    house.channel(1 - first).end(Outcome::kRpcError, kHeaderNotFound);
    house.time.advance(500ms);
  }

  REQUIRE(house.is_answered());
  CHECK(house.answer() == kHeaderNotFound);
  CHECK(house.started(0) + house.started(1) == 6);
}

TEST_CASE("Dispatcher: F02 null from a node that lags is asked about elsewhere before it counts") {
  House house;
  house.ethereum.on_head(0, 90, "", true);
  house.ethereum.on_head(1, 100, "", true);

  house.submit("eth_getTransactionReceipt", R"(["0x01"])");
  house.channel(0).end(Outcome::kResult, "null");
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, R"({"blockNumber":"0x60"})");

  CHECK(house.answer() == R"({"blockNumber":"0x60"})");
}

TEST_CASE("Dispatcher: F02 null from a node at the head is the answer") {
  House house;
  house.ethereum.on_head(0, 100, "", true);
  house.ethereum.on_head(1, 90, "", true);

  house.submit("eth_getTransactionReceipt", R"(["0x01"])");
  house.channel(0).end(Outcome::kResult, "null");

  CHECK(house.started(1) == 0);
  CHECK(house.answer() == "null");
}

TEST_CASE("Dispatcher: null stays the answer when the others fail") {
  House house;
  house.ethereum.on_head(0, 90, "", true);
  house.ethereum.on_head(1, 100, "", true);

  house.submit("eth_getTransactionReceipt", R"(["0x01"])");
  house.channel(0).end(Outcome::kResult, "null");
  house.channel(1).end(Outcome::kConnect, "", Sent::kNo);

  REQUIRE(house.is_answered());
  CHECK_FALSE(house.downstream.replies[0].is_error);
  CHECK(house.answer() == "null");
}

TEST_CASE("Dispatcher: F12 no logs up to a block that the node has not is no answer") {
  House house;
  house.ethereum.on_head(0, 90, "", true);
  house.ethereum.on_head(1, 100, "", true);

  house.submit("eth_getLogs", R"([{"fromBlock":"0x50","toBlock":"0x64"}])");
  REQUIRE(house.started(1) == 1);
  CHECK(house.started(0) == 0);
  house.channel(1).end(Outcome::kHttpStatus, "", Sent::kYes, 500);
  REQUIRE(house.started(0) == 1);
  house.channel(0).end(Outcome::kResult, "[]");
  house.time.advance(5s);

  CHECK(house.started(1) > 1);
}

TEST_CASE(
    "Dispatcher: F12 no logs of blocks that the node lacks are an error when all else fails") {
  HouseOptions options;
  options.dispatcher.retry.attempts_max = 2;
  options.dispatcher.retry.not_yet_max = 0;
  House house(options);
  house.ethereum.on_head(0, 90, "", true);
  house.ethereum.on_head(1, 100, "", true);

  house.submit("eth_getLogs", R"([{"fromBlock":"0x50","toBlock":"0x64"}])");
  house.channel(1).end(Outcome::kHttpStatus, "", Sent::kYes, 500);
  house.channel(0).end(Outcome::kResult, "[]");

  CHECK(house.last_error_has("beyond current head block"));
}

TEST_CASE("Dispatcher: A28 a provider that limits is left alone, and the others serve") {
  House house;
  house.channel(0).retry_after = 20s;

  house.submit("eth_call");
  house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 429);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "1");
  for (int i = 0; i < 4; ++i) {
    house.submit("eth_call");
    house.channel(1).end(Outcome::kResult, "1");
  }
  CHECK(house.started(0) == 1);
  house.time.advance(21s);
  house.submit("eth_call");
  house.submit("eth_call");

  CHECK(house.started(0) == 2);
  CHECK(house.observer.throttled == std::vector<std::string>{"alpha"});
}

TEST_CASE("Dispatcher: A28 when all limit, the worker is told when to come back") {
  House house(with_endpoints({HouseOptions::seed("only")}));
  house.channel(0).retry_after = 7s;

  house.submit("eth_call");
  house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, 429);
  CHECK(house.last_error_has("UPSTREAM_RATE_LIMITED"));
  CHECK(house.last_error_has(R"("retry_after_ms":7000)"));
  house.time.advance(3s);
  house.submit("eth_call");

  CHECK(house.started(0) == 1);
  CHECK(house.last_error_has("UPSTREAM_RATE_LIMITED"));
  CHECK(house.last_error_has(R"("retry_after_ms":400)"));
}

TEST_CASE("Dispatcher: A29 a limit told inside a 200 counts as one") {
  House house;

  house.submit("eth_call");
  house.channel(0).end(Outcome::kRpcError, R"({"code":-32005,"message":"rate limit exceeded"})");
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "1");

  CHECK(house.observer.throttled.size() == 1);
}

TEST_CASE("Dispatcher: A30 a provider that refuses our key is out, and nobody else notices") {
  for (const int status : {401, 402, 403}) {
    CAPTURE(status);
    House house;

    house.submit("eth_call");
    house.channel(0).end(Outcome::kHttpStatus, "", Sent::kYes, status);
    house.channel(1).end(Outcome::kResult, "1");
    for (int i = 0; i < 4; ++i) {
      house.submit("eth_call");
      house.channel(1).end(Outcome::kResult, "1");
    }

    CHECK(house.started(0) == 1);
    CHECK(house.ethereum.endpoint(0).health.state() == HealthState::kDisabled);
  }
}

TEST_CASE("Dispatcher: a method a provider does not have is asked of the others from then on") {
  House house;

  house.submit("trace_block", R"(["0x1"])");
  house.channel(0).end(Outcome::kRpcError, R"({"code":-32601,"message":"Method not found"})");
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "[]");
  for (int i = 0; i < 4; ++i) {
    house.submit("trace_block", R"(["0x1"])");
    house.channel(1).end(Outcome::kResult, "[]");
  }
  CHECK(house.started(0) == 1);
  house.time.advance(6min);
  house.submit("trace_block", R"(["0x1"])");
  house.submit("trace_block", R"(["0x1"])");

  CHECK(house.started(0) == 2);
}

TEST_CASE("Dispatcher: A47 in a total outage extra attempts stay within the retry budget") {
  HouseOptions options;
  options.dispatcher.retry.budget_min = 2;
  options.dispatcher.retry.budget_percent = 10;
  options.health.breaker.failures_max = 1'000;
  House house(options);
  for (int i = 0; i < 100; ++i) {
    house.submit("eth_call");
  }

  for (size_t i = 0; i < 50; ++i) {
    house.channel(0).end_at(i, Outcome::kClosed, "", Sent::kMaybe);
    CHECK(house.dispatcher.extra_attempts() <= 10);
  }

  CHECK(house.started(1) == 50 + 10);
  CHECK(house.downstream.replies.empty());
}

TEST_CASE("Dispatcher: a retry that finds no room in the budget goes when there is some") {
  HouseOptions options;
  options.dispatcher.retry.budget_min = 1;
  options.dispatcher.retry.budget_percent = 0;
  House house(options);
  house.submit("eth_call");
  house.submit("eth_call");
  house.submit("eth_call");
  house.submit("eth_call");

  house.channel(0).end_at(0, Outcome::kClosed, "", Sent::kMaybe);
  house.channel(0).end_at(1, Outcome::kClosed, "", Sent::kMaybe);
  REQUIRE(house.started(1) == 3);
  house.channel(1).end(Outcome::kResult, "1");
  house.time.advance(0ms);

  CHECK(house.started(1) == 4);
}

TEST_CASE("Dispatcher: a retry after an attempt that sent nothing costs no budget") {
  HouseOptions options;
  options.dispatcher.retry.budget_min = 0;
  options.dispatcher.retry.budget_percent = 0;
  House house(options);

  house.submit("eth_call");
  house.channel(0).end(Outcome::kConnect, "", Sent::kNo);

  CHECK(house.started(1) == 1);
  CHECK(house.dispatcher.extra_attempts() == 0);
}

TEST_CASE("Dispatcher: with every breaker open the one that failed least recently is tried, once") {
  HouseOptions options;
  options.health.breaker.failures_max = 1;
  options.dispatcher.retry.budget_min = 0;
  options.dispatcher.retry.budget_percent = 0;
  House house(options);
  house.submit("eth_call");
  house.channel(0).end(Outcome::kConnect, "", Sent::kNo);
  house.time.advance(1s);
  house.channel(1).end(Outcome::kConnect, "", Sent::kNo);
  CHECK(house.observer.breakers == std::vector<std::string>{"alpha open", "beta open"});

  house.submit("eth_call");
  REQUIRE(house.started(0) == 2);
  house.channel(0).end(Outcome::kConnect, "", Sent::kNo);

  CHECK(house.started(1) == 1);
  CHECK(house.downstream.replies.size() == 2);
}

TEST_CASE("Dispatcher: eth_blockNumber never goes back to a head below one that was told") {
  House house;

  house.submit("eth_blockNumber");
  house.channel(0).end(Outcome::kResult, "\"0x64\"");
  house.submit("eth_blockNumber");
  house.channel(1).end(Outcome::kResult, "\"0x63\"");

  CHECK(house.answer() == "\"0x64\"");
}

TEST_CASE("Dispatcher: a call may be pinned to a provider, and goes to no other") {
  House house;
  Request request;
  request.session = 7;
  request.method = "eth_call";
  request.provider = "beta";

  house.dispatcher.submit(request);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kConnect, "", Sent::kNo);
  CHECK(house.started(0) == 0);
  CHECK(house.is_answered());
  request.provider = "nobody";
  house.dispatcher.submit(request);

  CHECK(house.last_error_has("chain ethereum has no provider named nobody"));
}

TEST_CASE("Dispatcher: an explained call answers with its steps and its result") {
  House house;
  Request request;
  request.session = 7;
  request.method = "eth_call";
  request.explain = true;

  house.dispatcher.submit(request);
  house.channel(0).end(Outcome::kClosed, "", Sent::kMaybe);
  house.channel(1).end(Outcome::kResult, "\"0xabc\"");

  CHECK_FALSE(house.downstream.replies[0].is_error);
  for (const std::string_view piece :
       {R"("chain":"ethereum","method":"eth_call")", R"("provider":"alpha","transport":"http")",
        R"("why":"chosen")", R"("why":"others_turn")", R"("why":"tried")",
        R"("provider":"alpha","outcome":"closed")", R"("kind":"retry","provider":"beta")",
        R"("result":"0xabc"})"}) {
    CAPTURE(piece);
    CHECK(house.answer().find(piece) != std::string::npos);
  }
}

}  // namespace sidecar::testing
