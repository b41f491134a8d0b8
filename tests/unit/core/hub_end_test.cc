#include "core/hub.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

/// A hub over one Solana chain with one provider: its signatureSubscribe ends by itself.
struct EndingHouse {
  EndingHouse() {
    health.probe.is_on = false;
    channel.fake_feeds = &feeds;
    EndpointSeed seed;
    seed.provider = "a";
    seed.port = &channel;
    pool = std::make_unique<Pool>(ChainInfo{1, "solana", Family::kSvm, 0}, PoolOptions(), health,
                                  std::vector<EndpointSeed>{seed}, time, observer, 1);
    hub = std::make_unique<SubscriptionHub>(FeedOptions(), time, subscribers, observer,
                                            std::vector<Pool*>{pool.get()}, 7);
  }

  SubscriptionId subscribe(uint64_t token) {
    SubscribeRequest request;
    request.session = 100 + token;
    request.token = token;
    request.method = "signatureSubscribe";
    request.params = R"(["sig"])";
    return hub->subscribe(request);
  }
  void answer_finalized() {
    channel.end(Outcome::kResult, R"({"context":{"slot":9},"value":[{"slot":7,"err":null,)"
                                  R"("confirmations":null,"confirmationStatus":"finalized"}]})");
  }

  FakeTime time;
  HealthOptions health;
  FakeChannel channel;
  FakeFeeds feeds;
  FakeObserver observer;
  FakeSubscribers subscribers;
  std::unique_ptr<Pool> pool;
  std::unique_ptr<SubscriptionHub> hub;
};

const std::vector<std::string> kToldAtOnce{
    "at 0", R"(1 last late {"context":{"slot":7},"value":{"err":null}})"};

}  // namespace

TEST_CASE("SubscriptionHub: who comes in the turn of a feed's last event gets a feed of its own") {
  EndingHouse house;
  house.subscribe(1);
  house.feeds.confirm();
  house.answer_finalized();
  CHECK(house.subscribers.take(1) == kToldAtOnce);

  const SubscriptionId second = house.subscribe(2);

  CHECK(second != 0);
  CHECK(house.subscribers.take(2).empty());
  CHECK(house.feeds.opened.size() == 2);
  CHECK(house.feeds.closed == std::vector<SourceId>{house.feeds.opened[0].id});
  house.time.advance(Millis(1));
  house.feeds.confirm();
  house.answer_finalized();
  CHECK(house.subscribers.take(2) == kToldAtOnce);
  house.time.advance(Millis(1));
  CHECK(house.hub->feed_count() == 0);
  CHECK(house.hub->subscription_count() == 0);
}

}  // namespace sidecar::testing
