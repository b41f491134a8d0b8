#include "core/dispatcher.h"

#include <doctest/doctest.h>

#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("Dispatcher: a hedge that finds no room in the budget goes when there is some") {
  HouseOptions options;
  options.dispatcher.hedge.is_on = true;
  options.dispatcher.hedge.delay_cold = 500ms;
  options.dispatcher.hedge.delay_min = 100ms;
  options.dispatcher.retry.budget_min = 1;
  options.dispatcher.retry.budget_percent = 0;
  options.endpoints[1].tier = 2;
  House house(options);
  house.submit("eth_call");
  house.submit("eth_call");
  house.time.advance(500ms);
  REQUIRE(house.started(1) == 1);

  house.time.advance(100ms);
  CHECK(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "1");
  house.time.advance(50ms);
  REQUIRE(house.started(1) == 2);
  house.channel(1).end(Outcome::kResult, "2");

  CHECK(house.downstream.replies.size() == 2);
  CHECK(house.dispatcher.extra_attempts() == 0);
}

}  // namespace sidecar::testing
