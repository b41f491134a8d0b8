#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar {

/// What the events of Solana's subscriptions, and the answers that stand in for them, say about
/// their place. Views point into the text. Nullopt stands for what is not what it should be.

/// `{"context":{"slot":9},"value":...}`: most events and many answers.
struct SvmEvent {
  uint64_t slot = 0;
  std::string_view value;  ///< the lexeme
};
std::optional<SvmEvent> svm_event(std::string_view text);
/// An event as a node writes it.
std::string svm_event_text(uint64_t slot, std::string_view value);

/// An account's state in short: lamports, data, owner, executable. How a provider writes the rest
/// (rentEpoch, space) differs by its version. One that is not there and one without lamports are
/// the same.
uint64_t svm_account_digest(std::string_view account);
/// As accountSubscribe tells of an account that is there no more, where getAccountInfo says null.
/// `encoding`: the subscription's, empty for the default.
std::string svm_gone_account(std::string_view encoding);

/// `{"pubkey":"...","account":{...}}` of programSubscribe and getProgramAccounts.
struct SvmKeyedAccount {
  std::string_view pubkey;
  std::string_view account;
};
std::optional<SvmKeyedAccount> svm_keyed_account(std::string_view value);

/// The `signature` member, of an event of logsSubscribe; empty = none.
std::string_view svm_signature(std::string_view value);
/// One row of getSignaturesForAddress.
struct SvmSignatureRow {
  uint64_t slot = 0;
  std::string signature;
};
/// The newest first, as they come.
std::optional<std::vector<SvmSignatureRow>> svm_signature_rows(std::string_view result);
/// What logsSubscribe tells as `value` of this transaction; `transaction`: result of
/// getTransaction. A node that keeps no logs has an empty list of them.
std::optional<std::string> svm_logs_value(std::string_view signature, std::string_view transaction);

/// processed 0, confirmed 1, finalized 2; anything else is taken for the default, finalized.
int svm_commitment_rank(std::string_view commitment);
/// What getSignatureStatuses says of the one signature that it was asked for.
struct SvmStatus {
  bool is_found = false;
  uint64_t slot = 0;
  int rank = 0;          ///< svm_commitment_rank()
  std::string_view err;  ///< the lexeme
};
std::optional<SvmStatus> svm_status(std::string_view result);

/// An event of slotSubscribe.
struct SvmSlot {
  uint64_t slot = 0;
  uint64_t parent = 0;
};
std::optional<SvmSlot> svm_slot(std::string_view value);
/// getBlocks: ascending, none out of the bounds that it was asked for.
std::optional<std::vector<uint64_t>> svm_slot_list(std::string_view result, uint64_t from,
                                                   uint64_t to);

/// An event of slotsUpdatesSubscribe without when its node saw it: equal for equal events of two
/// nodes.
std::string svm_timeless(std::string_view value);

}  // namespace sidecar
