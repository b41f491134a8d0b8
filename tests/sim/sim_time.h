#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/slot_map.h"
#include "base/timers.h"

namespace sidecar::testing {

/// Virtual time on a heap: one event after another, those of one instant in the order in which they
/// were asked for. Timers come due on whole milliseconds, as the loop's do; other events are exact.
/// Owner: Simulation; outlives whatever holds a timer of it.
class SimTime final : public Timers {
 public:
  explicit SimTime(Millis unix_at_start) : unix_at_start_(unix_at_start) {}

  static constexpr Instant kStart{std::chrono::hours(1)};

  Instant now() const override { return now_; }
  Millis unix_now() const override {
    return unix_at_start_ + std::chrono::duration_cast<Millis>(now_ - kStart);
  }
  std::unique_ptr<Timer> make_timer(std::function<void()> on_due) override {
    return std::make_unique<SimTimer>(*this, std::move(on_due));
  }

  /// Runs `what` at `when`, or next when that is past. Returns its id for forget().
  uint64_t at(Instant when, std::function<void()> what) {
    const uint64_t id = events_.insert(std::move(what));
    heap_.push_back({std::max(when, now_), ++count_, id});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
    return id;
  }
  uint64_t after(Nanos pause, std::function<void()> what) {
    return at(now_ + pause, std::move(what));
  }
  void forget(uint64_t event) { events_.erase(event); }

  /// Runs the next event that is due until then; false: there is none, and it is `until` now.
  bool step(Instant until) {
    while (!heap_.empty() && heap_.front().when <= until) {
      std::pop_heap(heap_.begin(), heap_.end(), is_later);
      const Entry next = heap_.back();
      heap_.pop_back();
      std::function<void()>* found = events_.find(next.id);
      if (found == nullptr) {
        continue;
      }
      const std::function<void()> what = std::move(*found);
      events_.erase(next.id);
      turns_at_once_ = next.when == now_ ? turns_at_once_ + 1 : 0;
      now_ = next.when;
      what();
      return true;
    }
    now_ = std::max(now_, until);
    return false;
  }
  /// Events that have run since time last moved: many mean that something spins.
  uint64_t turns_at_once() const { return turns_at_once_; }

 private:
  struct Entry {
    Instant when;
    uint64_t order;
    uint64_t id;
  };
  struct SimTimer final : Timer {
    SimTimer(SimTime& the_time, std::function<void()> the_on_due)
        : time(the_time), on_due(std::move(the_on_due)) {}
    ~SimTimer() override { time.forget(event); }
    void arm(Instant when) override {
      time.forget(event);
      event = time.at(when == Instant::max() ? when : std::chrono::ceil<Millis>(when),
                      [this]() { on_due(); });
    }
    void cancel() override { time.forget(event); }

    SimTime& time;
    std::function<void()> on_due;
    uint64_t event = 0;
  };

  static bool is_later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Millis unix_at_start_;
  Instant now_ = kStart;
  SlotMap<std::function<void()>> events_;
  std::vector<Entry> heap_;
  uint64_t count_ = 0;
  uint64_t turns_at_once_ = 0;
};

}  // namespace sidecar::testing
