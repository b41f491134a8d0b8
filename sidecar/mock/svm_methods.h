#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "mock/method_reply.h"
#include "mock/svm_accounts.h"
#include "mock/svm_chain.h"
#include "mock/svm_params.h"
#include "rpc/json_value.h"

namespace sidecar {

/// The JSON-RPC methods of a Solana node over a made-up cluster: health, slots, blocks, accounts,
/// SPL token accounts, transactions and their statuses, fees, airdrops, sending and simulating; the
/// whole list is the table in the .cc. Commitments lag behind the newest slot by 0, 1 and 32 slots.
/// Errors carry Agave's codes: -32002 (preflight), -32004 and -32007 (no such block, skipped slot),
/// -32015 (version), -32016 (minContextSlot).
/// Not: no subscriptions (SvmFeeds); the encoding base64+zstd is refused.
/// Units: `now` is time since the Unix epoch.  Owner: MockProvider, by value.
class SvmMethods {
 public:
  explicit SvmMethods(const SvmChainOptions& options) : chain_(options), accounts_(chain_) {}
  SvmMethods(const SvmMethods&) = delete;
  SvmMethods& operator=(const SvmMethods&) = delete;

  /// `params` is null, an array or an object. Nullopt: there is no such method.
  std::optional<MethodReply> call(std::string_view method, const JsonValue& params, Millis now);

  const SvmChain& chain() const { return chain_; }
  SvmChain& chain() { return chain_; }
  const SvmAccounts& accounts() const { return accounts_; }

 private:
  struct Row;
  static const Row* find_row(std::string_view method);

  MethodReply health(const JsonValue& params, Millis now);
  MethodReply version(const JsonValue& params, Millis now);
  MethodReply genesis_hash(const JsonValue& params, Millis now);
  MethodReply identity(const JsonValue& params, Millis now);
  MethodReply slot(const JsonValue& params, Millis now);
  MethodReply newest_slot(const JsonValue& params, Millis now);
  MethodReply first_slot(const JsonValue& params, Millis now);
  MethodReply block_height(const JsonValue& params, Millis now);
  MethodReply transaction_count(const JsonValue& params, Millis now);
  MethodReply epoch_info(const JsonValue& params, Millis now);
  MethodReply epoch_schedule(const JsonValue& params, Millis now);
  MethodReply slot_leader(const JsonValue& params, Millis now);
  MethodReply slot_leaders(const JsonValue& params, Millis now);
  MethodReply latest_blockhash(const JsonValue& params, Millis now);
  MethodReply is_blockhash_valid(const JsonValue& params, Millis now);
  MethodReply performance_samples(const JsonValue& params, Millis now);

  MethodReply balance(const JsonValue& params, Millis now);
  MethodReply account_info(const JsonValue& params, Millis now);
  MethodReply multiple_accounts(const JsonValue& params, Millis now);
  MethodReply program_accounts(const JsonValue& params, Millis now);
  MethodReply token_accounts_by_owner(const JsonValue& params, Millis now);
  MethodReply token_account_balance(const JsonValue& params, Millis now);
  MethodReply token_supply(const JsonValue& params, Millis now);
  MethodReply rent_exemption(const JsonValue& params, Millis now);

  MethodReply block(const JsonValue& params, Millis now);
  MethodReply block_time(const JsonValue& params, Millis now);
  MethodReply blocks(const JsonValue& params, Millis now);
  MethodReply blocks_with_limit(const JsonValue& params, Millis now);
  MethodReply transaction(const JsonValue& params, Millis now);
  MethodReply signature_statuses(const JsonValue& params, Millis now);
  MethodReply signatures_for_address(const JsonValue& params, Millis now);

  MethodReply fee_for_message(const JsonValue& params, Millis now);
  MethodReply prioritization_fees(const JsonValue& params, Millis now);
  MethodReply send_transaction(const JsonValue& params, Millis now);
  MethodReply simulate_transaction(const JsonValue& params, Millis now);
  MethodReply request_airdrop(const JsonValue& params, Millis now);

  SvmChain chain_;
  SvmAccounts accounts_;
};

/// For the methods only: the slot a call is answered at.
struct SvmContext {
  uint64_t slot = 0;
  SvmConfig config;
  std::optional<MethodReply> refusal;  ///< set instead: bad configuration, or minContextSlot ahead
};
SvmContext svm_context(const SvmChain& chain, const JsonValue& params, size_t config_index,
                       Millis now, SvmEncoding encoding = SvmEncoding::kBinary);
/// The block of a slot with these of its transactions, as getBlock and blockSubscribe write it.
MethodReply svm_block(const SvmChain& chain, uint64_t slot,
                      const std::vector<SvmTransaction>& transactions, const JsonValue& config,
                      SvmEncoding encoding);
/// `{"context":{"apiVersion","slot"},"value":...}` around what `write_value` writes.
MethodReply svm_reply_in_context(uint64_t slot,
                                 const std::function<void(JsonWriter&)>& write_value);

}  // namespace sidecar
