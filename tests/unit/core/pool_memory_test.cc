#include "core/pool_memory.h"

#include <doctest/doctest.h>

#include "core/pool.h"
#include "tests/support/house.h"

namespace sidecar::testing {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// A pool of these providers, begun so long after noon; what another one knew may be restored.
struct Lived {
  explicit Lived(std::vector<std::string> names, Millis since_noon = Millis(0)) {
    time.unix_at_start += since_noon;
    std::vector<EndpointSeed> seeds;
    for (const std::string& name : names) {
      seeds.push_back(HouseOptions::seed(name));
      seeds.back().terms.budget.per_day = 100;
    }
    HouseOptions options;
    options.health.breaker.failures_max = 1;
    pool = std::make_unique<Pool>(ChainInfo{1, "ethereum", Family::kEvm, 0}, options.pool,
                                  options.health, seeds, time, observer, 1);
  }

  void end(size_t endpoint, Outcome outcome, Millis took = Millis(0)) {
    pool->on_started(endpoint, "eth_call");
    AttemptEnd attempt;
    attempt.outcome = outcome;
    attempt.method = "eth_call";
    attempt.took = took;
    pool->on_ended(endpoint, attempt);
  }
  Nanos pause(size_t endpoint) const {
    const Cooldown& cooldown = pool->provider_of(endpoint).cooldown;
    return cooldown.is_over(time.now()) ? Nanos(0) : cooldown.until() - time.now();
  }

  FakeTime time;
  FakeObserver observer;
  std::unique_ptr<Pool> pool;
};

}  // namespace

TEST_CASE("PoolMemory: budget, pause, head, latencies and breaker come back by name") {
  Lived before({"alpha", "beta"});
  before.end(0, Outcome::kResult, Millis(20));
  before.end(0, Outcome::kRateLimited);
  before.end(1, Outcome::kTimeout);
  before.pool->on_head(0, 500, "", true);
  before.time.advance(seconds(10));
  const Nanos pause = before.pause(0);
  REQUIRE(pause > seconds(20));

  Lived after({"beta", "alpha", "new"}, seconds(20));
  after.pool->restore(before.pool->memory());

  CHECK(after.pause(1) == pause - seconds(10));
  CHECK(after.pool->budget_left(1).day == 98u);
  CHECK(after.pool->budget_left(2).day == 100u);
  CHECK(after.pool->endpoint(1).latencies[0].sample_count() == 1);
  CHECK(after.pool->heads().pool_head() == 500u);
  CHECK(after.pool->heads().view(1, after.time.now()).number == 500u);
  CHECK(after.pool->endpoint(0).breaker.state(after.time.now()) == BreakerState::kOpen);
  CHECK(after.pool->endpoint(0).health.state() == HealthState::kDown);
  CHECK(after.pool->endpoint(2).health.state() == HealthState::kUnknown);
}

TEST_CASE("PoolMemory: of an endpoint that was retired only what its provider spent is kept") {
  Lived before({"alpha", "beta"});
  before.end(0, Outcome::kResult);
  before.pool->retire(0);

  const PoolMemory memory = before.pool->memory();

  REQUIRE(memory.endpoints.size() == 1);
  CHECK(memory.endpoints[0].provider == "beta");
  REQUIRE(memory.providers.size() == 2);
  CHECK(memory.providers[0].budget.spent_day == 1);
}

TEST_CASE("PoolMemory: the breaker's trial comes when it would have come") {
  Lived before({"alpha"});
  before.end(0, Outcome::kTimeout);

  Lived after({"alpha"}, seconds(45));
  after.pool->restore(before.pool->memory());

  const CircuitBreaker& breaker = after.pool->endpoint(0).breaker;
  CHECK(breaker.retry_at() == after.time.now() + seconds(15));
  after.time.advance(seconds(15));
  CHECK(breaker.state(after.time.now()) == BreakerState::kHalfOpen);
}

TEST_CASE("PoolMemory: after five minutes heads, latencies and breakers are old, budgets are not") {
  Lived before({"alpha"});
  before.end(0, Outcome::kResult, Millis(20));
  before.end(0, Outcome::kTimeout);
  before.pool->on_head(0, 500, "", true);

  Lived after({"alpha"}, minutes(5) + Millis(1));
  after.pool->restore(before.pool->memory());

  CHECK(after.pool->budget_left(0).day == 98u);
  CHECK(after.pool->heads().pool_head() == std::nullopt);
  CHECK(after.pool->endpoint(0).latencies[0].sample_count() == 0);
  CHECK(after.pool->endpoint(0).breaker.state(after.time.now()) == BreakerState::kClosed);
}

TEST_CASE("PoolMemory: workers are told no lower head than before the restart") {
  Lived before({"alpha", "beta"});
  before.pool->on_head(0, 500, "", true);
  REQUIRE(before.pool->serve_head(0, 500) == 500);

  Lived after({"alpha", "beta"}, seconds(2));
  after.pool->restore(before.pool->memory());
  after.pool->on_head(1, 498, "", true);

  CHECK(after.pool->serve_head(1, 498) == 500);
}

TEST_CASE("PoolMemory: a chain that began anew tells its own heads once its provider does") {
  Lived before({"alpha"});
  before.pool->on_head(0, 500, "", true);
  before.pool->serve_head(0, 500);

  Lived after({"alpha"}, seconds(2));
  after.pool->restore(before.pool->memory());
  after.pool->on_head(0, 3, "", true);

  CHECK(after.pool->serve_head(0, 3) == 3);
}

TEST_CASE("PoolMemory: a clock that went back makes no pause longer") {
  Lived before({"alpha"});
  before.end(0, Outcome::kRateLimited);
  const Nanos pause = before.pause(0);

  Lived after({"alpha"}, -std::chrono::hours(2));
  after.pool->restore(before.pool->memory());

  CHECK(after.pause(0) == pause);
  CHECK(after.pool->budget_left(0).day == 99u);
}

TEST_CASE("PoolMemory: a pause and a trial longer than any of ours are cut") {
  PoolMemory memory;
  Lived after({"alpha"});
  memory.saved_at = after.time.unix_now();
  memory.providers.push_back({"alpha", {}, {1, std::chrono::hours(9'000)}});
  PoolMemory::OfEndpoint endpoint;
  endpoint.provider = "alpha";
  endpoint.transport = "http";
  endpoint.breaker = {true, 1, 1, std::chrono::hours(9'000)};
  memory.endpoints.push_back(endpoint);

  after.pool->restore(memory);

  CHECK(after.pause(0) == Nanos(CooldownOptions().pause_max) * 6 / 5);
  CHECK(after.pool->endpoint(0).breaker.retry_at() == after.time.now() + BreakerOptions().open_max);
}

}  // namespace sidecar::testing
