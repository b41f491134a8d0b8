#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_set>

namespace sidecar {

/// What events of which slots were seen, to tell repetitions: those of a slot that is not
/// remembered any more count as seen, so a source far behind tells nothing twice.
/// Limits: count_max events, by 64-bit digest; the oldest slot goes first, as a whole. A single
/// slot with more than that begins anew, and its repetitions may pass. Owner: an EventStream, by
/// value.
class SvmSlotMemory {
 public:
  explicit SvmSlotMemory(size_t count_max) : count_max_(count_max) {}

  /// False when it was there already, or its slot is forgotten.
  bool add(uint64_t slot, std::string_view text) {
    return add(slot, std::hash<std::string_view>()(text));
  }
  bool add(uint64_t slot, uint64_t digest) {
    if (slot < floor_ || !slots_[slot].insert(digest).second) {
      return false;
    }
    ++count_;
    shrink();
    return true;
  }
  /// add() would say false.
  bool contains(uint64_t slot, std::string_view text) const {
    const auto at = slots_.find(slot);
    return slot < floor_ ||
           (at != slots_.end() && at->second.contains(std::hash<std::string_view>()(text)));
  }
  /// All slots below count as seen from now on.
  void forget_below(uint64_t slot) {
    while (!slots_.empty() && slots_.begin()->first < slot) {
      count_ -= slots_.begin()->second.size();
      slots_.erase(slots_.begin());
    }
    floor_ = slot > floor_ ? slot : floor_;
  }
  size_t count() const { return count_; }

 private:
  void shrink() {
    while (count_ > count_max_ && slots_.size() > 1) {
      forget_below(slots_.begin()->first + 1);
    }
    if (count_ > count_max_) {
      slots_.begin()->second.clear();
      count_ = 0;
    }
  }

  size_t count_max_;
  size_t count_ = 0;
  uint64_t floor_ = 0;
  std::map<uint64_t, std::unordered_set<uint64_t>> slots_;
};

}  // namespace sidecar
