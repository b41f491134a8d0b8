#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "policy/budget.h"
#include "policy/circuit_breaker.h"
#include "policy/cooldown.h"
#include "policy/latency.h"

namespace sidecar {

/// What a pool knows that is worth keeping over a restart, by name: places change with the
/// configuration. Times are unix times, for nothing else outlives a process.
struct PoolMemory {
  struct OfProvider {
    std::string name;
    BudgetMemory budget;
    CooldownMemory cooldown;
  };
  struct OfEndpoint {
    std::string provider;
    std::string transport;
    std::optional<uint64_t> head;
    Millis head_told_at{0};
    BreakerMemory breaker;
    std::array<LatencyHistogram::Counts, 3> latencies{};
  };
  std::string chain;
  Millis saved_at{0};
  uint64_t served_head = 0;
  std::vector<OfProvider> providers;
  std::vector<OfEndpoint> endpoints;
};

/// Older than this, heads, latencies and breakers say nothing about now.
inline constexpr Millis kMemoryYoung{5 * 60'000};

}  // namespace sidecar
