#include <doctest/doctest.h>

#include "tests/support/house.h"

// What workers are told of the newest block. Found by the simulation.
namespace sidecar::testing {

namespace {

using namespace std::chrono_literals;

/// Three providers, of which tests say what they tell.
struct Heads {
  Heads() : house(three()), pool(house.ethereum) {}

  static HouseOptions three() {
    HouseOptions options;
    options.endpoints.push_back(HouseOptions::seed("gamma"));
    options.pool.head.lag_blocks_max = 10;
    options.pool.head.block_time = 1s;
    return options;
  }
  /// The endpoint answers a worker's eth_blockNumber: what is the worker told?
  uint64_t answered(size_t endpoint, uint64_t number) {
    pool.on_head(endpoint, number, "", true);
    return pool.serve_head(endpoint, number);
  }

  House house;
  Pool& pool;
};

}  // namespace

TEST_CASE("Pool: F01 a worker is not told a lower head while somebody has the higher one") {
  Heads heads;
  CHECK(heads.answered(0, 100) == 100u);

  CHECK(heads.answered(1, 98) == 100u);
  CHECK(heads.answered(0, 97) == 98u);
}

TEST_CASE("Pool: a head that only one of three claims is told to no worker") {
  Heads heads;
  heads.pool.on_head(0, 100, "", true);
  heads.pool.on_head(1, 99, "", true);

  CHECK(heads.answered(2, 1'000'000) == 100u);
  CHECK(heads.answered(0, 101) == 101u);
}

TEST_CASE("Pool: the head told last stands although its holder runs away from two that stay back") {
  Heads heads;
  heads.pool.on_head(1, 95, "", true);
  heads.pool.on_head(2, 94, "", true);
  CHECK(heads.answered(0, 105) == 105u);
  heads.pool.on_head(0, 106, "", true);
  REQUIRE(heads.pool.heads().pool_head() == 95u);

  CHECK(heads.answered(1, 95) == 105u);
}

TEST_CASE("Pool: what an endpoint told before it served another chain counts no more") {
  HouseOptions options;
  options.health.probe.is_on = true;
  House house(options);
  Pool& pool = house.ethereum;
  for (size_t i = 0; i < 2; ++i) {
    pool.on_health_event(i, HealthEvent::kRightChain);
  }
  pool.on_head(0, 100, "", true);
  pool.on_head(1, 5'000, "", true);

  pool.on_health_event(1, HealthEvent::kWrongChain);
  pool.on_head(0, 101, "", true);

  CHECK(pool.heads().pool_head() == 101u);
}

}  // namespace sidecar::testing
