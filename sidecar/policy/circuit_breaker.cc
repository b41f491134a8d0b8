#include "policy/circuit_breaker.h"

#include <algorithm>

namespace sidecar {

std::string_view breaker_state_name(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kOpen:
      return "open";
    case BreakerState::kHalfOpen:
      return "half_open";
  }
  return "";
}

BreakerState CircuitBreaker::state(Instant now) const {
  if (!is_open_) {
    return BreakerState::kClosed;
  }
  // A trial under way proves that the pause was over, whatever the clock says now.
  return is_trial_live_ || now >= retry_at_ ? BreakerState::kHalfOpen : BreakerState::kOpen;
}

bool CircuitBreaker::may_start(Instant now) const {
  const BreakerState at = state(now);
  return at == BreakerState::kClosed || (at == BreakerState::kHalfOpen && !is_trial_live_);
}

void CircuitBreaker::on_start(Instant now) {
  is_trial_live_ = state(now) == BreakerState::kHalfOpen;
}

bool CircuitBreaker::on_success(Instant) {
  const bool was_open = is_open_;
  reset();
  return was_open;
}

bool CircuitBreaker::on_failure(Instant now) {
  if (is_open_ && !is_trial_live_) {
    return false;
  }
  failures_ = std::min(failures_, UINT32_MAX - 1) + 1;
  if (!is_open_ && failures_ < options_.failures_max) {
    return false;
  }
  open(now);
  return true;
}

void CircuitBreaker::open(Instant now) {
  constexpr uint32_t kDoublingsMax = 20;
  const Millis pause = std::min(
      options_.open_max, options_.open_min * (int64_t{1} << std::min(openings_, kDoublingsMax)));
  is_open_ = true;
  is_trial_live_ = false;
  openings_ = std::min(openings_, UINT32_MAX - 1) + 1;
  retry_at_ = std::max(now, retry_at_) + pause;
}

BreakerMemory CircuitBreaker::memory(Instant now) const {
  return {is_open_, failures_, openings_,
          is_open_ ? std::max(Nanos(0), retry_at_ - now) : Nanos(0)};
}

void CircuitBreaker::restore(const BreakerMemory& memory, Instant now) {
  is_open_ = memory.is_open;
  failures_ = memory.failures;
  openings_ = memory.openings;
  if (is_open_) {
    retry_at_ = now + std::clamp<Nanos>(memory.pause_left, Nanos(0), options_.open_max);
  }
}

void CircuitBreaker::on_no_verdict() {
  is_trial_live_ = false;
}

void CircuitBreaker::reset() {
  is_open_ = false;
  is_trial_live_ = false;
  failures_ = 0;
  openings_ = 0;
  retry_at_ = Instant::min();
}

}  // namespace sidecar
