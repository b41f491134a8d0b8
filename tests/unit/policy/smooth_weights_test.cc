#include "policy/smooth_weights.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace sidecar::testing {

namespace {

std::vector<size_t> picks(SmoothWeights& turns, const std::vector<uint64_t>& weights,
                          size_t count) {
  std::vector<size_t> picked;
  for (size_t i = 0; i < count; ++i) {
    picked.push_back(turns.pick(weights).value());
  }
  return picked;
}

/// The most by which any stretch of `length` picks differs from `shares`.
uint64_t worst_error(const std::vector<size_t>& picked, const std::vector<uint64_t>& shares,
                     size_t length) {
  std::vector<uint64_t> counts(shares.size());
  uint64_t worst = 0;
  for (size_t i = 0; i < picked.size(); ++i) {
    ++counts[picked[i]];
    if (i >= length) {
      --counts[picked[i - length]];
    }
    for (size_t k = 0; i + 1 >= length && k < shares.size(); ++k) {
      worst = std::max(worst, std::max(counts[k], shares[k]) - std::min(counts[k], shares[k]));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("SmoothWeights: the turns of the heaviest are spread") {
  SmoothWeights turns;

  CHECK(picks(turns, {5, 1, 1}, 14) ==
        std::vector<size_t>{0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0});
}

TEST_CASE("SmoothWeights: any stretch as long as the sum of the weights holds each share exactly") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);

  for (int round = 0; round < 100; ++round) {
    std::vector<uint64_t> weights(1 + random() % 12);
    std::generate(weights.begin(), weights.end(),
                  [&random] { return random() % 3 == 0 ? 1 : 1 + random() % 60; });
    const size_t sum = std::accumulate(weights.begin(), weights.end(), size_t{0});
    SmoothWeights turns;

    const auto picked = picks(turns, weights, sum * 4);

    REQUIRE(worst_error(picked, weights, sum) == 0);
  }
}

TEST_CASE("SmoothWeights: shares are within one of the weights again after any disturbance") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);

  for (int round = 0; round < 100; ++round) {
    const std::vector<uint64_t> weights = {7, 5, 3, 1};
    constexpr size_t kSum = 16;
    SmoothWeights turns;
    for (int i = 0; i < 1'000; ++i) {
      std::vector<uint64_t> odd = weights;
      for (uint64_t& weight : odd) {
        weight = random() % 3 == 0 ? 0 : weight * (1 + random() % 16);
      }
      turns.pick(odd);
    }
    // What was saved up is at most kRoundsMax rounds of the heaviest weights.
    picks(turns, weights, kSum * 16 * SmoothWeights::kRoundsMax);

    const auto picked = picks(turns, weights, kSum * 8);

    REQUIRE(worst_error(picked, weights, kSum) <= 1);
  }
}

TEST_CASE("SmoothWeights: one that every second pick leaves out keeps its share of the others") {
  SmoothWeights turns;
  size_t count = 0;

  for (int i = 0; i < 4'000; ++i) {
    const bool is_in = i % 2 == 0;
    const size_t picked = turns.pick(std::vector<uint64_t>{19, is_in ? 1u : 0u}).value();
    count += picked;
  }

  CHECK(count == 100);
}

TEST_CASE("SmoothWeights: leaving out the one just picked does not give it more turns") {
  SmoothWeights turns;
  std::vector<size_t> first_counts(3);

  for (int i = 0; i < 300; ++i) {
    const size_t first = turns.pick(std::vector<uint64_t>{1, 1, 1}).value();
    ++first_counts[first];
    if (first == 0) {
      turns.pick(std::vector<uint64_t>{0, 1, 1});
    }
  }

  for (const size_t count : first_counts) {
    CHECK(count >= 99);
    CHECK(count <= 101);
  }
}

TEST_CASE("SmoothWeights: one that comes back after long takes no burst") {
  for (const uint64_t weight : {1u, 5u, 50u}) {
    CAPTURE(weight);
    for (size_t turns_before = 0; turns_before < 8; ++turns_before) {
      SmoothWeights turns;
      const std::vector<uint64_t> all = {5, weight, 2};
      const size_t sum = 7 + weight;
      picks(turns, all, turns_before);
      picks(turns, {5, 0, 2}, 10'000);

      const auto back = picks(turns, all, sum);

      CHECK(static_cast<uint64_t>(std::count(back.begin(), back.end(), 1u)) <= weight + 1);
    }
  }
}

// Cause: nothing bounded a credit, so when all scores fell at once, what was saved up under the
// high ones was spent in a row on one endpoint.
TEST_CASE("SmoothWeights: credit from under heavier weights is two rounds at most") {
  SmoothWeights turns;
  picks(turns, {1'000'000, 999'999}, 1);

  const auto picked = picks(turns, {1, 1}, 20);

  const auto burst_end = std::find(picked.begin(), picked.end(), 0u);
  CHECK(burst_end - picked.begin() <= 2 * SmoothWeights::kRoundsMax);
}

TEST_CASE("SmoothWeights: none is picked when all weights are zero") {
  SmoothWeights turns;

  CHECK(turns.pick(std::vector<uint64_t>{0, 0}) == std::nullopt);
  CHECK(turns.pick(std::vector<uint64_t>{}) == std::nullopt);
}

}  // namespace sidecar::testing
