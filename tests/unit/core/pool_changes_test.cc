#include "core/pool.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/prober.h"
#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// Two providers, and room for channels that come later.
struct Changing : House {
  explicit Changing(HouseOptions options = {}) : House(std::move(options)) {}

  EndpointSeed newcomer(const std::string& name, uint32_t tier = 1) {
    EndpointSeed one = HouseOptions::seed(name, tier);
    one.port = &later;
    return one;
  }
  CallNeed need(std::string_view method = "eth_call") const {
    CallNeed one;
    one.method = method;
    one.row = &method_row(method);
    return one;
  }
  std::optional<size_t> chosen() { return ethereum.choose(need(), {}, &why).endpoint; }

  FakeChannel later;
  std::vector<PassedOver> why;
};

}  // namespace

TEST_CASE(
    "Pool: a retired endpoint is never chosen, and what is under way on it ends as it would") {
  Changing house;
  house.submit("eth_call");  // goes to alpha
  REQUIRE(house.started(0) == 1);

  house.ethereum.retire(0);

  CHECK(house.ethereum.endpoint(0).is_retired());
  CHECK_FALSE(house.ethereum.endpoint(0).is_idle());
  for (int i = 0; i < 4; ++i) {
    CHECK(house.chosen() == 1u);
  }
  CHECK(house.why[0] == PassedOver::kRetired);
  house.channel(0).end(Outcome::kResult, "\"0x1\"");
  CHECK(house.answer() == "\"0x1\"");
  CHECK(house.ethereum.endpoint(0).is_idle());
  CHECK(house.channel(0).cancelled.empty());
}

TEST_CASE("Pool: a call that fails on a retired endpoint goes on at another") {
  Changing house;
  house.submit("eth_call");
  house.ethereum.retire(0);

  house.channel(0).end(Outcome::kClosed, "", Sent::kMaybe);
  REQUIRE(house.started(1) == 1);
  house.channel(1).end(Outcome::kResult, "\"0x2\"");

  CHECK(house.answer() == "\"0x2\"");
}

TEST_CASE("Pool: a retired endpoint is no last resort") {
  Changing house;

  house.ethereum.retire(0);
  house.ethereum.retire(1);

  CHECK_FALSE(house.chosen().has_value());
  house.submit("eth_call");
  CHECK(house.last_error_has("NO_UPSTREAM"));
}

TEST_CASE("Pool: an endpoint that is added takes its turns, under an index of its own") {
  Changing house;

  house.ethereum.retire(0);
  const auto added = house.ethereum.add(house.newcomer("alpha"));

  REQUIRE(added.has_value());
  CHECK(added.value() == 2);
  std::vector<size_t> turns;
  for (int i = 0; i < 4; ++i) {
    turns.push_back(house.chosen().value());
  }
  CHECK(std::count(turns.begin(), turns.end(), 1u) == 2);
  CHECK(std::count(turns.begin(), turns.end(), 2u) == 2);
  CHECK(house.ethereum.name_of(2).provider == "alpha");
  CHECK(house.ethereum.name_of(2).index == 2);
}

TEST_CASE("Pool: an endpoint that comes back under its provider's name finds what was spent") {
  HouseOptions options;
  options.endpoints[0].terms.budget.per_day = 10;
  Changing house(options);
  for (int i = 0; i < 4; ++i) {
    house.ethereum.on_started(0, "eth_call");
    house.ethereum.on_ended(0, AttemptEnd{});
  }

  house.ethereum.retire(0);
  EndpointSeed seed = house.newcomer("alpha");
  seed.terms.budget.per_day = 10;
  const size_t added = house.ethereum.add(seed).value();

  CHECK(house.ethereum.budget_left(added).day == 6u);
}

TEST_CASE("Pool: terms change in place, and what was spent counts against them") {
  HouseOptions options;
  options.endpoints[0].terms.budget.per_day = 10;
  Changing house(options);
  for (int i = 0; i < 4; ++i) {
    house.ethereum.on_started(0, "eth_call");
    house.ethereum.on_ended(0, AttemptEnd{});
  }

  TermsOptions terms;
  terms.budget.per_day = 100;
  terms.methods.deny = {"eth_getLogs"};
  terms.price = 7;
  house.ethereum.set_terms("alpha", terms);

  CHECK(house.ethereum.budget_left(0).day == 96u);
  CHECK(house.ethereum.provider_of(0).terms.price == 7);
  house.ethereum.choose(house.need("eth_getLogs"), {}, &house.why);
  CHECK(house.why[0] == PassedOver::kMethodDenied);
}

TEST_CASE("Pool: weight and tier change in place, and the balancer follows") {
  HouseOptions options;
  options.pool.strategy = Strategy::kPriorityWeighted;
  Changing house(options);
  const auto share_of_beta = [&house]() {
    int turns = 0;
    for (int i = 0; i < 100; ++i) {
      turns += house.chosen() == 1u ? 1 : 0;
    }
    return turns;
  };
  REQUIRE(share_of_beta() == 50);

  EndpointSeed heavier = HouseOptions::seed("beta");
  heavier.weight = 300;
  house.ethereum.set_share(1, heavier);
  const int after = share_of_beta();

  CHECK(after >= 73);
  CHECK(after <= 77);
  heavier.tier = 2;
  house.ethereum.set_share(1, heavier);
  CHECK(share_of_beta() == 0);
}

TEST_CASE("Pool: another strategy takes over with the next choice") {
  Changing house;  // round robin

  PoolOptions options = house.ethereum.options();
  options.strategy = Strategy::kLowestCost;
  TermsOptions dear;
  dear.price = 9;
  house.ethereum.set_terms("alpha", dear);
  house.ethereum.set_options(options, house.ethereum.health_options());

  for (int i = 0; i < 3; ++i) {
    CHECK(house.chosen() == 1u);
  }
}

TEST_CASE("Pool: the head of a retired endpoint counts no more") {
  Changing house;
  house.ethereum.on_head(0, 1'000, "", true);
  house.ethereum.on_head(1, 900, "", true);

  house.ethereum.retire(0);
  house.ethereum.on_head(0, 1'001, "", true);  // of an answer that was under way
  house.ethereum.on_head(1, 901, "", true);

  CHECK(house.ethereum.heads().pool_head() == 901u);
}

TEST_CASE("Pool: more endpoints than it keeps are refused") {
  Changing house;
  for (size_t i = house.ethereum.size(); i < Pool::kEndpointsMax; ++i) {
    REQUIRE(house.ethereum.add(house.newcomer("alpha")).has_value());
  }

  const auto refused = house.ethereum.add(house.newcomer("alpha"));

  CHECK_FALSE(refused.has_value());
  CHECK(house.ethereum.size() == Pool::kEndpointsMax);
}

TEST_CASE("Dispatcher: a filter of a retired endpoint is not found, so that workers make another") {
  HouseOptions options;
  options.endpoints = {HouseOptions::seed("alpha")};
  Changing house(options);
  house.submit("eth_newBlockFilter");
  house.channel(0).end(Outcome::kResult, "\"0x5\"");
  const std::string id = house.answer();

  house.ethereum.retire(0);
  house.submit("eth_getFilterChanges", "[" + id + "]");

  CHECK(house.last_error_has("filter not found"));
  CHECK(house.started(0) == 1);
}

TEST_CASE(
    "Dispatcher: a call whose provider was replaced waits until the new one's chain is checked") {
  HouseOptions options;
  options.endpoints = {HouseOptions::seed("alpha")};
  options.health.probe.is_on = true;
  Changing house(options);
  house.ethereum.on_health_event(0, HealthEvent::kRightChain);
  house.submit("eth_call");
  REQUIRE(house.started(0) == 1);

  house.ethereum.retire(0);
  const size_t added = house.ethereum.add(house.newcomer("alpha")).value();
  house.channel(0).end(Outcome::kClosed, "", Sent::kMaybe);
  CHECK_FALSE(house.is_answered());
  house.ethereum.on_health_event(added, HealthEvent::kRightChain);
  house.time.advance(1ms);

  REQUIRE(house.later.started.size() == 1);
  house.later.end(Outcome::kResult, "\"0x3\"");
  CHECK(house.answer() == "\"0x3\"");
}

TEST_CASE("Dispatcher: limits and retries change for calls under way") {
  Changing house;
  house.submit("eth_call");
  DispatcherOptions options;
  options.hedge.is_on = false;
  options.retry.attempts_max = 1;
  options.calls_in_flight_max = 1;

  house.dispatcher.set_options(options);

  house.submit("eth_call");
  CHECK(house.last_error_has("OVERLOADED"));
  house.channel(0).end(Outcome::kClosed);
  CHECK(house.downstream.replies.size() == 2);
  CHECK(house.started(1) == 0);
}

TEST_CASE("Prober: a new endpoint is asked at once and a retired one is let go") {
  HouseOptions options;
  options.health.probe.is_on = true;
  Changing house(options);
  Prober prober(options.health.probe, house.time, {&house.ethereum}, 1);
  prober.start();
  house.time.advance(1ms);
  REQUIRE(house.started(0) == 1);
  REQUIRE(house.ethereum.endpoint(0).inflight_count == 1);

  house.ethereum.retire(0);
  prober.remove(house.ethereum, 0);
  const size_t added = house.ethereum.add(house.newcomer("gamma")).value();
  prober.add(house.ethereum, added);
  house.time.advance(1ms);

  CHECK(house.channel(0).cancelled.size() == 1);
  CHECK(house.ethereum.endpoint(0).is_idle());
  CHECK(house.later.started.size() == 1);
  house.time.advance(60s);
  CHECK(house.started(0) == 1);
}

}  // namespace sidecar::testing
