#include "core/deadlines.h"

#include <algorithm>
#include <utility>

namespace sidecar {

namespace {

constexpr size_t kSweepAtLeast = 1'024;

}  // namespace

Deadlines::Deadlines(Timers& timers, IsLive is_live, OnDue on_due)
    : timers_(timers),
      is_live_(std::move(is_live)),
      on_due_(std::move(on_due)),
      timer_(timers.make_timer([this]() { run_due(); })),
      sweep_at_(kSweepAtLeast) {}

void Deadlines::add(Instant when, uint64_t id) {
  if (heap_.size() >= sweep_at_) {
    sweep();
  }
  heap_.push_back({when, id});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
  arm();
}

void Deadlines::run_due() {
  armed_for_ = Instant::max();
  const Instant now = timers_.now();
  while (!heap_.empty() && heap_.front().when <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const uint64_t id = heap_.back().id;
    heap_.pop_back();
    on_due_(id);
  }
  arm();
}

void Deadlines::sweep() {
  std::erase_if(heap_, [this](const Entry& entry) { return !is_live_(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), is_later);
  sweep_at_ = std::max(kSweepAtLeast, heap_.size() * 2);
}

void Deadlines::arm() {
  if (!heap_.empty() && heap_.front().when < armed_for_) {
    armed_for_ = heap_.front().when;
    timer_->arm(armed_for_);
  }
}

}  // namespace sidecar
