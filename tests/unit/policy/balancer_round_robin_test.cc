#include "policy/balancer_round_robin.h"

#include <doctest/doctest.h>

#include <vector>

namespace sidecar::testing {

namespace {

std::vector<Candidate> candidates(const std::vector<bool>& usable) {
  std::vector<Candidate> all(usable.size());
  for (size_t i = 0; i < usable.size(); ++i) {
    all[i].is_usable = usable[i];
  }
  return all;
}

}  // namespace

TEST_CASE("BalancerRoundRobin: each usable one has its turn, in order") {
  BalancerRoundRobin balancer;
  const auto all = candidates({true, false, true, true});
  std::vector<size_t> picked;

  for (int i = 0; i < 6; ++i) {
    picked.push_back(balancer.pick(all, Instant()).value());
  }

  CHECK(picked == std::vector<size_t>{0, 2, 3, 0, 2, 3});
}

TEST_CASE("BalancerRoundRobin: weights are not looked at") {
  BalancerRoundRobin balancer;
  auto all = candidates({true, true});
  all[0].weight = 1'000;

  CHECK(balancer.pick(all, Instant()) == 0u);
  CHECK(balancer.pick(all, Instant()) == 1u);
}

TEST_CASE("BalancerRoundRobin: none is picked when none is usable") {
  BalancerRoundRobin balancer;

  CHECK(balancer.pick(candidates({false, false}), Instant()) == std::nullopt);
  CHECK(balancer.pick({}, Instant()) == std::nullopt);
}

}  // namespace sidecar::testing
