#include <doctest/doctest.h>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMissing = R"({"code":-32000,"message":"header not found"})";

}  // namespace

// Found by the simulation: with attempts_max 2 the same two were asked in each round.
TEST_CASE("Dispatcher: a new round begins with those that the last one did not come to") {
  HouseOptions options;
  options.endpoints.push_back(HouseOptions::seed("gamma", 2));
  options.dispatcher.retry.attempts_max = 2;
  House house(options);
  house.submit("eth_call");
  house.channel(0).end(Outcome::kRpcError, kMissing);
  house.channel(1).end(Outcome::kRpcError, kMissing);
  REQUIRE(house.started(2) == 0);

  house.time.advance(501ms);
  REQUIRE(house.started(2) == 1);
  house.channel(2).end(Outcome::kResult, "\"0x1\"");

  CHECK(house.answer() == "\"0x1\"");
  CHECK(house.started(0) + house.started(1) == 2);
}

TEST_CASE("Dispatcher: when all have been asked a new round asks all again") {
  HouseOptions options;
  House house(options);
  house.submit("eth_call");
  house.channel(0).end(Outcome::kRpcError, kMissing);
  house.channel(1).end(Outcome::kRpcError, kMissing);

  house.time.advance(501ms);

  CHECK(house.started(0) + house.started(1) == 3);
}

}  // namespace sidecar::testing
