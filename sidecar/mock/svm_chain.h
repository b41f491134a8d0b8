#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "mock/chain_branch.h"
#include "mock/derivation.h"
#include "mock/svm_transaction.h"

namespace sidecar {

struct SvmChainOptions {
  uint64_t seed = 1;
  Millis slot_time{400};
  Millis genesis_unix{0};  ///< when slot 0 was made
};

enum class Commitment { kProcessed, kConfirmed, kFinalized };

/// What running a transaction comes to.
struct SvmExecution {
  enum class Fault {
    kNone,
    kAlreadyProcessed,
    kBlockhashNotFound,
    kAccountNotFound,
    kInsufficientFundsForFee,
    kInstruction,  ///< it lands, pays its fee, and has failed
  };
  Fault fault = Fault::kNone;
  size_t instruction = 0;  ///< the one that failed
  std::vector<uint64_t> balances_before;
  std::vector<uint64_t> balances_after;

  bool lands() const { return fault == Fault::kNone || fault == Fault::kInstruction; }
};

/// The history of a Solana cluster as a pure function of seed and time: slots, skipped ones too,
/// blocks and their transfers are made when asked for, so that all of it back to slot 0 is there
/// and every process with the same options has the same chain. Only what was sent to it is kept.
/// Not: the made-up transfers change no balance but by their fees; signatures are not verified; of
/// what clients send only transfers of the system program are carried out.
/// Units: time is passed in, as time since the Unix epoch.
/// Limits: kSentMax sent transactions.  Owner: SvmMethods, by value.
class SvmChain {
 public:
  static constexpr size_t kSentMax = 100'000;
  static constexpr size_t kWallets = 64;
  static constexpr uint64_t kBlockhashAgeMax = 150;  ///< in blocks

  explicit SvmChain(const SvmChainOptions& options);

  /// Takes a transaction, which is in the next block if it can run there; without preflight one
  /// that cannot is lost, as on the real network.
  /// Errors: kLimit.
  Status send(SvmTransaction transaction, Millis now);
  /// Sends lamports from the faucet and returns the signature. Errors: kLimit.
  Result<std::string> airdrop(std::string_view to, uint64_t lamports, Millis now);

  /// Looks at it from a branch from now on; only blockhashes differ there.
  void set_branch(const std::optional<ChainBranch>& branch) { hashes_.set_branch(branch); }

  const Derivation& derivation() const { return derivation_; }
  Millis slot_time() const { return options_.slot_time; }
  /// The newest slot, which may have been skipped.
  uint64_t newest_slot(Millis now) const;
  Millis slot_begin(uint64_t slot) const {
    return options_.genesis_unix + options_.slot_time * static_cast<int64_t>(slot);
  }
  /// The newest block of this commitment.
  uint64_t slot(Millis now, Commitment commitment) const;
  /// Requires, here and below: any slot; whether the chain has come there is for the caller.
  bool is_skipped(uint64_t slot) const { return is_skipped_[slot % kPeriod]; }
  uint64_t next_block_slot(uint64_t slot) const;
  uint64_t parent_slot(uint64_t slot) const;
  uint64_t block_height(uint64_t slot) const;
  uint64_t unix_seconds(uint64_t slot) const;
  std::string blockhash(uint64_t slot) const;
  std::optional<uint64_t> slot_of(std::string_view blockhash) const;
  bool is_blockhash_valid(std::string_view blockhash, uint64_t slot) const;
  std::string leader(uint64_t slot) const;
  std::vector<SvmTransaction> transactions(uint64_t slot) const;
  uint64_t transaction_count(uint64_t slot) const;
  std::optional<SvmTransaction> transaction(std::string_view signature) const;

  /// Which transactions to list, newest first.
  struct HistoryQuery {
    std::string_view address = {};
    uint64_t slot_max = 0;
    std::string_view before = {};  ///< signatures; empty = no bound
    std::string_view until = {};
    size_t limit = 1'000;
  };
  std::vector<SvmTransaction> history(const HistoryQuery& query) const;

  const std::vector<std::string>& wallets() const { return wallets_; }
  uint64_t balance(std::string_view key, uint64_t slot) const;
  /// As if it ran on top of this slot.
  SvmExecution execute(const SvmTransaction& transaction, uint64_t slot) const;

 private:
  static constexpr uint64_t kPeriod = 64;  // slots after which skips and counts repeat

  /// A place in the chain's order.
  using Position = std::pair<uint64_t, uint64_t>;  // slot, index

  uint64_t first_serial(uint64_t slot) const;
  uint64_t slot_of_serial(uint64_t serial) const;
  bool is_named(size_t wallet, uint64_t serial) const;
  SvmTransaction made_transaction(uint64_t serial) const;
  void add_sent_history(const HistoryQuery& query, std::vector<SvmTransaction>& out) const;
  void add_made_history(const HistoryQuery& query, std::vector<SvmTransaction>& out) const;
  Position position_before(const HistoryQuery& query) const;

  SvmChainOptions options_;
  Derivation derivation_;
  BlockHashes hashes_;
  std::array<bool, kPeriod> is_skipped_{};
  std::array<uint64_t, kPeriod + 1> blocks_before_{};
  std::array<uint64_t, kPeriod + 1> transactions_before_{};
  std::vector<std::string> wallets_;
  std::unordered_map<std::string, uint64_t> wallet_numbers_;
  std::vector<std::string> sent_order_;                                     // signatures
  std::unordered_map<std::string, SvmTransaction> sent_;                    // by signature
  std::unordered_map<uint64_t, std::vector<std::string>> sent_signatures_;  // by slot
  std::unordered_map<std::string, std::vector<std::pair<uint64_t, int64_t>>> changes_;  // by key
};

}  // namespace sidecar
