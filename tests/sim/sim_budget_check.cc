#include <algorithm>

#include "tests/sim/sim_checks.h"

namespace sidecar::testing {

namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr Nanos kTenSeconds = Millis(10'000);

/// What a request may be over for rounding: one unit.
constexpr double kSlack = 1.0;

}  // namespace

uint64_t SimBudgetCheck::cost(std::string_view method) const {
  if (terms_.unit == BudgetUnit::kRequests) {
    return 1;
  }
  if (family_ == Family::kSvm) {
    return 1;  // of Helius, what the simulated workers call
  }
  // Alchemy's price list, as far as the simulated workers use it.
  if (method == "eth_chainId" || method == "eth_syncing") {
    return 0;
  }
  if (method == "eth_blockNumber") {
    return 10;
  }
  if (method == "eth_call") {
    return 26;
  }
  if (method == "eth_getLogs") {
    return 60;
  }
  return method == "eth_sendRawTransaction" ? 40 : 20;
}

int64_t SimBudgetCheck::day(Millis unix_now) const {
  return (unix_now.count() - terms_.budget.reset_hour * kHourMs) / (24 * kHourMs);
}

bool SimBudgetCheck::is_day_spent(Millis unix_now) const {
  const auto found = spent_by_day_.find(day(unix_now));
  // Nearly: what is left may buy nothing any more.
  constexpr uint64_t kDearest = 60;
  return terms_.budget.per_day != 0 && found != spent_by_day_.end() &&
         found->second + kDearest > terms_.budget.per_day;
}

std::string SimBudgetCheck::on_spent(std::string_view method, Instant now, Millis unix_now) {
  const BudgetOptions& budget = terms_.budget;
  const uint64_t units = cost(method);
  const double rate = budget.per_second;
  const std::chrono::duration<double> passed = now - leaked_at_;
  level_ = std::max(0.0, level_ - rate * passed.count()) + static_cast<double>(units);
  leaked_at_ = now;
  const uint32_t burst = budget.burst != 0 ? budget.burst : budget.per_second;
  if (budget.per_second != 0 && level_ > burst + kSlack) {
    return "over the second's: " + std::to_string(level_) + " of " + std::to_string(burst);
  }
  ten_seconds_.emplace_back(now, units);
  spent_in_ten_ += units;
  while (ten_seconds_.front().first <= now - kTenSeconds) {
    spent_in_ten_ -= ten_seconds_.front().second;
    ten_seconds_.pop_front();
  }
  if (budget.per_10s != 0 && spent_in_ten_ > budget.per_10s) {
    return "over the ten seconds': " + std::to_string(spent_in_ten_);
  }
  const uint64_t today = spent_by_day_[day(unix_now)] += units;
  return budget.per_day != 0 && today > budget.per_day ? "over the day's: " + std::to_string(today)
                                                       : "";
}

}  // namespace sidecar::testing
