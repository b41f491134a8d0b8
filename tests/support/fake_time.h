#pragma once

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/timers.h"

namespace sidecar::testing {

/// Virtual time: stands still until a test moves it, then fires what is due, in order.
class FakeTime final : public Timers {
 public:
  Instant now() const override { return now_; }
  Millis unix_now() const override {
    return unix_at_start + std::chrono::duration_cast<Millis>(now_ - kStart);
  }

  std::unique_ptr<Timer> make_timer(std::function<void()> on_due) override {
    return std::make_unique<FakeTimer>(*this, std::move(on_due));
  }

  /// Moves time on, step by step through every timer that comes due.
  void advance(Nanos by) {
    const Instant until = now_ + by;
    while (FakeTimer* next = earliest(until)) {
      now_ = std::max(now_, next->when);
      next->is_armed = false;
      next->on_due();
    }
    now_ = until;
  }

  /// Wall time when the clock began: 21 November 2026, noon.
  Millis unix_at_start{1'795'262'400'000};

 private:
  struct FakeTimer final : Timer {
    FakeTimer(FakeTime& the_time, std::function<void()> the_on_due)
        : time(the_time), on_due(std::move(the_on_due)) {
      time.timers_.insert(this);
    }
    ~FakeTimer() override { time.timers_.erase(this); }
    void arm(Instant at) override {
      when = at;
      is_armed = true;
    }
    void cancel() override { is_armed = false; }

    FakeTime& time;
    std::function<void()> on_due;
    Instant when;
    bool is_armed = false;
  };

  FakeTimer* earliest(Instant until) const {
    FakeTimer* found = nullptr;
    for (FakeTimer* timer : timers_) {
      if (timer->is_armed && timer->when <= until &&
          (found == nullptr || timer->when < found->when)) {
        found = timer;
      }
    }
    return found;
  }

  static constexpr Instant kStart{std::chrono::hours(1)};
  Instant now_ = kStart;
  std::set<FakeTimer*> timers_;
};

}  // namespace sidecar::testing
