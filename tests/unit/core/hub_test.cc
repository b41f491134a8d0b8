#include "core/hub.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "rpc/byte_text.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

/// Lines, so that a failed comparison can be read.
std::string joined(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) {
    lines += text + "\n";
  }
  return lines;
}

std::string header(int number, const std::string& hash, const std::string& parent) {
  return "{\"number\":\"" + to_quantity(static_cast<Wide>(number)) + "\",\"hash\":\"0x" + hash +
         "\",\"parentHash\":\"0x" + parent + "\"}";
}

/// A hub over one evm chain whose providers carry events, and one that only answers calls.
struct HubHouse {
  explicit HubHouse(std::vector<bool> has_feeds = {true, true}, FeedOptions options = {}) {
    health.probe.is_on = false;
    for (size_t i = 0; i < has_feeds.size(); ++i) {
      channels.push_back(std::make_unique<FakeChannel>());
      feeds.push_back(std::make_unique<FakeFeeds>());
      channels[i]->fake_feeds = has_feeds[i] ? feeds[i].get() : nullptr;
      EndpointSeed seed;
      seed.provider = std::string(1, static_cast<char>('a' + i));
      seed.tier = static_cast<uint32_t>(i + 1);
      seed.port = channels[i].get();
      seeds.push_back(seed);
    }
    PoolOptions pool_options;
    pool = std::make_unique<Pool>(ChainInfo{1, "ethereum", Family::kEvm, 1}, pool_options, health,
                                  seeds, time, observer, 1);
    hub = std::make_unique<SubscriptionHub>(options, time, subscribers, observer,
                                            std::vector<Pool*>{pool.get()}, 7);
  }

  SubscriptionId subscribe(uint64_t token, std::string_view params = R"(["newHeads"])",
                           Continuity continuity = Continuity::kEvery) {
    SubscribeRequest request;
    request.session = 100 + token;
    request.token = token;
    request.method = "eth_subscribe";
    request.params = params;
    request.continuity = continuity;
    return hub->subscribe(request);
  }
  SubscriptionId resume(uint64_t token, FeedPosition at) {
    SubscribeRequest request;
    request.session = 100 + token;
    request.token = token;
    request.method = "eth_subscribe";
    request.params = R"(["newHeads"])";
    request.has_resume = true;
    request.resume = at;
    return hub->subscribe(request);
  }
  /// What the provider was asked last, as method and params.
  std::string asked(size_t provider) const { return channels[provider]->started.back().tail; }
  void answer(size_t provider, const std::string& result) {
    channels[provider]->end(Outcome::kResult, result);
  }
  /// Heads are live from provider 0, whose newest block is 10, hash 0xaa.
  void begin_heads(uint64_t token = 1) {
    subscribe(token);
    feeds[0]->confirm();
    answer(0, header(10, "aa", "99"));
  }

  FakeTime time;
  HealthOptions health;
  std::vector<std::unique_ptr<FakeChannel>> channels;
  std::vector<std::unique_ptr<FakeFeeds>> feeds;
  std::vector<EndpointSeed> seeds;
  FakeObserver observer;
  FakeSubscribers subscribers;
  std::unique_ptr<Pool> pool;
  std::unique_ptr<SubscriptionHub> hub;
};

}  // namespace

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
