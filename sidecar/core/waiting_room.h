#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/timers.h"
#include "core/types.h"
#include "policy/fair_queue.h"

namespace sidecar {

/// Calls that wait for one thing to become free, taken in turn by session.
/// Not: it does not time the calls; one that ended meanwhile is popped and passed over.
/// Limits: size_max. Owner: Dispatcher.
class WaitingRoom {
 public:
  /// `on_wake` runs on a turn of its own, and pops.
  WaitingRoom(Timers& timers, size_t size_max, std::function<void()> on_wake)
      : timers_(timers),
        queue_(size_max),
        timer_(timers.make_timer([this, on_wake = std::move(on_wake)]() {
          wake_at_ = Instant::max();
          on_wake();
        })) {}

  /// False when full.
  bool push(SessionId session, CallId call) { return queue_.push(session, call); }
  std::optional<CallId> pop() { return queue_.pop(); }
  size_t size() const { return queue_.size(); }
  void set_size_max(size_t size_max) { queue_.set_size_max(size_max); }
  /// Wakes at `when`, or earlier when it was to anyway.
  void wake_at(Instant when) {
    if (when < wake_at_) {
      wake_at_ = when;
      timer_->arm(when);
    }
  }
  void wake() {
    if (queue_.size() > 0) {
      wake_at(timers_.now());
    }
  }

 private:
  Timers& timers_;
  FairQueue queue_;
  Instant wake_at_ = Instant::max();
  std::unique_ptr<Timer> timer_;
};

}  // namespace sidecar
