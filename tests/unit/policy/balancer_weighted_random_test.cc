#include "policy/balancer_weighted_random.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "balancer_scene.h"

namespace sidecar::testing {

TEST_CASE("BalancerWeightedRandom: shares come near the weights") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  BalancerWeightedRandom balancer(seed);
  constexpr size_t kPicks = 40'000;

  const auto counts = tally(picks(balancer, with_weights({50, 30, 0, 20}), kPicks), 4);

  // Six standard deviations: one run in 500 million is off by chance.
  const double shares[] = {50.0 / 101, 30.0 / 101, 1.0 / 101, 20.0 / 101};
  for (size_t i = 0; i < counts.size(); ++i) {
    CAPTURE(i);
    const double deviation = std::sqrt(kPicks * shares[i] * (1 - shares[i]));
    CHECK(std::abs(static_cast<double>(counts[i]) - kPicks * shares[i]) < 6 * deviation);
  }
}

TEST_CASE("BalancerWeightedRandom: one that is not usable leaves its share to the others") {
  BalancerWeightedRandom balancer(1);
  auto candidates = with_weights({1'000'000, 1, 1});
  candidates[0].is_usable = false;

  const auto counts = tally(picks(balancer, candidates, 1'000), 3);

  CHECK(counts[0] == 0);
  CHECK(counts[1] > 400);
  CHECK(counts[2] > 400);
}

TEST_CASE("BalancerWeightedRandom: usable ones without weight share evenly") {
  BalancerWeightedRandom balancer(1);

  const auto counts = tally(picks(balancer, with_weights({0, 0}), 1'000), 2);

  CHECK(counts[0] > 400);
  CHECK(counts[1] > 400);
}

}  // namespace sidecar::testing
