#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sidecar {

/// How often each transaction was sent to a mock provider: what a test of writes wants to know.
/// Limits: kTransactionsMax different ones are told apart; later ones are only counted.
/// Owner: MockStats, by value.
class TransactionLedger {
 public:
  static constexpr size_t kTransactionsMax = 10'000;

  /// Counts a call if it sends a transaction. `params` is its text.
  void note(std::string_view method, std::string_view params);

  size_t distinct() const { return arrivals_.size(); }
  /// How often the one came that came most often.
  uint64_t repeats_max() const { return repeats_max_; }
  uint64_t untracked() const { return untracked_; }
  /// {"distinct":N,"max_repeats":M,"untracked":U}
  std::string json() const;

 private:
  std::unordered_map<std::string, uint64_t> arrivals_;  ///< by digest
  uint64_t repeats_max_ = 0;
  uint64_t untracked_ = 0;
};

}  // namespace sidecar
