#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "mock/chain_branch.h"
#include "mock/derivation.h"
#include "mock/evm_transaction.h"
#include "rpc/byte_text.h"

namespace sidecar {

struct EvmChainOptions {
  uint64_t seed = 1;
  uint64_t chain_id = 1;
  Millis block_time{12'000};
  Millis genesis_unix{0};  ///< when block 0 was made
};

struct EvmBlock {
  uint64_t number = 0;
  std::string hash;
  std::string parent_hash;
  uint64_t unix_seconds = 0;
  std::string miner;
  Wide base_fee = 0;
  uint64_t gas_used = 0;
  std::vector<EvmTransaction> transactions;
};

/// The history of an EVM chain as a pure function of seed and time: any block of it is made when it
/// is asked for, so it is an archive back to block 0, and every process with the same options has
/// the same chain. Only transactions that were sent to it are kept.
/// Not: no state is computed. Hashes are made up (a block's and a transaction's lead back to their
/// place), balances too; nonces, logs, blooms, gas sums and parent links agree with each other.
/// Units: time is passed in, as time since the Unix epoch.
/// Limits: kSentMax sent transactions are taken.  Owner: EvmMethods, by value.
class EvmChain {
 public:
  static constexpr size_t kSentMax = 100'000;
  static constexpr size_t kAccounts = 256;
  static constexpr size_t kTokens = 4;
  static constexpr uint64_t kBlocksToSafe = 32;
  static constexpr uint64_t kBlocksToFinalized = 64;

  explicit EvmChain(const EvmChainOptions& options);

  /// Takes a signed transaction; it is in the block after the head.
  /// Errors: kInvalid (not a transaction), kInUse (already known), kLimit; with a node's text.
  Result<std::string> send(std::string_view raw, Millis now);

  /// A real reorganisation: from now on the blocks from `from` on are others, of other hashes, and
  /// so is every second transaction made up for them; the rest, and what was sent, is in them too.
  /// Whoever reorganises chains of one seed in the same way gets the same chain.
  /// Errors: kInvalid for a block ahead of the head, or block 0; kLimit.
  Status reorganise(uint64_t from, uint64_t salt, Millis now);
  /// Looks at it as it was when a block was in it that is orphaned now; nullopt: as it is.
  void set_view(std::optional<size_t> view) { hashes_.set_view(view); }
  bool has_orphans() const { return hashes_.reorganisations() > 0; }
  /// Nullopt for a block that is in it, or never was.
  std::optional<size_t> orphan_view(std::string_view block_hash) const {
    return hashes_.orphan_view(block_hash);
  }

  /// Looks at it from a branch from now on; only hashes of blocks differ there.
  void set_branch(const std::optional<ChainBranch>& branch) { hashes_.set_branch(branch); }

  const EvmChainOptions& options() const { return options_; }
  const Derivation& derivation() const { return derivation_; }
  uint64_t head(Millis now) const;
  /// Requires, here and below: any number; whether the head has come there is for the caller.
  EvmBlock block(uint64_t number) const;
  std::string block_hash(uint64_t number) const;
  std::optional<uint64_t> number_of(std::string_view block_hash) const;
  uint64_t unix_seconds(uint64_t number) const;
  Wide base_fee(uint64_t number) const;
  std::optional<EvmTransaction> transaction(std::string_view hash) const;
  std::string transaction_hash(uint64_t block, uint64_t index) const;
  std::vector<EvmLog> logs(uint64_t block) const;
  /// Hashes of the sent transactions that are in this block.
  std::vector<std::string> sent_in(uint64_t block) const;
  /// Hashes of all sent transactions, in the order they came.
  const std::vector<std::string>& sent() const { return sent_order_; }

  const std::vector<std::string>& accounts() const { return accounts_; }
  const std::vector<std::string>& tokens() const { return tokens_; }
  bool is_token(std::string_view address) const;
  /// After this block.
  uint64_t nonce(std::string_view address, uint64_t block) const;
  Wide balance(std::string_view address, uint64_t block) const;
  Wide token_balance(std::string_view token, std::string_view address) const;
  uint8_t token_decimals(std::string_view token) const;

 private:
  static constexpr uint64_t kPeriod = 16;  // blocks after which the transaction counts repeat

  /// The few choices a made-up transaction follows from.
  struct Plan {
    enum class Kind { kValue, kToken, kFailedToken };
    Kind kind;
    size_t from;
    size_t to;
    size_t token;
    Wide amount;
    Wide priority_fee;
    bool is_legacy;
  };

  Plan plan(uint64_t serial, uint64_t block) const;
  /// What a made-up transaction is made from, in this block.
  const Derivation& maker(uint64_t serial, uint64_t block) const;
  std::optional<uint64_t> serial_of(std::string_view hash) const;
  /// The serial number, over the whole chain, of a block's first made-up transaction.
  uint64_t first_serial(uint64_t block) const;
  uint64_t made_count(uint64_t block) const { return counts_[block % kPeriod]; }
  uint64_t block_of(uint64_t serial) const;
  EvmTransaction made_transaction(uint64_t serial, uint64_t block, uint64_t index) const;
  EvmLog log_of(const Plan& plan) const;

  EvmChainOptions options_;
  Derivation derivation_;
  BlockHashes hashes_;
  std::array<uint64_t, kPeriod> counts_{};
  std::array<uint64_t, kPeriod + 1> counts_before_{};
  std::vector<std::string> accounts_;
  std::unordered_map<std::string, uint64_t> account_numbers_;
  std::vector<std::string> tokens_;
  std::vector<std::string> sent_order_;
  std::unordered_map<std::string, EvmTransaction> sent_;                // by hash
  std::unordered_map<uint64_t, std::vector<std::string>> sent_hashes_;  // by block
};

}  // namespace sidecar
