#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace sidecar {

/// Values under ids that are never used again: an id kept across loop turns can only miss, not
/// find a stranger. All steps are O(1).
/// Shape: id = generation << 32 | slot; never 0.
/// Limits: none of its own; the owner bounds size().
template <class T>
class SlotMap {
 public:
  /// Keeps `value` and returns its id.
  uint64_t insert(T value) {
    uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots_[slot].value.emplace(std::move(value));
    ++size_;
    return id_of(slot);
  }

  /// Null when the id is dead. The pointer lives until the next insert or erase.
  T* find(uint64_t id) {
    const size_t slot = static_cast<uint32_t>(id);
    if (slot >= slots_.size() || slots_[slot].generation != id >> 32 || !slots_[slot].value) {
      return nullptr;
    }
    return &*slots_[slot].value;
  }

  bool erase(uint64_t id) {
    if (find(id) == nullptr) {
      return false;
    }
    const auto slot = static_cast<uint32_t>(id);
    slots_[slot].value.reset();
    ++slots_[slot].generation;
    free_.push_back(slot);
    --size_;
    return true;
  }

  size_t size() const { return size_; }

  /// Calls visit(id, value) for each; visit must neither insert nor erase.
  template <class Visit>
  void for_each(Visit visit) {
    for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].value) {
        visit(id_of(slot), *slots_[slot].value);
      }
    }
  }

 private:
  struct Slot {
    uint32_t generation = 1;
    std::optional<T> value;
  };

  uint64_t id_of(uint32_t slot) const {
    return static_cast<uint64_t>(slots_[slot].generation) << 32 | slot;
  }

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t size_ = 0;
};

}  // namespace sidecar
