#include "policy/balancer_priority_weighted.h"

#include <doctest/doctest.h>

#include <vector>

#include "balancer_scene.h"

namespace sidecar::testing {

TEST_CASE("BalancerPriorityWeighted: the score is the weight with penalties and a bonus") {
  struct Row {
    uint32_t weight, failures;
    bool was_throttled, has_succeeded;
    uint64_t score;
  };
  const Row rows[] = {
      {100, 0, false, false, 1'600},
      {100, 0, false, true, 2'000},
      {100, 1, false, false, 800},
      {100, 3, false, false, 400},
      {100, 0, true, false, 400},
      {100, 0, true, true, 500},
      {100, 1, true, true, 250},
      {1, 0, false, false, 16},
      {1, 0, true, true, 5},
      {1, 15, false, false, 1},
      {1, 1'000, true, false, 1},
      {0, 0, false, false, 1},
      {10'000, 0, false, true, 200'000},
      {UINT32_MAX, UINT32_MAX, false, false, 15},
  };

  for (const Row& row : rows) {
    CAPTURE(row.weight);
    CAPTURE(row.failures);
    Candidate candidate;
    candidate.weight = row.weight;
    candidate.failures_in_row = row.failures;
    candidate.was_throttled_lately = row.was_throttled;
    candidate.has_succeeded_lately = row.has_succeeded;
    CHECK(BalancerPriorityWeighted::score(candidate) == row.score);
  }
}

TEST_CASE("BalancerPriorityWeighted: shares are the weights, exactly") {
  BalancerPriorityWeighted balancer;
  const auto candidates = with_weights({50, 30, 20});

  const auto picked = picks(balancer, candidates, 1'000);

  CHECK(tally(picked, 3) == std::vector<size_t>{500, 300, 200});
  // 5:3:2, smoothly: each ten picks hold them.
  for (size_t at = 0; at + 10 <= picked.size(); ++at) {
    const std::vector<size_t> window(picked.begin() + static_cast<std::ptrdiff_t>(at),
                                     picked.begin() + static_cast<std::ptrdiff_t>(at + 10));
    REQUIRE(tally(window, 3) == std::vector<size_t>{5, 3, 2});
  }
}

TEST_CASE("BalancerPriorityWeighted: one that fails gets less, one that was throttled a quarter") {
  BalancerPriorityWeighted balancer;
  auto candidates = with_weights({100, 100, 100});
  candidates[1].failures_in_row = 1;
  candidates[2].was_throttled_lately = true;

  const auto picked = picks(balancer, candidates, 700);

  CHECK(tally(picked, 3) == std::vector<size_t>{400, 200, 100});
}

TEST_CASE("BalancerPriorityWeighted: one that is back takes its share, not what it missed") {
  BalancerPriorityWeighted balancer;
  auto candidates = with_weights({100, 100});
  candidates[1].is_usable = false;
  CHECK(tally(picks(balancer, candidates, 500), 2) == std::vector<size_t>{500, 0});
  candidates[1].is_usable = true;

  CHECK(tally(picks(balancer, candidates, 10), 2) == std::vector<size_t>{5, 5});
}

}  // namespace sidecar::testing
