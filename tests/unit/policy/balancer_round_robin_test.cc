#include "policy/balancer_round_robin.h"

#include <doctest/doctest.h>

#include <vector>

namespace sidecar::testing {

TEST_CASE("BalancerRoundRobin: each candidate gets its turn") {
  BalancerRoundRobin balancer;
  const std::vector<Candidate> three(3);
  std::vector<size_t> picked;

  for (int i = 0; i < 6; ++i) {
    picked.push_back(*balancer.pick(three));
  }

  CHECK(picked == std::vector<size_t>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("BalancerRoundRobin: a higher tier is asked only when the lower one was tried") {
  BalancerRoundRobin balancer;
  std::vector<Candidate> candidates{{2, 100, false}, {1, 100, false}, {1, 100, false}};

  CHECK(balancer.pick(candidates) == 1);
  CHECK(balancer.pick(candidates) == 2);
  candidates[1].is_tried = true;
  candidates[2].is_tried = true;
  CHECK(balancer.pick(candidates) == 0);
}

TEST_CASE("BalancerRoundRobin: nothing is picked when all were tried or none is there") {
  BalancerRoundRobin balancer;

  CHECK_FALSE(balancer.pick(std::vector<Candidate>{{1, 100, true}}).has_value());
  CHECK_FALSE(balancer.pick({}).has_value());
}

}  // namespace sidecar::testing
