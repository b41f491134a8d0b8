#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/random.h"
#include "base/time.h"

namespace sidecar {

/// What a balancer may know of one endpoint. Which ones may be asked at all, and which tier's turn
/// it is, was decided before (core/pool.h).
struct Candidate {
  bool is_usable = false;
  uint32_t weight = 100;  ///< share inside the tier; 0 counts as 1
  uint32_t failures_in_row = 0;
  bool was_throttled_lately = false;  ///< in the last minute
  bool has_succeeded_lately = false;  ///< in the last minute
  uint32_t inflight_count = 0;        ///< attempts under way
  Nanos latency{0};                   ///< p90 for the call's latency class; zero = not known
  Instant last_used = Instant::min();
  uint64_t cost = 0;  ///< of this call, in billionths of a dollar
};

enum class Strategy : uint8_t {
  kPriorityWeighted,
  kRoundRobin,
  kWeightedRandom,
  kLeastInflight,
  kLowestLatency,
  kLowestCost,
};
/// "priority_weighted", ...: as written in the configuration.
std::string_view strategy_name(Strategy strategy);
std::optional<Strategy> strategy_of(std::string_view name);

/// Chooses the endpoint of one attempt among those usable. One file per strategy.
class Balancer {
 public:
  virtual ~Balancer() = default;
  /// Index into `candidates` of a usable one; none when there is none. The span has the same order
  /// on each call; it may grow at its end.
  virtual std::optional<size_t> pick(std::span<const Candidate> candidates, Instant now) = 0;
};

/// How long the endpoint in use is kept although another looks better (lowest_latency,
/// lowest_cost).
struct StickinessOptions {
  uint32_t beaten_by_percent = 30;  ///< another must be better by this much ...
  Millis hold_min{30'000};          ///< ... and this long passed since the last change

  bool operator==(const StickinessOptions&) const = default;
};

std::unique_ptr<Balancer> make_balancer(Strategy strategy, const StickinessOptions& stickiness,
                                        uint64_t seed);

}  // namespace sidecar
