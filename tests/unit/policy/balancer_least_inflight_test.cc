#include "policy/balancer_least_inflight.h"

#include <doctest/doctest.h>

#include <vector>

#include "balancer_scene.h"

namespace sidecar::testing {

TEST_CASE("BalancerLeastInflight: the fewest under way for the weight") {
  struct Row {
    std::vector<uint32_t> weights, inflight_counts;
    size_t picked;
  };
  const Row rows[] = {
      {{100, 100}, {1, 0}, 1},
      {{100, 100}, {3, 4}, 0},
      {{100, 50}, {1, 1}, 0},
      {{100, 50}, {3, 1}, 1},
      {{100, 50, 1}, {2, 2, 0}, 2},
      {{1, 10'000}, {1, 9'999}, 1},
      {{1, 10'000}, {1, 10'001}, 0},
      {{4'000'000'000, 3'999'999'999}, {4'000'000'000, 4'000'000'000}, 0},
  };

  for (const Row& row : rows) {
    BalancerLeastInflight balancer;
    std::vector<Candidate> candidates(row.weights.size());
    for (size_t i = 0; i < candidates.size(); ++i) {
      candidates[i].is_usable = true;
      candidates[i].weight = row.weights[i];
      candidates[i].inflight_count = row.inflight_counts[i];
    }
    CAPTURE(row.picked);
    CHECK(balancer.pick(candidates, kBalancerStart) == row.picked);
  }
}

TEST_CASE("BalancerLeastInflight: one that is not usable is no measure for the others") {
  BalancerLeastInflight balancer;
  auto candidates = with_weights({100, 100, 100});
  candidates[0].is_usable = false;
  candidates[1].inflight_count = 7;
  candidates[2].inflight_count = 6;

  CHECK(balancer.pick(candidates, kBalancerStart) == 2u);
}

// Cause: the attempt to be added was counted, so in an idle pool the heaviest was picked each time.
TEST_CASE("BalancerLeastInflight: an idle pool is used by weight") {
  BalancerLeastInflight balancer;

  const auto picked = picks(balancer, with_weights({3, 1}), 400);

  CHECK(tally(picked, 2) == std::vector<size_t>{300, 100});
}

TEST_CASE("BalancerLeastInflight: attempts that pile up keep the ratio of the weights") {
  BalancerLeastInflight balancer;
  auto candidates = with_weights({300, 100, 200});

  for (int i = 0; i < 600; ++i) {
    ++candidates[balancer.pick(candidates, kBalancerStart).value()].inflight_count;
  }

  CHECK(candidates[0].inflight_count == 300);
  CHECK(candidates[1].inflight_count == 100);
  CHECK(candidates[2].inflight_count == 200);
}

}  // namespace sidecar::testing
