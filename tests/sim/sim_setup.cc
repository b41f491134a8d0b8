#include "tests/sim/sim_setup.h"

#include <algorithm>

#include "tests/sim/sim_chain.h"
#include "tests/sim/sim_time.h"

namespace sidecar::testing {

namespace {

constexpr int64_t kDayMs = 86'400'000;

bool one_in(Random& random, uint64_t count) {
  return random.below(count) == 0;
}
uint64_t between(Random& random, uint64_t least, uint64_t most) {
  return least + random.below(most - least + 1);
}
Millis millis_between(Random& random, uint64_t least, uint64_t most) {
  return Millis(static_cast<int64_t>(between(random, least, most)));
}

DispatcherOptions draw_dispatcher(Random& random) {
  DispatcherOptions options;
  options.call_deadline = one_in(random, 3) ? Millis(10'000) : Millis(30'000);
  options.call_deadline_max = Millis(60'000);
  options.calls_in_flight_max = one_in(random, 8) ? 12 : 65'536;
  options.calls_waiting_max = one_in(random, 6) ? 4 : 4'096;
  options.retry.attempts_max = static_cast<uint32_t>(between(random, 2, 4));
  options.retry.pause_min = millis_between(random, 20, 200);
  options.retry.not_yet_max = static_cast<uint32_t>(random.below(3));
  options.retry.budget_min = static_cast<uint32_t>(between(random, 1, 3));
  options.retry.budget_percent = static_cast<uint32_t>(between(random, 10, 40));
  options.hedge.is_on = !one_in(random, 3);
  options.hedge.delay_min = millis_between(random, 5, 100);
  options.hedge.delay_cold = millis_between(random, 50, 500);
  options.hedge.samples_min = 5;
  options.timeout.floor = millis_between(random, 200, 500);
  options.timeout.base = millis_between(random, 200, 2'000);
  return options;
}

HealthOptions draw_health(Random& random) {
  HealthOptions options;
  options.breaker.failures_max = static_cast<uint32_t>(between(random, 2, 5));
  options.breaker.open_min = millis_between(random, 1'000, 20'000);
  options.breaker.open_max = options.breaker.open_min * static_cast<int>(between(random, 1, 4));
  options.cooldown.pause_min = millis_between(random, 1'000, 20'000);
  options.cooldown.pause_max = options.cooldown.pause_min * static_cast<int>(between(random, 1, 4));
  options.cooldown.retry_after_max = Millis(60'000);
  options.probe.interval = millis_between(random, 1'000, 8'000);
  options.probe.timeout = millis_between(random, 500, 2'000);
  options.probe.interval_disabled = millis_between(random, 10'000, 40'000);
  options.probe.skips_max = static_cast<uint32_t>(random.below(5));
  return options;
}

BudgetOptions draw_budget(Random& random, uint64_t unit_cost) {
  BudgetOptions budget;
  if (one_in(random, 2)) {
    return budget;
  }
  if (!one_in(random, 3)) {
    budget.per_second = static_cast<uint32_t>(between(random, 1, 30) * unit_cost);
    budget.burst =
        one_in(random, 2) ? 0 : budget.per_second * static_cast<uint32_t>(between(random, 1, 3));
  }
  if (one_in(random, 3)) {
    budget.per_10s = between(random, 5, 200) * unit_cost;
  }
  if (one_in(random, 4)) {
    budget.per_day = between(random, 30, 400) * unit_cost;
    budget.reset_hour = static_cast<uint32_t>(random.below(24));
  }
  return budget;
}

TermsOptions draw_terms(Random& random, Family family) {
  TermsOptions terms;
  terms.price = between(random, 0, 5) * 100;
  const bool is_credits = one_in(random, 3);
  uint64_t unit_cost = 1;
  if (is_credits) {
    terms.unit = BudgetUnit::kCredits;
    terms.vendor = family == Family::kEvm ? Vendor::kAlchemy : Vendor::kHelius;
    unit_cost = family == Family::kEvm ? 30 : 1;
  }
  terms.budget = draw_budget(random, unit_cost);
  return terms;
}

PoolOptions draw_pool(Random& random, Nanos block_time) {
  PoolOptions options;
  options.strategy = static_cast<Strategy>(random.below(6));
  options.stickiness.hold_min = millis_between(random, 0, 30'000);
  options.head.block_time = std::chrono::duration_cast<Millis>(block_time);
  options.head.lag_blocks_max = between(random, 4, 16);
  options.head.lag_blocks_back = between(random, 1, 4);
  options.broadcast = static_cast<uint32_t>(between(random, 1, 3));
  return options;
}

SimEndpointSetup draw_endpoint(Random& random, const SimSetup& setup, size_t pool, bool is_anchor) {
  SimEndpointSetup endpoint;
  const Family family = setup.pools[pool].chain.family;
  endpoint.pool = pool;
  endpoint.account = setup.endpoints.size();
  endpoint.is_anchor = is_anchor;
  endpoint.seed.provider = "p" + std::to_string(setup.endpoints.size());
  endpoint.seed.tier = static_cast<uint32_t>(between(random, 1, 3));
  constexpr uint32_t kWeights[] = {100, 100, 50, 10, 1};
  endpoint.seed.weight = kWeights[random.below(5)];
  endpoint.seed.timeout = millis_between(random, 1'000, 5'000);
  endpoint.seed.terms = draw_terms(random, family);
  endpoint.latency.shape = static_cast<SimLatency::Shape>(random.below(3));
  endpoint.latency.base = millis_between(random, 2, is_anchor ? 60 : 200);
  endpoint.latency.tail_until = SimTime::kStart + setup.storm;
  endpoint.behind = millis_between(random, 0, 300);
  endpoint.reconnects_percent = one_in(random, 3) ? 2 : 0;
  if (is_anchor) {
    endpoint.latency.shape = SimLatency::Shape::kSpread;
    endpoint.seed.terms = TermsOptions();
    return endpoint;
  }
  endpoint.episodes = draw_episodes(random, family, SimTime::kStart, SimTime::kStart + setup.storm);
  return endpoint;
}

/// Are the tries of a call enough for the one that has what the others have not?
bool may_ask_all(const RetryOptions& retry, uint64_t endpoint_count) {
  return retry.attempts_max * (1 + retry.not_yet_max) >= endpoint_count;
}

void draw_endpoints(Random& random, SimSetup& setup, size_t pool) {
  const uint64_t count = between(random, 1, 6);
  const uint64_t anchor = one_in(random, 3) ? count : random.below(count);
  // Who is refused for a full house was asked for nothing.
  constexpr uint32_t kRoomy = 1'000;
  setup.pools[pool].has_anchor = anchor < count && setup.dispatcher.calls_in_flight_max > kRoomy &&
                                 setup.dispatcher.calls_waiting_max > kRoomy &&
                                 may_ask_all(setup.dispatcher.retry, count);
  for (uint64_t i = 0; i < count; ++i) {
    SimEndpointSetup endpoint = draw_endpoint(random, setup, pool, i == anchor);
    if (i > 0 && i != anchor && !setup.endpoints.back().is_anchor && one_in(random, 6)) {
      // A second door to the account before it.
      const SimEndpointSetup& before = setup.endpoints.back();
      endpoint.account = before.account;
      endpoint.seed.provider = before.seed.provider;
      endpoint.seed.terms = before.seed.terms;
      endpoint.seed.transport = Transport::kWs;
    }
    setup.endpoints.push_back(std::move(endpoint));
  }
}

/// Long enough for every pause that may still run, and for blocks at which forks are settled.
Nanos quiet_time(const SimSetup& setup) {
  const HealthOptions& health = setup.health;
  Nanos pause = std::max<Nanos>(health.breaker.open_max, health.cooldown.pause_max * 6 / 5);
  pause = std::max<Nanos>(pause, health.probe.interval_disabled * 11 / 10);
  pause = std::max<Nanos>(pause, Millis(8'000));  // the longest Retry-After of SimProvider
  Nanos blocks{0};
  for (const SimEndpointSetup& endpoint : setup.endpoints) {
    for (const SimEpisode& episode : endpoint.episodes) {
      const bool is_settled_late =
          episode.fault == SimFault::kFork || episode.fault == SimFault::kHighHead;
      blocks = std::max(blocks, setup.pools[endpoint.pool].block_time * (is_settled_late ? 40 : 8));
    }
  }
  const Nanos rounds = health.probe.interval * static_cast<int>(health.probe.skips_max + 4);
  return pause + blocks + rounds;
}

}  // namespace

SimSetup draw_setup(Random& random) {
  SimSetup setup;
  // Some runs see the end of a day, in whichever hour it is.
  const auto hour = static_cast<int64_t>(random.below(24)) * 3'600'000;
  setup.unix_at_start =
      Millis(20'000 * kDayMs + hour + 3'600'000) - millis_between(random, 10'000, 400'000);
  setup.dispatcher = draw_dispatcher(random);
  setup.health = draw_health(random);
  setup.storm = millis_between(random, 20'000, 120'000);
  const uint64_t pool_count = between(random, 1, 2);
  const bool is_svm_first = one_in(random, 4);
  for (uint64_t i = 0; i < pool_count; ++i) {
    SimPoolSetup pool;
    const bool is_svm = (i == 0) == is_svm_first;
    pool.chain.number = static_cast<ChainNumber>(i + 1);
    pool.chain.name = is_svm ? "solana" : "ethereum";
    pool.chain.family = is_svm ? Family::kSvm : Family::kEvm;
    pool.chain.chain_id = is_svm || one_in(random, 6) ? 0 : 1;
    pool.block_time = is_svm ? Millis(400) : millis_between(random, 400, 4'000);
    pool.options = draw_pool(random, pool.block_time);
    pool.options.genesis_hash = is_svm && !one_in(random, 6) ? SimChain::kGenesisHash : "";
    setup.pools.push_back(pool);
    draw_endpoints(random, setup, i);
  }
  setup.quiet = quiet_time(setup);
  setup.session_count = static_cast<uint32_t>(between(random, 1, 8));
  setup.think_time = millis_between(random, 20, 600) * static_cast<int>(setup.session_count);
  return setup;
}

}  // namespace sidecar::testing
