#include "core/hub.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/core/hub_house.h"

namespace sidecar::testing {

TEST_CASE("SubscriptionHub: two racing first subscribers open one upstream subscription") {
  HubHouse house;

  house.subscribe(1);
  house.subscribe(2);

  CHECK(house.feeds[0]->opened.size() == 1);
  CHECK(house.feeds[0]->opened[0].params == R"(["newHeads"])");
  CHECK(house.subscribers.got.empty());
}

TEST_CASE("SubscriptionHub: the answer comes once a source is live, then its events to all") {
  HubHouse house;
  house.subscribe(1);
  house.subscribe(2);

  house.feeds[0]->confirm();
  house.feeds[0]->tell(header(11, "bb", "aa"));  // before it is known what came last
  CHECK(house.subscribers.got.empty());
  house.answer(0, header(10, "aa", "99"));

  const std::string expected = joined({"at 0", "1 live " + header(11, "bb", "aa")});
  CHECK(joined(house.subscribers.take(1)) == expected);
  CHECK(joined(house.subscribers.take(2)) == expected);
}

TEST_CASE("SubscriptionHub: a later subscriber joins the live feed at its place") {
  HubHouse house;
  house.begin_heads();
  house.feeds[0]->tell(header(11, "bb", "aa"));

  house.subscribe(2);
  house.feeds[0]->tell(header(12, "cc", "bb"));

  CHECK(joined(house.subscribers.take(2)) == joined({"at 1", "2 live " + header(12, "cc", "bb")}));
  CHECK(house.feeds[0]->opened.size() == 1);
}

TEST_CASE("SubscriptionHub: a gap ends a strict subscription and no other") {
  HubHouse house;
  house.begin_heads();
  house.subscribe(2, R"(["newHeads"])", Continuity::kStrict);
  house.subscribers.got.clear();

  house.feeds[0]->lose();
  house.feeds[1]->confirm();
  house.answer(1, header(300, "ff", "fe"));

  const auto strict = house.subscribers.take(2);
  REQUIRE(strict.size() == 1);
  CHECK(strict[0].find("SUB_GAP") != std::string::npos);
  CHECK(house.subscribers.take(1).size() == 2);
  CHECK(house.hub->subscription_count() == 1);
}

TEST_CASE("SubscriptionHub: the last to leave closes the feed after the grace time") {
  HubHouse house;
  const SubscriptionId first = house.subscribe(1);
  house.feeds[0]->confirm();
  house.answer(0, header(10, "aa", "99"));

  house.hub->unsubscribe(first);
  house.time.advance(Millis(9'999));
  CHECK(house.hub->feed_count() == 1);
  CHECK(house.feeds[0]->closed.empty());
  house.time.advance(Millis(2));

  CHECK(house.hub->feed_count() == 0);
  CHECK(house.feeds[0]->closed.size() == 1);
}

TEST_CASE("SubscriptionHub: who left before the source was live leaves nothing behind") {
  HubHouse house;
  const SubscriptionId first = house.subscribe(1);

  house.hub->unsubscribe(first);
  house.feeds[0]->confirm();
  house.time.advance(Millis(10'001));

  CHECK(house.hub->feed_count() == 0);
  CHECK(house.feeds[0]->closed.size() == 1);
  CHECK(house.subscribers.got.empty());
}

TEST_CASE("SubscriptionHub: a worker resumes after the last event it has, on a later turn") {
  HubHouse house;
  house.begin_heads();
  house.feeds[0]->tell(header(11, "bb", "aa"));
  house.feeds[0]->tell(header(12, "cc", "bb"));

  house.resume(2, {house.subscribers.epoch, 1});
  CHECK(joined(house.subscribers.take(2)) == joined({"at 1"}));
  house.feeds[0]->tell(header(13, "dd", "cc"));
  house.time.advance(Millis(1));

  CHECK(joined(house.subscribers.take(2)) ==
        joined({"2 late " + header(12, "cc", "bb"), "3 late " + header(13, "dd", "cc")}));
}

TEST_CASE("SubscriptionHub: resuming where nothing is kept is one gap") {
  HubHouse house;
  house.begin_heads();
  house.feeds[0]->tell(header(11, "bb", "aa"));

  house.resume(2, {house.subscribers.epoch + 1, 1});
  house.time.advance(Millis(1));
  house.feeds[0]->tell(header(12, "cc", "bb"));

  CHECK(joined(house.subscribers.take(2)) ==
        joined({"at 1", R"(1 gap {"reason":"resume"})", "2 live " + header(12, "cc", "bb")}));
}

TEST_CASE("SubscriptionHub: limits and nonsense are refused with their names") {
  FeedOptions options;
  options.subscriptions_max = 1;
  HubHouse house({true}, options);

  CHECK(house.subscribe(1, R"(["nonsense"])") == 0);
  CHECK(house.subscribe(2, R"(["newHeads"])") != 0);
  CHECK(house.subscribe(3, R"(["newHeads"])") == 0);

  CHECK(house.subscribers.take(1).at(0).find("-32601") != std::string::npos);
  CHECK(house.subscribers.take(3).at(0).find("OVERLOADED") != std::string::npos);
  CHECK(house.observer.limits["subscriptions_max"] == 1);
}

}  // namespace sidecar::testing
