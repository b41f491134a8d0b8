#include "policy/balancer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "balancer_scene.h"

namespace sidecar::testing {

namespace {

constexpr std::array<Strategy, 6> kAll = {
    Strategy::kPriorityWeighted, Strategy::kRoundRobin,    Strategy::kWeightedRandom,
    Strategy::kLeastInflight,    Strategy::kLowestLatency, Strategy::kLowestCost,
};

/// What a pool may show of its endpoints, drawn.
std::vector<Candidate> drawn_candidates(std::mt19937& random, size_t count) {
  std::vector<Candidate> all(count);
  for (Candidate& one : all) {
    one.is_usable = random() % 3 != 0;
    one.weight = static_cast<uint32_t>(random() % 10'000);
    one.failures_in_row = static_cast<uint32_t>(random() % 5);
    one.was_throttled_lately = random() % 4 == 0;
    one.has_succeeded_lately = random() % 2 == 0;
    one.inflight_count = static_cast<uint32_t>(random() % 40);
    one.latency = random() % 4 == 0 ? Nanos(0) : Nanos(random() % 2'000'000'000);
    one.last_used = random() % 5 == 0 ? Instant::min() : kBalancerStart + Millis(random() % 9'999);
    one.cost = random() % 4;
  }
  return all;
}

}  // namespace

TEST_CASE("Balancer: each strategy has the name that the configuration writes") {
  const std::array<std::string, 6> names = {"priority_weighted", "round_robin",
                                            "weighted_random",   "least_inflight",
                                            "lowest_latency",    "lowest_cost"};

  for (size_t i = 0; i < kAll.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(strategy_name(kAll[i]) == names[i]);
    CHECK(strategy_of(names[i]) == kAll[i]);
  }
}

TEST_CASE("Balancer: a name that is none names no strategy") {
  for (const char* name : {"", "Round_Robin", "round_robin ", "round", "random"}) {
    CAPTURE(name);
    CHECK(strategy_of(name) == std::nullopt);
  }
}

TEST_CASE("Balancer: no strategy picks one that is not usable, or none while one is") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);

  for (const Strategy strategy : kAll) {
    CAPTURE(strategy_name(strategy));
    for (const size_t count : {1u, 2u, 3u, 10u, 50u}) {
      const auto balancer = make_balancer(strategy, StickinessOptions{}, random());
      Instant now = kBalancerStart;
      for (int i = 0; i < 500; ++i) {
        const auto candidates = drawn_candidates(random, count);
        const bool is_any = std::any_of(candidates.begin(), candidates.end(),
                                        [](const Candidate& one) { return one.is_usable; });
        now += Millis(random() % 5'000);

        const auto picked = balancer->pick(candidates, now);

        REQUIRE(picked.has_value() == is_any);
        REQUIRE((!picked || (*picked < count && candidates[*picked].is_usable)));
      }
    }
  }
}

TEST_CASE("Balancer: every strategy gives the only candidate all, and an empty pool nothing") {
  for (const Strategy strategy : kAll) {
    CAPTURE(strategy_name(strategy));
    const auto balancer = make_balancer(strategy, StickinessOptions{}, 1);
    CHECK(balancer->pick({}, kBalancerStart) == std::nullopt);
    const auto alone = make_balancer(strategy, StickinessOptions{}, 1);

    CHECK(picks(*alone, with_weights({7}), 100) == std::vector<size_t>(100, 0));
  }
}

TEST_CASE("Balancer: no strategy starves a candidate that others outdo") {
  for (const Strategy strategy : kAll) {
    CAPTURE(strategy_name(strategy));
    const auto balancer = make_balancer(strategy, StickinessOptions{}, 1);
    auto candidates = with_weights({1'000, 1, 500});
    candidates[0].latency = Millis(5);
    candidates[1].latency = Millis(900);
    candidates[2].latency = Millis(50);
    Instant now = kBalancerStart;
    std::vector<size_t> counts(candidates.size());

    for (int i = 0; i < 30'000; ++i) {
      const size_t picked = balancer->pick(candidates, now).value();
      candidates[picked].last_used = now;
      ++counts[picked];
      now += Millis(1);
    }

    for (const size_t count : counts) {
      CHECK(count > 0);
    }
  }
}

TEST_CASE("Balancer: no strategy starves one that every second call passes over") {
  for (const Strategy strategy : kAll) {
    CAPTURE(strategy_name(strategy));
    const auto balancer = make_balancer(strategy, StickinessOptions{}, 1);
    auto candidates = with_weights({99, 1});
    candidates[0].latency = Millis(5);
    candidates[1].latency = Millis(900);
    Instant now = kBalancerStart;
    size_t rare_count = 0;

    for (int i = 0; i < 20'000; ++i) {
      candidates[1].is_usable = i % 2 == 0;
      const size_t picked = balancer->pick(candidates, now).value();
      candidates[picked].last_used = now;
      rare_count += picked;
      now += Millis(1);
    }

    CHECK(rare_count > 0);
  }
}

TEST_CASE("Balancer: the same seed draws the same picks") {
  const auto candidates = with_weights({3, 2, 1});
  const auto one = make_balancer(Strategy::kWeightedRandom, StickinessOptions{}, 42);
  const auto same = make_balancer(Strategy::kWeightedRandom, StickinessOptions{}, 42);
  const auto other = make_balancer(Strategy::kWeightedRandom, StickinessOptions{}, 43);

  const auto picked = picks(*one, candidates, 100);

  CHECK(picked == picks(*same, candidates, 100));
  CHECK(picked != picks(*other, candidates, 100));
}

}  // namespace sidecar::testing
