#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "policy/budget.h"

namespace sidecar::testing {

constexpr Instant kBudgetStart{std::chrono::hours(1)};
constexpr Millis kBudgetNoon{1'795'262'400'000};  // Sat, 21 Nov 2026 12:00:00 GMT

inline BudgetOptions per_second(uint32_t rate, uint32_t burst = 0) {
  BudgetOptions options;
  options.per_second = rate;
  options.burst = burst;
  return options;
}

inline BudgetOptions per_10s(uint64_t units) {
  BudgetOptions options;
  options.per_10s = units;
  return options;
}

inline BudgetOptions per_day(uint64_t units, uint32_t reset_hour = 0) {
  BudgetOptions options;
  options.per_day = units;
  options.reset_hour = reset_hour;
  return options;
}

inline BudgetOptions per_month(uint64_t units, uint32_t reset_day, uint32_t reset_hour) {
  BudgetOptions options;
  options.per_month = units;
  options.reset_day = reset_day;
  options.reset_hour = reset_hour;
  return options;
}

/// A budget and its two clocks.
struct BudgetHouse {
  explicit BudgetHouse(const BudgetOptions& options, Millis unix_start = kBudgetNoon)
      : unix_now(unix_start), budget(options, kBudgetStart, unix_start) {}

  void advance(Nanos by) {
    now += by;
    unix_now = unix_began + std::chrono::duration_cast<Millis>(now - kBudgetStart);
  }
  bool may_spend(uint64_t cost) { return budget.may_spend(cost, now, unix_now); }
  bool take(uint64_t cost) {
    const bool may = may_spend(cost);
    if (may) {
      budget.spend(cost, now, unix_now);
    }
    return may;
  }
  std::optional<Instant> affordable_at(uint64_t cost) {
    return budget.affordable_at(cost, now, unix_now);
  }
  Budget::Left left() { return budget.left(now, unix_now); }

  Instant now = kBudgetStart;
  Millis unix_now;
  Millis unix_began = unix_now;
  Budget budget;
};

}  // namespace sidecar::testing
