#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>

namespace sidecar {

/// Things that wait, taken in turn by sender: one sender's hundred do not delay another's one.
/// Limits: size_max over all senders; push refuses above it.
/// Owner: a channel, by value.
class FairQueue {
 public:
  explicit FairQueue(size_t size_max) : size_max_(size_max) {}

  /// False when full.
  bool push(uint64_t sender, uint64_t item) {
    if (size_ >= size_max_) {
      return false;
    }
    std::deque<uint64_t>& waiting = by_sender_[sender];
    if (waiting.empty()) {
      turns_.push_back(sender);
    }
    waiting.push_back(item);
    ++size_;
    return true;
  }

  /// The next sender's oldest.
  std::optional<uint64_t> pop() {
    return pop([](uint64_t) { return true; });
  }

  /// The oldest of the next sender that `may_go`; the turns of the others are kept.
  std::optional<uint64_t> pop(const std::function<bool(uint64_t sender)>& may_go) {
    const auto next = std::find_if(turns_.begin(), turns_.end(), may_go);
    if (next == turns_.end()) {
      return std::nullopt;
    }
    const uint64_t sender = *next;
    turns_.erase(next);
    const auto waiting = by_sender_.find(sender);
    const uint64_t item = waiting->second.front();
    waiting->second.pop_front();
    --size_;
    if (waiting->second.empty()) {
      by_sender_.erase(waiting);
    } else {
      turns_.push_back(sender);
    }
    return item;
  }

  size_t size() const { return size_; }
  /// What waits already stays, however many.
  void set_size_max(size_t size_max) { size_max_ = size_max; }

 private:
  size_t size_max_;
  size_t size_ = 0;
  std::deque<uint64_t> turns_;
  std::unordered_map<uint64_t, std::deque<uint64_t>> by_sender_;
};

}  // namespace sidecar
