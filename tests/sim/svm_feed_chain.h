#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

/// How sure a block is. Solana's words: processed, confirmed, finalized.
enum class SvmLevel : uint8_t { kProcessed, kConfirmed, kFinalized };
std::string_view svm_level_name(SvmLevel level);
/// Of a subscription's or a call's params; what is not said is finalized.
SvmLevel svm_level_of(std::string_view params);

struct SvmFeedTransaction {
  std::string signature;
  uint64_t slot = 0;
  bool is_failed = false;
  std::array<bool, 4> mentions{};  ///< by account
};

/// One account's state after one transaction.
struct SvmFeedChange {
  size_t account = 0;
  uint64_t lamports = 0;  ///< 0 = the account is gone
};

struct SvmFeedBlock {
  uint64_t slot = 0;
  uint64_t parent = 0;
  std::vector<SvmFeedTransaction> transactions;
  std::vector<SvmFeedChange> changes;
};

/// A cluster without forks: blocks in some of its slots, and what became of its accounts. What is
/// true; nodes see it late. Within a slot an account is never twice in one state, for no listener
/// could tell that from a repetition.
/// Owner: SvmFeedSimulation, by value.
class SvmFeedChain {
 public:
  static constexpr size_t kAccounts = 4;  ///< all but the first are the program's

  explicit SvmFeedChain(Random& random);

  void grow();

  const std::deque<SvmFeedBlock>& blocks() const { return blocks_; }
  /// How many blocks have reached the level for who has seen that many.
  static size_t count(SvmLevel level, size_t seen);
  /// Likewise of now.
  size_t count(SvmLevel level) const { return count(level, blocks_.size()); }
  /// The first block of a slot not below; count() of all when there is none.
  size_t index_of(uint64_t slot) const;
  /// 0 when there is none.
  uint64_t slot_before(size_t count) const { return count == 0 ? 0 : blocks_[count - 1].slot; }
  const SvmFeedTransaction* find(std::string_view signature) const;
  /// The account after the first `count` blocks.
  uint64_t lamports(size_t account, size_t count) const;
  /// Was the account in this state in that slot, during it or at its end?
  bool had(size_t account, uint64_t slot, uint64_t lamports) const;
  bool has_changed(size_t account, uint64_t after_slot, uint64_t to_slot) const;
  uint64_t made() const { return made_; }

  // As providers write it.
  static std::string name_of(size_t account) { return "Acc" + std::to_string(account); }
  /// Number of the transaction, from 0 on.
  static std::string signature(uint64_t number) { return "Sig" + std::to_string(number); }
  static std::string account_text(uint64_t lamports);
  static std::string keyed_text(const SvmFeedChange& change);
  static std::string_view err_text(const SvmFeedTransaction& transaction);
  static std::string logs_list(const SvmFeedTransaction& transaction);
  static std::string logs_text(const SvmFeedTransaction& transaction);
  static std::string block_text(const SvmFeedBlock& block);
  static std::string in_context(uint64_t slot, std::string_view value);

 private:
  struct State {
    uint64_t slot;
    uint64_t lamports;
  };

  void add_transaction(SvmFeedBlock& block);
  void change(SvmFeedBlock& block, size_t account);

  Random& random_;
  std::deque<SvmFeedBlock> blocks_;
  std::array<std::vector<State>, kAccounts> states_;
  std::unordered_map<std::string, std::pair<size_t, size_t>> places_;  ///< by signature
  uint64_t made_ = 0;
  uint64_t next_lamports_ = 1;
};

}  // namespace sidecar::testing
