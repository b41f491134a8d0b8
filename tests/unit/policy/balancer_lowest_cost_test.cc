#include "policy/balancer_lowest_cost.h"

#include <doctest/doctest.h>

#include <vector>

#include "balancer_scene.h"

namespace sidecar::testing {

namespace {

constexpr Millis kHold = StickinessOptions{}.hold_min;

}  // namespace

TEST_CASE("BalancerLowestCost: the cheapest gets all") {
  BalancerLowestCost balancer{StickinessOptions{}};

  CHECK(picks(balancer, with_costs({30, 10, 20}), 50) == std::vector<size_t>(50, 1));
}

TEST_CASE("BalancerLowestCost: those of one price share by weight") {
  BalancerLowestCost balancer{StickinessOptions{}};
  auto candidates = with_costs({10, 10, 50, 10});
  candidates[0].weight = 50;
  candidates[1].weight = 30;
  candidates[3].weight = 20;

  const auto picked = picks(balancer, candidates, 100);

  CHECK(tally(picked, 4) == std::vector<size_t>{50, 30, 0, 20});
}

TEST_CASE("BalancerLowestCost: free ones are cheapest, and need no price") {
  BalancerLowestCost balancer{StickinessOptions{}};

  const auto picked = picks(balancer, with_costs({0, 1, 0}), 10);

  CHECK(tally(picked, 3) == std::vector<size_t>{5, 0, 5});
}

TEST_CASE("BalancerLowestCost: the next price serves while the cheapest cannot") {
  BalancerLowestCost balancer{StickinessOptions{}};
  auto candidates = with_costs({10, 20, 30});
  CHECK(balancer.pick(candidates, kBalancerStart) == 0u);
  candidates[0].is_usable = false;
  CHECK(balancer.pick(candidates, kBalancerStart) == 1u);
  candidates[0].is_usable = true;

  CHECK(balancer.pick(candidates, kBalancerStart) == 0u);
}

TEST_CASE("BalancerLowestCost: after a long absence the cheaper one waits for the hold") {
  BalancerLowestCost balancer{StickinessOptions{}};
  auto candidates = with_costs({10, 20});
  picks(balancer, candidates, 1);
  candidates[0].is_usable = false;
  picks(balancer, candidates, 1);
  const Instant taken = kBalancerStart + kHold + Nanos(1);
  picks(balancer, candidates, 1, taken);
  candidates[0].is_usable = true;

  CHECK(balancer.pick(candidates, taken + kHold - Nanos(1)) == 1u);
  CHECK(balancer.pick(candidates, taken + kHold) == 0u);
}

TEST_CASE("BalancerLowestCost: a price lower by less than the margin moves nothing") {
  BalancerLowestCost balancer{StickinessOptions{}};
  picks(balancer, with_costs({100, 200}), 1);

  CHECK(balancer.pick(with_costs({129, 100}), kBalancerStart + kHold) == 0u);
  CHECK(balancer.pick(with_costs({130, 100}), kBalancerStart + kHold) == 1u);
}

}  // namespace sidecar::testing
