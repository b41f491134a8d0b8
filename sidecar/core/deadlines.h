#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/timers.h"

namespace sidecar {

/// Many deadlines on one timer, by id. Nothing is ever taken out early: whoever is told looks its
/// id up and expects a miss.
/// Limits: entries of the dead are swept out when they outnumber the living, so the heap stays
/// within twice the live ids plus a constant.
/// Owner: Dispatcher, by value.
class Deadlines {
 public:
  using OnDue = std::function<void(uint64_t id)>;
  using IsLive = std::function<bool(uint64_t id)>;
  Deadlines(Timers& timers, IsLive is_live, OnDue on_due);

  void add(Instant when, uint64_t id);
  size_t size() const { return heap_.size(); }
  /// What is due next; far away when nothing is.
  Instant earliest() const { return heap_.empty() ? Instant::max() : heap_.front().when; }

 private:
  struct Entry {
    Instant when;
    uint64_t id;
  };

  static bool is_later(const Entry& a, const Entry& b) { return a.when > b.when; }
  void run_due();
  void sweep();
  void arm();

  Timers& timers_;
  IsLive is_live_;
  OnDue on_due_;
  std::unique_ptr<Timer> timer_;
  std::vector<Entry> heap_;
  size_t sweep_at_;
  Instant armed_for_ = Instant::max();
};

}  // namespace sidecar
