#include "core/hub.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

using Texts = std::vector<std::string>;

/// A hub over one Solana chain with two providers; the first one is the better.
struct SvmHubHouse {
  explicit SvmHubHouse(const FeedOptions& options = {}) {
    health.probe.is_on = false;
    std::vector<EndpointSeed> seeds(2);
    for (size_t i = 0; i < seeds.size(); ++i) {
      channels[i].fake_feeds = &feeds[i];
      seeds[i].provider = i == 0 ? "a" : "b";
      seeds[i].tier = static_cast<uint32_t>(i + 1);
      seeds[i].port = &channels[i];
    }
    PoolOptions pool_options;
    pool_options.head.block_time = Millis(400);
    pool = std::make_unique<Pool>(ChainInfo{1, "solana", Family::kSvm, 0}, pool_options, health,
                                  seeds, time, observer, 1);
    hub = std::make_unique<SubscriptionHub>(options, time, subscribers, observer,
                                            std::vector<Pool*>{pool.get()}, 7);
  }

  SubscriptionId subscribe(uint64_t token, std::string_view method, std::string_view params) {
    SubscribeRequest request;
    request.session = 100 + token;
    request.token = token;
    request.method = method;
    request.params = params;
    return hub->subscribe(request);
  }
  void answer(size_t provider, std::string_view result) {
    channels[provider].end(Outcome::kResult, result);
  }
  void answer_finalized() {
    answer(0, R"({"context":{"slot":9},"value":[{"slot":7,"err":null,"confirmations":null,)"
              R"("confirmationStatus":"finalized"}]})");
  }

  FakeTime time;
  HealthOptions health;
  FakeChannel channels[2];
  FakeFeeds feeds[2];
  FakeObserver observer;
  FakeSubscribers subscribers;
  std::unique_ptr<Pool> pool;
  std::unique_ptr<SubscriptionHub> hub;
};

const Texts kToldAtOnce{"at 0", R"(1 last late {"context":{"slot":7},"value":{"err":null}})"};

}  // namespace

TEST_CASE("SubscriptionHub: who comes in the turn of a feed's last event gets a feed of its own") {
  SvmHubHouse house;
  house.subscribe(1, "signatureSubscribe", R"(["sig"])");
  house.feeds[0].confirm();
  house.answer_finalized();
  CHECK(house.subscribers.take(1) == kToldAtOnce);

  const SubscriptionId second = house.subscribe(2, "signatureSubscribe", R"(["sig"])");

  CHECK(second != 0);
  CHECK(house.subscribers.take(2).empty());
  CHECK(house.feeds[0].opened.size() == 2);
  CHECK(house.feeds[0].closed == std::vector<SourceId>{house.feeds[0].opened[0].id});
  house.time.advance(Millis(1));
  house.feeds[0].confirm();
  house.answer_finalized();
  CHECK(house.subscribers.take(2) == kToldAtOnce);
  house.time.advance(Millis(1));
  CHECK(house.hub->feed_count() == 0);
  CHECK(house.hub->subscription_count() == 0);
}

TEST_CASE("SubscriptionHub: a second source that is behind takes nothing from the first one") {
  FeedOptions options;
  options.sources = 2;
  SvmHubHouse house(options);
  house.subscribe(1, "rootSubscribe", "[]");
  house.feeds[0].confirm();
  house.feeds[0].tell("101");

  house.feeds[1].confirm();

  CHECK(house.channels[1].started.empty());  // until the first one has its place
  house.answer(0, "100");
  CHECK(house.channels[1].started.size() == 1);
  house.answer(1, "90");
  house.answer(1, "[]");
  house.feeds[0].tell("102");
  house.feeds[1].tell("91");
  CHECK(house.subscribers.take(1) == Texts{"at 0", "1 live 101", "2 live 102"});
}

TEST_CASE("SubscriptionHub: what a silent source kept to itself is a gap if nobody can be asked") {
  const std::string event =
      R"({"context":{"slot":101},"value":{"signature":"s","err":null,"logs":[]}})";
  SvmHubHouse house;
  house.subscribe(1, "logsSubscribe", R"(["all",{"commitment":"processed"}])");
  house.feeds[0].confirm();
  house.answer(0, "100");
  house.feeds[0].tell(event);
  CHECK(house.subscribers.take(1) == Texts{"at 0", "1 live " + event});

  house.pool->on_head(1, 110, "", true);
  house.time.advance(Millis(3'000));
  REQUIRE(house.feeds[1].opened.size() == 1);
  house.feeds[1].confirm();

  CHECK(house.subscribers.take(1) == Texts{R"(2 gap {"reason":"unfillable","from_slot":101})"});
}

TEST_CASE("SubscriptionHub: what goes from the ring before a resumed worker's turn is a gap") {
  FeedOptions options;
  options.ring_events = 2;
  SvmHubHouse house(options);
  house.subscribe(1, "rootSubscribe", "[]");
  house.feeds[0].confirm();
  house.answer(0, "100");
  for (const char* root : {"101", "102", "103"}) {
    house.feeds[0].tell(root);
  }

  SubscribeRequest request;
  request.session = 102;
  request.token = 2;
  request.method = "rootSubscribe";
  request.params = "[]";
  request.has_resume = true;
  request.resume = {house.subscribers.epoch, 1};
  house.hub->subscribe(request);
  house.feeds[0].tell("104");
  house.feeds[0].tell("105");
  house.time.advance(Millis(1));

  CHECK(house.subscribers.take(2) ==
        Texts{"at 1", R"(3 gap {"reason":"resume"})", "4 late 104", "5 late 105"});
}

TEST_CASE("SubscriptionHub: a lead that does not answer takes nothing of the other source along") {
  FeedOptions options;
  options.sources = 2;
  SvmHubHouse house(options);
  house.subscribe(1, "slotSubscribe", "[]");
  house.feeds[0].confirm();
  house.answer(0, "100");
  house.feeds[1].confirm();  // asks its node for its slot
  const std::string event = R"({"slot":101,"parent":100,"root":70})";
  house.feeds[0].tell(event);
  CHECK(house.subscribers.take(1) == Texts{"at 0"});

  house.feeds[1].lose();
  house.answer(0, "101");

  CHECK(house.subscribers.take(1) == Texts{"1 live " + event});
}

}  // namespace sidecar::testing
