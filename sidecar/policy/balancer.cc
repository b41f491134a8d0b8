#include "policy/balancer.h"

#include <array>

#include "policy/balancer_least_inflight.h"
#include "policy/balancer_lowest_cost.h"
#include "policy/balancer_lowest_latency.h"
#include "policy/balancer_priority_weighted.h"
#include "policy/balancer_round_robin.h"
#include "policy/balancer_weighted_random.h"

namespace sidecar {

namespace {

using Maker = std::unique_ptr<Balancer> (*)(const StickinessOptions& stickiness, uint64_t seed);

struct StrategyRow {
  Strategy strategy;
  std::string_view name;
  Maker make;
};

// In the order of the enum.
constexpr std::array<StrategyRow, 6> kStrategies{{
    {Strategy::kPriorityWeighted, "priority_weighted",
     [](const StickinessOptions&, uint64_t) -> std::unique_ptr<Balancer> {
       return std::make_unique<BalancerPriorityWeighted>();
     }},
    {Strategy::kRoundRobin, "round_robin",
     [](const StickinessOptions&, uint64_t) -> std::unique_ptr<Balancer> {
       return std::make_unique<BalancerRoundRobin>();
     }},
    {Strategy::kWeightedRandom, "weighted_random",
     [](const StickinessOptions&, uint64_t seed) -> std::unique_ptr<Balancer> {
       return std::make_unique<BalancerWeightedRandom>(seed);
     }},
    {Strategy::kLeastInflight, "least_inflight",
     [](const StickinessOptions&, uint64_t) -> std::unique_ptr<Balancer> {
       return std::make_unique<BalancerLeastInflight>();
     }},
    {Strategy::kLowestLatency, "lowest_latency",
     [](const StickinessOptions& stickiness, uint64_t seed) -> std::unique_ptr<Balancer> {
       return std::make_unique<BalancerLowestLatency>(stickiness, seed);
     }},
    {Strategy::kLowestCost, "lowest_cost",
     [](const StickinessOptions& stickiness, uint64_t) -> std::unique_ptr<Balancer> {
       return std::make_unique<BalancerLowestCost>(stickiness);
     }},
}};

}  // namespace

std::string_view strategy_name(Strategy strategy) {
  return kStrategies[static_cast<size_t>(strategy)].name;
}

std::optional<Strategy> strategy_of(std::string_view name) {
  for (const StrategyRow& row : kStrategies) {
    if (row.name == name) {
      return row.strategy;
    }
  }
  return std::nullopt;
}

std::unique_ptr<Balancer> make_balancer(Strategy strategy, const StickinessOptions& stickiness,
                                        uint64_t seed) {
  return kStrategies[static_cast<size_t>(strategy)].make(stickiness, seed);
}

}  // namespace sidecar
