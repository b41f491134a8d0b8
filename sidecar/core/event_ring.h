#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/feed_types.h"

namespace sidecar {

/// The latest events of one feed, for workers that resume.
/// Limits: count_max events and bytes_max bytes, oldest out first; the newest always stays. Owner:
/// Feed, by value.
class EventRing {
 public:
  struct Kept {
    uint64_t seq;
    EventKind kind;
    std::string value;
  };

  EventRing(size_t count_max, size_t bytes_max) : count_max_(count_max), bytes_max_(bytes_max) {}

  void add(uint64_t seq, EventKind kind, std::string_view value) {
    kept_.push_back({seq, kind, std::string(value)});
    bytes_ += value.size();
    while (kept_.size() > 1 && (kept_.size() > count_max_ || bytes_ > bytes_max_)) {
      bytes_ -= kept_.front().value.size();
      kept_.pop_front();
    }
  }

  /// Are all events after this one here? `newest` is the feed's last.
  bool has_all_after(uint64_t seq, uint64_t newest) const {
    return seq == newest || (seq < newest && !kept_.empty() && kept_.front().seq <= seq + 1);
  }
  const std::deque<Kept>& kept() const { return kept_; }

 private:
  size_t count_max_;
  size_t bytes_max_;
  size_t bytes_ = 0;
  std::deque<Kept> kept_;
};

}  // namespace sidecar
