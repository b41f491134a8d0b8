#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "mock/evm_chain.h"
#include "mock/evm_filters.h"
#include "mock/evm_params.h"
#include "mock/method_reply.h"
#include "rpc/json_value.h"

namespace sidecar {

/// The JSON-RPC methods of an Ethereum node over a made-up chain: web3_clientVersion, web3_sha3,
/// net_*, and of eth_ the chain's head, blocks, transactions, receipts, logs, filters, state, fees,
/// eth_call and eth_sendRawTransaction; the whole list is the table in the .cc. What a node answers
/// with null, an empty list or an error, this does too: see EvmContract for reverts, find_logs()
/// for limits, EvmChain for what is made up.
/// Not: no eth_subscribe (HTTP has none, so geth's refusal; EvmFeeds), no debug_ and trace_.
/// Units: `now` is time since the Unix epoch.  Owner: MockProvider, by value.
class EvmMethods {
 public:
  explicit EvmMethods(const EvmChainOptions& options) : chain_(options), filters_(chain_) {}
  EvmMethods(const EvmMethods&) = delete;
  EvmMethods& operator=(const EvmMethods&) = delete;

  /// `params` is null, an array or an object. Nullopt: there is no such method.
  std::optional<MethodReply> call(std::string_view method, const JsonValue& params, Millis now);

  /// EvmChain::reorganise, for filters too.
  Status reorganise(uint64_t from, uint64_t salt, Millis now);

  const EvmChain& chain() const { return chain_; }
  EvmChain& chain() { return chain_; }

 private:
  struct Row;
  static const Row* find_row(std::string_view method);

  MethodReply client_version(const JsonValue& params, Millis now);
  MethodReply sha3(const JsonValue& params, Millis now);
  MethodReply net_version(const JsonValue& params, Millis now);
  MethodReply always_true(const JsonValue& params, Millis now);
  MethodReply always_false(const JsonValue& params, Millis now);
  MethodReply peer_count(const JsonValue& params, Millis now);
  MethodReply no_accounts(const JsonValue& params, Millis now);
  MethodReply no_notifications(const JsonValue& params, Millis now);
  MethodReply chain_id(const JsonValue& params, Millis now);

  MethodReply block_number(const JsonValue& params, Millis now);
  MethodReply block_by_number(const JsonValue& params, Millis now);
  MethodReply block_receipts(const JsonValue& params, Millis now);
  MethodReply transaction_count_of_block(const JsonValue& params, Millis now);
  MethodReply uncle_count(const JsonValue& params, Millis now);
  MethodReply transaction_in_block(const JsonValue& params, Millis now);
  MethodReply transaction_by_hash(const JsonValue& params, Millis now);
  MethodReply transaction_receipt(const JsonValue& params, Millis now);
  MethodReply send_raw_transaction(const JsonValue& params, Millis now);

  MethodReply gas_price(const JsonValue& params, Millis now);
  MethodReply priority_fee(const JsonValue& params, Millis now);
  MethodReply blob_base_fee(const JsonValue& params, Millis now);
  MethodReply fee_history(const JsonValue& params, Millis now);

  MethodReply balance(const JsonValue& params, Millis now);
  MethodReply nonce(const JsonValue& params, Millis now);
  MethodReply code(const JsonValue& params, Millis now);
  MethodReply storage(const JsonValue& params, Millis now);
  MethodReply eth_call(const JsonValue& params, Millis now);
  MethodReply estimate_gas(const JsonValue& params, Millis now);

  MethodReply logs(const JsonValue& params, Millis now);
  MethodReply new_filter(const JsonValue& params, Millis now);
  MethodReply new_block_filter(const JsonValue& params, Millis now);
  MethodReply new_pending_filter(const JsonValue& params, Millis now);
  MethodReply filter_changes(const JsonValue& params, Millis now);
  MethodReply filter_logs(const JsonValue& params, Millis now);
  MethodReply uninstall_filter(const JsonValue& params, Millis now);

  EvmChain chain_;
  EvmFilters filters_;
};

}  // namespace sidecar
