#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/hub.h"
#include "core/pool.h"
#include "rpc/byte_text.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

/// Lines, so that a failed comparison can be read.
inline std::string joined(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) {
    lines += text + "\n";
  }
  return lines;
}

inline std::string header(int number, const std::string& hash, const std::string& parent) {
  return "{\"number\":\"" + to_quantity(static_cast<Wide>(number)) + "\",\"hash\":\"0x" + hash +
         "\",\"parentHash\":\"0x" + parent + "\"}";
}

/// A hub over one evm chain whose providers a, b... carry events, or only answer calls; each in a
/// tier of its own, or with tier_step 0 all in one.
struct HubHouse {
  explicit HubHouse(std::vector<bool> has_feeds = {true, true}, FeedOptions options = {},
                    uint32_t tier_step = 1) {
    health.probe.is_on = false;
    for (const bool has : has_feeds) {
      const auto tier = 1 + static_cast<uint32_t>(seeds.size()) * tier_step;
      seeds.push_back(make_seed(has, tier));
    }
    PoolOptions pool_options;
    pool = std::make_unique<Pool>(ChainInfo{1, "ethereum", Family::kEvm, 1}, pool_options, health,
                                  seeds, time, observer, 1);
    hub = std::make_unique<SubscriptionHub>(options, time, subscribers, observer,
                                            std::vector<Pool*>{pool.get()}, 7);
  }

  EndpointSeed make_seed(bool has_feeds = true, uint32_t tier = 1) {
    channels.push_back(std::make_unique<FakeChannel>());
    feeds.push_back(std::make_unique<FakeFeeds>());
    channels.back()->fake_feeds = has_feeds ? feeds.back().get() : nullptr;
    EndpointSeed seed;
    seed.provider = std::string(1, static_cast<char>('a' + channels.size() - 1));
    seed.tier = tier;
    seed.port = channels.back().get();
    return seed;
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

}  // namespace sidecar::testing
