#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/dispatcher.h"
#include "core/pool.h"
#include "core/prober.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

/// Options with which a test sees only what it asks for: endpoints in their turn, no probes, no
/// hedges.
struct HouseOptions {
  HouseOptions() {
    pool.strategy = Strategy::kRoundRobin;
    dispatcher.hedge.is_on = false;
    health.probe.is_on = false;
  }
  DispatcherOptions dispatcher;
  HealthOptions health;
  PoolOptions pool;
  /// Of chain "ethereum"; ports are filled in. Default: alpha and beta in tier 1.
  std::vector<EndpointSeed> endpoints = {seed("alpha"), seed("beta")};
  uint64_t chain_id = 1;

  static EndpointSeed seed(std::string name, uint32_t tier = 1) {
    EndpointSeed one;
    one.provider = std::move(name);
    one.tier = tier;
    return one;
  }
};

/// A dispatcher over an evm chain and over a svm chain whose one provider is gamma; all else is
/// fake.
struct House {
  explicit House(HouseOptions options = {})
      : channels(options.endpoints.size()),
        ethereum(ChainInfo{1, "ethereum", Family::kEvm, options.chain_id}, options.pool,
                 options.health, with_ports(options.endpoints), time, observer, 1),
        solana(ChainInfo{2, "solana", Family::kSvm, 0}, options.pool, options.health,
               {solana_seed()}, time, observer, 2),
        dispatcher(options.dispatcher, time, downstream, observer, {&ethereum, &solana}, 0x100, 3) {
  }

  CallId submit(std::string_view method, std::string_view params = "[]",
                Millis deadline = Millis(0)) {
    Request request;
    request.session = 7;
    request.token = ++token;
    request.method = method;
    request.params = params;
    request.deadline = deadline;
    request.may_stream = true;
    return dispatcher.submit(request);
  }

  FakeChannel& channel(size_t index) { return channels[index]; }
  size_t started(size_t index) const { return channels[index].started.size(); }
  bool is_answered() const { return !downstream.replies.empty(); }
  const std::string& answer() const { return downstream.replies.back().body; }
  bool last_error_has(std::string_view text) const {
    return downstream.replies.back().is_error &&
           downstream.replies.back().body.find(text) != std::string::npos;
  }

  std::vector<EndpointSeed> with_ports(std::vector<EndpointSeed> seeds) {
    for (size_t i = 0; i < seeds.size(); ++i) {
      seeds[i].port = &channels[i];
    }
    return seeds;
  }
  EndpointSeed solana_seed() {
    EndpointSeed one = HouseOptions::seed("gamma");
    one.port = &gamma;
    return one;
  }

  FakeTime time;
  std::vector<FakeChannel> channels;
  FakeChannel gamma;
  FakeDownstream downstream;
  FakeObserver observer;
  uint64_t token = 0;
  Pool ethereum;
  Pool solana;
  Dispatcher dispatcher;
};

}  // namespace sidecar::testing
