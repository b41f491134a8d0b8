#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace sidecar {

/// The texts seen lately, to tell repetitions.
/// Limits: `count_max`, oldest out first. Owner: an EventStream, by value.
class RecentSet {
 public:
  explicit RecentSet(size_t count_max) : count_max_(count_max) {}

  /// False when it was there already.
  bool add(std::string_view text) {
    const auto [at, is_new] = texts_.emplace(text);
    if (is_new) {
      order_.push_back(&*at);
      if (order_.size() > count_max_) {
        texts_.erase(*order_.front());
        order_.pop_front();
      }
    }
    return is_new;
  }
  void remove(std::string_view text) {
    const auto at = texts_.find(std::string(text));
    if (at != texts_.end()) {
      std::erase(order_, &*at);
      texts_.erase(at);
    }
  }
  bool contains(std::string_view text) const { return texts_.contains(std::string(text)); }

 private:
  size_t count_max_;
  std::unordered_set<std::string> texts_;
  std::deque<const std::string*> order_;  ///< nodes of a set stay where they are
};

}  // namespace sidecar
