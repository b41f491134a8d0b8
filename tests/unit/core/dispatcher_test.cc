#include "core/dispatcher.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("Dispatcher: a result goes back to the session and token that asked, unchanged") {
  House house;

  house.submit("eth_call", R"([{"to":"0x1"},"latest"])");
  CHECK(house.started(0) == 1);
  CHECK(house.channel(0).started[0].tail ==
        R"("method":"eth_call","params":[{"to":"0x1"},"latest"]})");
  house.channel(0).end(Outcome::kResult, R"({ "x" : 20.0 })");

  REQUIRE(house.downstream.replies.size() == 1);
  CHECK(house.downstream.replies[0].session == 7);
  CHECK(house.downstream.replies[0].token == 1);
  CHECK(house.downstream.replies[0].body == R"({ "x" : 20.0 })");
  CHECK(house.dispatcher.calls_in_flight() == 0);
}

TEST_CASE("Dispatcher: calls go round robin over the providers of a chain") {
  House house;

  for (int i = 0; i < 4; ++i) {
    house.submit("eth_blockNumber");
  }

  CHECK(house.started(0) == 2);
  CHECK(house.started(1) == 2);
}

TEST_CASE("Dispatcher: chain 0 is the default chain of the method's family") {
  House house;

  house.submit("getSlot");
  house.submit("eth_chainId");
  house.submit("made_up");

  CHECK(house.gamma.started.size() == 1);
  CHECK(house.started(0) + house.started(1) == 2);
}

TEST_CASE("Dispatcher: an unknown chain number is refused by name") {
  House house;
  Request request;
  request.session = 7;
  request.chain = 9;
  request.method = "eth_chainId";

  CHECK(house.dispatcher.submit(request) == 0);

  CHECK(house.last_error_has("BAD_REQUEST"));
}

TEST_CASE("Dispatcher: what another provider may mend is tried there at once") {
  struct Row {
    Outcome outcome;
    Sent sent;
  };
  for (const Row row : {Row{Outcome::kConnect, Sent::kNo}, Row{Outcome::kClosed, Sent::kMaybe},
                        Row{Outcome::kBadJson, Sent::kYes}, Row{Outcome::kHttpStatus, Sent::kYes},
                        Row{Outcome::kRateLimited, Sent::kYes}, Row{Outcome::kTls, Sent::kNo}}) {
    CAPTURE(outcome_name(row.outcome));
    House house;

    house.submit("eth_getBalance");
    house.channel(0).end(row.outcome, "", row.sent);
    REQUIRE(house.started(1) == 1);
    house.channel(1).end(Outcome::kResult, "\"0x1\"");

    REQUIRE(house.downstream.replies.size() == 1);
    CHECK(house.downstream.replies[0].body == "\"0x1\"");
  }
}

TEST_CASE("Dispatcher: an UNSAFE call is never sent again once a byte may have left") {
  House house;

  house.submit("eth_sendTransaction");
  CHECK_FALSE(house.channel(0).started[0].may_resend);
  house.channel(0).end(Outcome::kClosed, "", Sent::kMaybe);

  CHECK(house.started(1) == 0);
  CHECK(house.last_error_has("UPSTREAM_CLOSED"));
  CHECK(house.last_error_has(R"("sent":"maybe")"));
  CHECK(house.last_error_has(R"("code":-32000)"));
}

TEST_CASE("Dispatcher: an UNSAFE call that surely was not sent goes to the next provider") {
  House house;

  house.submit("eth_sendTransaction");
  house.channel(0).end(Outcome::kConnect, "", Sent::kNo);

  CHECK(house.started(1) == 1);
}

TEST_CASE("Dispatcher: A01 all refuse, NO_UPSTREAM lists each reason") {
  House house;

  house.submit("eth_chainId");
  house.channel(0).end(Outcome::kConnect, "", Sent::kNo);
  house.channel(1).end(Outcome::kConnect, "", Sent::kNo);

  CHECK(house.last_error_has("NO_UPSTREAM"));
  CHECK(house.last_error_has(
      R"("tried":[{"provider":"alpha","outcome":"connect"},{"provider":"beta","outcome":"connect"}])"));
  CHECK(house.last_error_has(R"("sent":"no")"));
}

TEST_CASE("Dispatcher: each outcome has its error name") {
  const std::vector<std::pair<Outcome, std::string>> rows{
      {Outcome::kConnect, "NO_UPSTREAM"},
      {Outcome::kTls, "UPSTREAM_TLS"},
      {Outcome::kTimeout, "UPSTREAM_TIMEOUT"},
      {Outcome::kClosed, "UPSTREAM_CLOSED"},
      {Outcome::kProtocol, "UPSTREAM_PROTOCOL"},
      {Outcome::kHttpStatus, "UPSTREAM_HTTP_STATUS"},
      {Outcome::kRateLimited, "UPSTREAM_RATE_LIMITED"},
      {Outcome::kBadJson, "UPSTREAM_BAD_JSON"},
      {Outcome::kTooLarge, "UPSTREAM_TOO_LARGE"},
      {Outcome::kBusy, "OVERLOADED"}};
  for (const auto& row : rows) {
    CAPTURE(row.second);
    const auto& [outcome, name] = row;
    HouseOptions options;
    options.dispatcher.retry.attempts_max = 1;
    House house(options);

    house.submit("getSlot");
    house.gamma.end(outcome, "", Sent::kNo, 503);

    CHECK(house.last_error_has("\"name\":\"" + name + "\""));
  }
}

TEST_CASE("Dispatcher: a provider's JSON-RPC error is passed on verbatim and not retried") {
  House house;

  house.submit("eth_call");
  house.channel(0).end(Outcome::kRpcError,
                       R"({"code":3,"message":"execution reverted","data":"0x08"})");

  CHECK(house.started(1) == 0);
  CHECK(house.downstream.replies[0].body ==
        R"({"code":3,"message":"execution reverted","data":"0x08"})");
}

TEST_CASE("Dispatcher: A04 a silent provider is left at its timeout and the next one asked") {
  House house;

  house.submit("eth_chainId");
  house.time.advance(5s);

  CHECK(house.channel(0).cancelled.size() == 1);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "\"0x1\"");
  CHECK(house.downstream.replies.size() == 1);
  CHECK_FALSE(house.downstream.replies[0].is_error);
}

TEST_CASE("Dispatcher: the worker's deadline ends the call whatever is under way") {
  House house;
  Request request;
  request.session = 7;
  request.token = 1;
  request.method = "eth_chainId";
  request.deadline = 200ms;

  house.dispatcher.submit(request);
  house.time.advance(200ms);

  CHECK(house.last_error_has("UPSTREAM_TIMEOUT"));
  CHECK(house.started(1) == 0);
  CHECK(house.dispatcher.calls_in_flight() == 0);
}

TEST_CASE("Dispatcher: attempts_max bounds the tries of one call") {
  HouseOptions options;
  options.dispatcher.retry.attempts_max = 1;
  House house(options);

  house.submit("eth_chainId");
  house.channel(0).end(Outcome::kClosed, "", Sent::kYes);

  CHECK(house.started(1) == 0);
  CHECK(house.downstream.replies.size() == 1);
}

TEST_CASE("Dispatcher: a cancelled call ends its attempt and gets no reply") {
  House house;

  const CallId call = house.submit("eth_chainId");
  house.dispatcher.cancel(call);
  house.time.advance(60s);

  CHECK(house.channel(0).cancelled.size() == 1);
  CHECK(house.downstream.replies.empty());
  CHECK(house.dispatcher.calls_in_flight() == 0);
}

TEST_CASE("Dispatcher: over calls_in_flight_max a call is refused and counted") {
  HouseOptions options;
  options.dispatcher.calls_in_flight_max = 1;
  House house(options);

  house.submit("eth_chainId");
  CHECK(house.submit("eth_chainId") == 0);

  CHECK(house.last_error_has("OVERLOADED"));
  CHECK(house.observer.limits["calls_in_flight_max"] == 1);
  house.channel(0).end(Outcome::kResult, "1");
  CHECK(house.submit("eth_chainId") != 0);
}

TEST_CASE("Dispatcher: a long result streams, and its backpressure reaches the channel and back") {
  House house;
  house.downstream.flow = Flow::kFull;

  const CallId call = house.submit("eth_getLogs");
  CHECK(house.channel(0).part("[1,") == Flow::kFull);
  house.dispatcher.resume(call);
  CHECK(house.channel(0).resumed.size() == 1);
  house.channel(0).end(Outcome::kResult, "2]");

  CHECK(house.downstream.parts == std::vector<std::string>{"[1,"});
  CHECK(house.downstream.replies[0].body == "2]");
}

TEST_CASE("Dispatcher: A13 after parts are with the worker there is no other try") {
  House house;

  house.submit("eth_getLogs");
  house.channel(0).part("[1,");
  house.channel(0).end(Outcome::kClosed, "", Sent::kYes);

  CHECK(house.started(1) == 0);
  CHECK(house.last_error_has("UPSTREAM_CLOSED"));
}

TEST_CASE("Dispatcher: a result being streamed is bounded by the call, not by the attempt") {
  House house;

  house.submit("eth_getLogs");
  house.channel(0).part("[1,");
  house.time.advance(6s);
  CHECK(house.channel(0).cancelled.empty());
  house.time.advance(25s);

  CHECK(house.channel(0).cancelled.size() == 1);
  CHECK(house.last_error_has("UPSTREAM_TIMEOUT"));
}

TEST_CASE("Dispatcher: F17 a filter's later calls go to the provider that made it") {
  House house;

  house.submit("eth_newBlockFilter");
  house.channel(0).end(Outcome::kResult, "\"0x1\"");
  const std::string ours = house.downstream.replies[0].body;
  CHECK(ours != "\"0x1\"");
  for (int i = 0; i < 3; ++i) {
    house.submit("eth_getFilterChanges", "[" + ours + "]");
    REQUIRE(house.channel(0).started.back().tail ==
            R"("method":"eth_getFilterChanges","params":["0x1"]})");
    house.channel(0).end(Outcome::kResult, "[]");
  }

  CHECK(house.started(1) == 0);
}

TEST_CASE("Dispatcher: F17 an unknown or removed filter is not found, not misrouted") {
  House house;

  house.submit("eth_getFilterChanges", R"(["0x1"])");
  CHECK(house.last_error_has("filter not found"));
  house.submit("eth_newFilter", "[{}]");
  house.channel(0).end(Outcome::kResult, "\"0x1\"");
  const std::string ours = house.downstream.replies.back().body;
  house.submit("eth_uninstallFilter", "[" + ours + "]");
  house.channel(0).end(Outcome::kResult, "true");
  house.submit("eth_getFilterChanges", "[" + ours + "]");

  CHECK(house.last_error_has("filter not found"));
  CHECK(house.started(1) == 0);
}

TEST_CASE(
    "Dispatcher: subscriptions are refused, so that no upstream feed is left without an owner") {
  House house;

  CHECK(house.submit("eth_subscribe", R"(["newHeads"])") == 0);

  CHECK(house.last_error_has("-32601"));
  CHECK(house.started(0) == 0);
}

}  // namespace sidecar::testing
