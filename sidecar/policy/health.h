#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace sidecar {

/// What is thought of an endpoint.
enum class HealthState : uint8_t {
  kUnknown,  ///< nothing heard yet
  kHealthy,
  kDegraded,     ///< answers, but lags, syncs, or failed its last probe: asked after the healthy
  kDown,         ///< its breaker is open
  kQuarantined,  ///< another chain, or a minority fork: never asked
  kDisabled,     ///< refuses our key or wants money: never asked, probed slowly
};
inline constexpr size_t kHealthStateCount = 6;
std::string_view health_state_name(HealthState state);

enum class HealthEvent : uint8_t {
  kSucceeded,  ///< an attempt or probe worked
  kProbeFailed,
  kOutrun,  ///< a second attempt elsewhere was faster, so many times in a row
  kBreakerOpened,
  kBreakerClosed,
  kFellBehind,  ///< lag over its limit
  kCaughtUp,    ///< lag under the limit to come back
  kHeadStuck,   ///< its head stands still while the pool's moves
  kHeadMoved,
  kSyncing,  ///< it says so itself
  kSynced,
  kWrongChain,
  kRightChain,
  kForked,  ///< its block hashes are the minority's
  kRejoined,
  kUnauthorised,
  kUnpaid,
  kReset,  ///< an operator says so
};
inline constexpr size_t kHealthEventCount = 18;
std::string_view health_event_name(HealthEvent event);

/// The one transition function. Conditions that were told and not taken back (behind, stuck,
/// syncing, wrong chain, forked, probe failed, breaker open) are kept, so that one ending does not
/// hide another: the state is the worst that any of them asks for. Not: it does not measure
/// (head_tracker.h, circuit_breaker.h).
/// Shape: kUnknown -> kHealthy <-> kDegraded <-> kDown <-> kDisabled <-> kQuarantined, any to any;
/// a condition leaves kUnknown at once, only a success leaves it for kHealthy.
/// Owner: Endpoint, by value. Errors: none.
class Health {
 public:
  /// True when the state changed.
  bool on_event(HealthEvent event, Instant now);

  HealthState state() const { return state_; }
  /// The event that led to the present state; health_event_name(reason()) is what people read.
  /// When the condition that led there ended and another keeps the state, that other.
  HealthEvent reason() const { return reason_; }
  Instant since() const { return since_; }
  /// May calls go there at all, were it the last one?
  bool may_be_asked() const {
    return state_ != HealthState::kQuarantined && state_ != HealthState::kDisabled;
  }

 private:
  uint32_t conditions_ = 0;  ///< bits by HealthEvent of those that hold
  HealthState state_ = HealthState::kUnknown;
  HealthEvent reason_ = HealthEvent::kReset;
  Instant since_;
};

}  // namespace sidecar
