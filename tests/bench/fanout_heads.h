#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {

/// Headers of a chain of its own, as newHeads tells those of Ethereum: some 1.6 KB each, every one
/// the child of the one before.
/// Limits: remembers the kKept latest. Owner: Fanout, by value.
class FanoutHeads {
 public:
  FanoutHeads();
  /// The next header; the view lives until kKept more were made.
  std::string_view make_next();
  /// Of the header made last; the first one is there from the start.
  uint64_t newest() const { return newest_; }
  /// Requires: among the kKept latest.
  std::string_view header(uint64_t number) const { return kept_[number % kKept]; }

  static constexpr uint64_t kKept = 1'024;

 private:
  void make(uint64_t number);

  uint64_t newest_;
  std::vector<std::string> kept_;
};

/// A number as Ethereum writes it: 0x and hex digits, no leading zeros.
std::string quantity(uint64_t number);

}  // namespace sidecar::testing
