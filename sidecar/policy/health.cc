#include "policy/health.h"

#include <array>

namespace sidecar {

namespace {

using S = HealthState;
using E = HealthEvent;

constexpr uint32_t bit(HealthEvent event) {
  return uint32_t{1} << static_cast<uint32_t>(event);
}

/// A condition, and the state it asks for while it holds.
struct ConditionRow {
  HealthEvent condition;
  HealthState state;
};
// Worst first: the first that holds decides.
constexpr std::array<ConditionRow, 10> kConditions{{
    {E::kWrongChain, S::kQuarantined},
    {E::kForked, S::kQuarantined},
    {E::kUnauthorised, S::kDisabled},
    {E::kUnpaid, S::kDisabled},
    {E::kBreakerOpened, S::kDown},
    {E::kFellBehind, S::kDegraded},
    {E::kHeadStuck, S::kDegraded},
    {E::kSyncing, S::kDegraded},
    {E::kProbeFailed, S::kDegraded},
    {E::kOutrun, S::kDegraded},
}};

/// What an event begins and what it ends.
struct EventRow {
  HealthEvent event;
  std::string_view name;
  uint32_t begins;
  uint32_t ends;
};
constexpr std::array<EventRow, kHealthEventCount> kEvents{{
    {E::kSucceeded, "succeeded", bit(E::kSucceeded),
     bit(E::kProbeFailed) | bit(E::kOutrun) | bit(E::kUnauthorised) | bit(E::kUnpaid)},
    {E::kProbeFailed, "probe_failed", bit(E::kProbeFailed), 0},
    {E::kOutrun, "outrun", bit(E::kOutrun), 0},
    {E::kBreakerOpened, "breaker_opened", bit(E::kBreakerOpened), 0},
    {E::kBreakerClosed, "breaker_closed", 0, bit(E::kBreakerOpened)},
    {E::kFellBehind, "fell_behind", bit(E::kFellBehind), 0},
    {E::kCaughtUp, "caught_up", 0, bit(E::kFellBehind)},
    {E::kHeadStuck, "head_stuck", bit(E::kHeadStuck), 0},
    {E::kHeadMoved, "head_moved", 0, bit(E::kHeadStuck)},
    {E::kSyncing, "syncing", bit(E::kSyncing), 0},
    {E::kSynced, "synced", 0, bit(E::kSyncing)},
    {E::kWrongChain, "wrong_chain", bit(E::kWrongChain), 0},
    {E::kRightChain, "right_chain", 0, bit(E::kWrongChain)},
    {E::kForked, "forked", bit(E::kForked), 0},
    {E::kRejoined, "rejoined", 0, bit(E::kForked)},
    {E::kUnauthorised, "unauthorised", bit(E::kUnauthorised), 0},
    {E::kUnpaid, "unpaid", bit(E::kUnpaid), 0},
    {E::kReset, "reset", 0, ~uint32_t{0}},
}};

const ConditionRow* worst_of(uint32_t conditions) {
  for (const ConditionRow& row : kConditions) {
    if ((conditions & bit(row.condition)) != 0) {
      return &row;
    }
  }
  return nullptr;
}

/// Does `event` stand for a condition that holds and asks for this very state?
bool upholds(HealthEvent event, HealthState state, uint32_t conditions) {
  for (const ConditionRow& row : kConditions) {
    if (row.condition == event) {
      return row.state == state && (conditions & bit(event)) != 0;
    }
  }
  return false;
}

}  // namespace

std::string_view health_state_name(HealthState state) {
  switch (state) {
    case S::kUnknown:
      return "unknown";
    case S::kHealthy:
      return "healthy";
    case S::kDegraded:
      return "degraded";
    case S::kDown:
      return "down";
    case S::kQuarantined:
      return "quarantined";
    case S::kDisabled:
      return "disabled";
  }
  return "";
}

std::string_view health_event_name(HealthEvent event) {
  return kEvents[static_cast<size_t>(event)].name;
}

bool Health::on_event(HealthEvent event, Instant now) {
  const EventRow& row = kEvents[static_cast<size_t>(event)];
  const uint32_t conditions = (conditions_ & ~row.ends) | row.begins;
  if (conditions == conditions_) {
    return false;
  }
  conditions_ = conditions;
  const ConditionRow* worst = worst_of(conditions_);
  // That it worked once is kept as a condition too: without it nothing is known.
  const HealthState calm = (conditions_ & bit(E::kSucceeded)) != 0 ? S::kHealthy : S::kUnknown;
  const HealthState next = worst != nullptr ? worst->state : calm;
  const bool is_changed = next != state_;
  if (is_changed) {
    state_ = next;
    since_ = now;
    reason_ = event;
  }
  if (worst != nullptr && !upholds(reason_, next, conditions_)) {
    reason_ = worst->condition;
  }
  return is_changed;
}

}  // namespace sidecar
