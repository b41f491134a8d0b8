// Of core/hub.h: where a feed's events come from, and what is told when a source is lost.
#include "core/hub.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/core/hub_house.h"

namespace sidecar::testing {

TEST_CASE("SubscriptionHub: a lost source is replaced and what was missed is filled by parents") {
  HubHouse house;
  house.begin_heads();
  house.feeds[0]->tell(header(11, "bb", "aa"));
  house.subscribers.take(1);

  house.feeds[0]->lose();
  REQUIRE(house.feeds[1]->opened.size() == 1);
  house.feeds[1]->confirm();
  house.feeds[1]->tell(header(14, "ee", "dd"));  // live while the stretch is filled
  house.answer(1, header(13, "dd", "cc"));
  CHECK(house.asked(1).find("\"0xcc\"") != std::string::npos);
  house.answer(1, header(12, "cc", "bb"));

  CHECK(joined(house.subscribers.take(1)) ==
        joined({"2 late " + header(12, "cc", "bb"), "3 late " + header(13, "dd", "cc"),
                "4 live " + header(14, "ee", "dd")}));
}

TEST_CASE("SubscriptionHub: F09 a reorganisation during the gap gives the new branch in order") {
  HubHouse house;
  house.begin_heads();
  house.feeds[0]->tell(header(11, "bb", "aa"));
  house.feeds[0]->tell(header(12, "cc", "bb"));
  house.subscribers.take(1);

  house.feeds[0]->lose();
  house.feeds[1]->confirm();
  house.answer(1, header(13, "d2", "c2"));
  house.answer(1, header(12, "c2", "bb"));

  CHECK(joined(house.subscribers.take(1)) ==
        joined({"3 late " + header(12, "c2", "bb"), "4 late " + header(13, "d2", "c2")}));
}

TEST_CASE("SubscriptionHub: F07 a provider that does not answer is left for the next one") {
  HubHouse house({true, true, true});
  house.begin_heads();
  house.feeds[0]->lose();
  house.feeds[1]->confirm();

  house.time.advance(Millis(2'000));

  CHECK(house.feeds[1]->closed.size() == 1);
  REQUIRE(house.feeds[2]->opened.size() == 1);
  house.feeds[2]->confirm();
  house.answer(2, header(11, "bb", "aa"));
  CHECK(joined(house.subscribers.take(1)) == joined({"at 0", "1 late " + header(11, "bb", "aa")}));
}

TEST_CASE("SubscriptionHub: F05 what is too long to fill is one gap, and heads go on after it") {
  HubHouse house;
  house.begin_heads();
  house.subscribers.take(1);

  house.feeds[0]->lose();
  house.feeds[1]->confirm();
  house.answer(1, header(300, "ff", "fe"));

  CHECK(joined(house.subscribers.take(1)) ==
        joined({R"(1 gap {"reason":"fill_limit","from_block":"0xb","to_block":"0x12b"})",
                "2 late " + header(300, "ff", "fe")}));
}

TEST_CASE("SubscriptionHub: B13 who refuses is left for another; refused by all is said at once") {
  HubHouse house;
  house.subscribe(1);

  house.feeds[0]->lose(Outcome::kRpcError, R"({"code":-32601,"message":"no"})");
  REQUIRE(house.feeds[1]->opened.size() == 1);
  CHECK(house.subscribers.got.empty());
  house.feeds[1]->lose(Outcome::kRpcError, R"({"code":-32601,"message":"no such"})");
  // Heads can be polled for.
  house.time.advance(Millis(1));

  CHECK(house.asked(0).find("eth_getBlockByNumber") != std::string::npos);
}

TEST_CASE(
    "SubscriptionHub: a kind that cannot be polled is refused with the provider's own error") {
  HubHouse house;
  house.subscribe(1, R"(["newPendingTransactions",true])");

  house.feeds[0]->lose(Outcome::kRpcError, R"({"code":-32601,"message":"no"})");
  house.feeds[1]->lose(Outcome::kRpcError, R"({"code":-32601,"message":"not here"})");

  CHECK(joined(house.subscribers.take(1)) ==
        joined({R"(lost {"code":-32601,"message":"not here"})"}));
  CHECK(house.hub->subscription_count() == 0);
}

TEST_CASE("SubscriptionHub: what no provider could ever tell is refused at once") {
  HubHouse house({false});

  CHECK(house.subscribe(1, R"(["newPendingTransactions",true])") == 0);

  CHECK(house.subscribers.take(1).at(0).find("NO_UPSTREAM") != std::string::npos);
  CHECK(house.hub->feed_count() == 0);
}

TEST_CASE("SubscriptionHub: nobody live in time is NO_UPSTREAM") {
  HubHouse house;
  house.subscribe(1);

  house.time.advance(Millis(10'000));

  const auto texts = house.subscribers.take(1);
  REQUIRE(texts.size() == 1);
  CHECK(texts[0].find("NO_UPSTREAM") != std::string::npos);
}

TEST_CASE("SubscriptionHub: a provider without events is polled, with the same events") {
  HubHouse house({false});
  house.subscribe(1);
  house.time.advance(Millis(1));

  house.answer(0, header(10, "aa", "99"));
  house.time.advance(Millis(13'000));
  house.answer(0, header(12, "cc", "bb"));
  house.answer(0, header(11, "bb", "aa"));

  CHECK(joined(house.subscribers.take(1)) ==
        joined({"at 0", "1 late " + header(11, "bb", "aa"), "2 late " + header(12, "cc", "bb")}));
}

TEST_CASE("SubscriptionHub: a silent source that has news is replaced before it is let go") {
  HubHouse house;
  house.begin_heads();
  house.subscribers.take(1);

  house.time.advance(Millis(36'001));  // three block times
  house.answer(0, header(11, "bb", "aa"));
  house.time.advance(Millis(1));

  CHECK(joined(house.subscribers.take(1)) == joined({"1 late " + header(11, "bb", "aa")}));
  REQUIRE(house.feeds[1]->opened.size() == 1);
  CHECK(house.feeds[0]->closed.empty());
  house.feeds[1]->confirm();
  house.answer(1, header(11, "bb", "aa"));
  CHECK(house.feeds[0]->closed.size() == 1);
}

TEST_CASE("SubscriptionHub: a chain that stands still costs a question, and no source") {
  HubHouse house;
  house.begin_heads();

  house.time.advance(Millis(36'001));
  house.answer(0, header(10, "aa", "99"));
  house.time.advance(Millis(1));

  CHECK(house.feeds[1]->opened.empty());
  CHECK(house.feeds[0]->closed.empty());
}

TEST_CASE("SubscriptionHub: a better tier is gone back to, make before break") {
  HubHouse house;
  house.subscribe(1);
  house.feeds[0]->lose();
  house.feeds[1]->confirm();
  house.answer(1, header(10, "aa", "99"));
  house.subscribers.take(1);

  house.time.advance(Millis(6'000));
  REQUIRE(house.feeds[0]->opened.size() == 2);
  house.feeds[1]->tell(header(11, "bb", "aa"));
  house.feeds[0]->confirm();
  house.feeds[0]->tell(header(11, "bb", "aa"));
  house.answer(0, header(11, "bb", "aa"));

  CHECK(joined(house.subscribers.take(1)) == joined({"1 live " + header(11, "bb", "aa")}));
  CHECK(house.feeds[1]->closed.size() == 1);
}

TEST_CASE("SubscriptionHub: two sources race, and each event comes once") {
  FeedOptions options;
  options.sources = 2;
  HubHouse house({true, true}, options);
  house.begin_heads();
  house.feeds[1]->confirm();
  house.answer(1, header(10, "aa", "99"));
  house.subscribers.take(1);

  house.feeds[1]->tell(header(11, "bb", "aa"));
  house.feeds[0]->tell(header(11, "bb", "aa"));
  house.feeds[0]->tell(header(12, "cc", "bb"));
  house.feeds[1]->tell(header(12, "cc", "bb"));
  house.feeds[0]->lose();

  CHECK(joined(house.subscribers.take(1)) ==
        joined({"1 live " + header(11, "bb", "aa"), "2 live " + header(12, "cc", "bb")}));
}

}  // namespace sidecar::testing
