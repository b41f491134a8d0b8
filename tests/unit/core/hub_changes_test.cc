#include "core/hub.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"
#include "tests/unit/core/hub_house.h"

namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// All in one tier, with events.
struct Moving : HubHouse {
  explicit Moving(size_t providers) : HubHouse(std::vector<bool>(providers, true), {}, 0) {}

  /// Heads are live from the only provider that was asked; its newest block is 10, hash 0xaa.
  size_t begin_heads() {
    subscribe(1);
    const size_t lead = feeds[0]->opened.empty() ? 1 : 0;
    feeds[lead]->confirm();
    answer(lead, header(10, "aa", "99"));
    return lead;
  }
  void retire(size_t endpoint) {
    pool->retire(endpoint);
    hub->leave(*pool, endpoint);
    time.advance(1ms);
  }
};

}  // namespace

TEST_CASE("SubscriptionHub: a feed leaves a retired endpoint once another one has caught up") {
  Moving house(2);
  const size_t lead = house.begin_heads();
  const size_t other = 1 - lead;

  house.retire(lead);
  REQUIRE(house.feeds[other]->opened.size() == 1);
  CHECK(house.feeds[lead]->closed.empty());
  house.feeds[lead]->tell(header(11, "bb", "aa"));  // still heard
  house.feeds[other]->confirm();
  CHECK(house.pool->endpoint(lead).source_count == 1);
  house.channels[other]->end(Outcome::kResult, header(11, "bb", "aa"));
  house.feeds[other]->tell(header(12, "cc", "bb"));

  CHECK(house.feeds[lead]->closed.size() == 1);
  CHECK(house.pool->endpoint(lead).is_idle());
  CHECK(house.pool->endpoint(other).source_count == 1);
  CHECK(house.subscribers.take(1) == std::vector<std::string>{"at 0",
                                                              "1 live " + header(11, "bb", "aa"),
                                                              "2 live " + header(12, "cc", "bb")});
}

TEST_CASE("SubscriptionHub: a feed stays on a retired endpoint until there is another to go to") {
  Moving house(1);
  house.begin_heads();

  house.retire(0);
  house.time.advance(2s);
  CHECK(house.feeds[0]->closed.empty());
  const size_t added = house.pool->add(house.make_seed()).value();
  house.time.advance(600ms);
  REQUIRE(house.feeds[1]->opened.size() == 1);
  house.feeds[1]->confirm();
  house.channels[1]->end(Outcome::kResult, header(10, "aa", "99"));

  CHECK(added == 1);
  CHECK(house.feeds[0]->closed.size() == 1);
  CHECK(house.pool->endpoint(0).is_idle());
}

TEST_CASE("SubscriptionHub: a feed leaves a retired endpoint after a while though nobody follows") {
  Moving house(1);
  house.begin_heads();

  house.retire(0);
  house.time.advance(FeedSources::kRetiredMax + 1s);

  CHECK(house.feeds[0]->closed.size() == 1);
  CHECK(house.pool->endpoint(0).is_idle());
  CHECK(house.observer.sources.back() == "a retired");
}

TEST_CASE("SubscriptionHub: a subscription that is asked for of a retired endpoint is dropped") {
  Moving house(2);
  SubscribeRequest request;
  request.token = 1;
  request.method = "eth_subscribe";
  request.params = R"(["newHeads"])";
  house.hub->subscribe(request);
  const size_t asked = house.feeds[0]->opened.empty() ? 1 : 0;

  house.retire(asked);

  CHECK(house.feeds[asked]->closed.size() == 1);
  CHECK(house.feeds[1 - asked]->opened.size() == 1);
  CHECK(house.pool->endpoint(asked).is_idle());
}

TEST_CASE("SubscriptionHub: a feed whose replacement is retired too goes to the third") {
  Moving house(3);
  const size_t lead = house.begin_heads();
  house.retire(lead);
  size_t second = lead == 0 ? 1 : 0;
  second = house.feeds[second]->opened.empty() ? second + 1 : second;
  REQUIRE(house.feeds[second]->opened.size() == 1);

  house.retire(second);
  house.time.advance(600ms);
  const size_t third = 3 - lead - second;

  REQUIRE(house.feeds[third]->opened.size() == 1);
  house.feeds[third]->confirm();
  house.channels[third]->end(Outcome::kResult, header(10, "aa", "99"));
  CHECK(house.pool->endpoint(lead).is_idle());
  CHECK(house.pool->endpoint(second).is_idle());
  CHECK(house.feeds[lead]->closed.size() == 1);
  CHECK(house.feeds[second]->closed.size() == 1);
}

TEST_CASE("SubscriptionHub: the end of the house lets go of every source") {
  Moving house(2);
  house.begin_heads();

  house.hub.reset();

  CHECK(house.pool->endpoint(0).is_idle());
  CHECK(house.pool->endpoint(1).is_idle());
}

}  // namespace sidecar::testing
