#include "mock/evm_methods.h"

#include <algorithm>
#include <array>

#include "mock/evm_json.h"
#include "rpc/byte_text.h"
#include "rpc/keccak.h"
#include "rpc/rpc_error.h"

// The table, and the methods about the node, blocks and transactions. Those about fees, state and
// logs are in evm_methods_state.cc.

namespace sidecar {

namespace {

MethodReply null_reply() {
  return MethodReply::result("null");
}

MethodReply quantity_reply(Wide number) {
  return MethodReply::text_result(to_quantity(number));
}

/// Orphaned blocks are known by their hashes only, and a call is about one block.
std::optional<size_t> orphan_view_of(const EvmChain& chain, const JsonValue& params) {
  if (!chain.has_orphans()) {
    return std::nullopt;
  }
  for (const JsonValue& param : params.items()) {
    const JsonValue& named = param.is_object() ? param["blockHash"] : param;
    const auto hash = from_hex(named.as_string().value_or(""));
    if (const auto view = hash ? chain.orphan_view(*hash) : std::nullopt) {
      return view;
    }
  }
  return std::nullopt;
}

}  // namespace

struct EvmMethods::Row {
  std::string_view name;
  size_t params_min;
  size_t params_max;
  MethodReply (EvmMethods::*answer)(const JsonValue&, Millis);
};

const EvmMethods::Row* EvmMethods::find_row(std::string_view method) {
  static constexpr std::array<Row, 42> kRows{{
      {"eth_accounts", 0, 0, &EvmMethods::no_accounts},
      {"eth_blobBaseFee", 0, 0, &EvmMethods::blob_base_fee},
      {"eth_blockNumber", 0, 0, &EvmMethods::block_number},
      {"eth_call", 1, 4, &EvmMethods::eth_call},
      {"eth_chainId", 0, 0, &EvmMethods::chain_id},
      {"eth_estimateGas", 1, 4, &EvmMethods::estimate_gas},
      {"eth_feeHistory", 2, 3, &EvmMethods::fee_history},
      {"eth_gasPrice", 0, 0, &EvmMethods::gas_price},
      {"eth_getBalance", 1, 2, &EvmMethods::balance},
      {"eth_getBlockByHash", 1, 2, &EvmMethods::block_by_number},
      {"eth_getBlockByNumber", 1, 2, &EvmMethods::block_by_number},
      {"eth_getBlockReceipts", 1, 1, &EvmMethods::block_receipts},
      {"eth_getBlockTransactionCountByHash", 1, 1, &EvmMethods::transaction_count_of_block},
      {"eth_getBlockTransactionCountByNumber", 1, 1, &EvmMethods::transaction_count_of_block},
      {"eth_getCode", 1, 2, &EvmMethods::code},
      {"eth_getFilterChanges", 1, 1, &EvmMethods::filter_changes},
      {"eth_getFilterLogs", 1, 1, &EvmMethods::filter_logs},
      {"eth_getLogs", 1, 1, &EvmMethods::logs},
      {"eth_getStorageAt", 2, 3, &EvmMethods::storage},
      {"eth_getTransactionByBlockHashAndIndex", 2, 2, &EvmMethods::transaction_in_block},
      {"eth_getTransactionByBlockNumberAndIndex", 2, 2, &EvmMethods::transaction_in_block},
      {"eth_getTransactionByHash", 1, 1, &EvmMethods::transaction_by_hash},
      {"eth_getTransactionCount", 1, 2, &EvmMethods::nonce},
      {"eth_getTransactionReceipt", 1, 1, &EvmMethods::transaction_receipt},
      {"eth_getUncleCountByBlockHash", 1, 1, &EvmMethods::uncle_count},
      {"eth_getUncleCountByBlockNumber", 1, 1, &EvmMethods::uncle_count},
      {"eth_maxPriorityFeePerGas", 0, 0, &EvmMethods::priority_fee},
      {"eth_mining", 0, 0, &EvmMethods::always_false},
      {"eth_newBlockFilter", 0, 0, &EvmMethods::new_block_filter},
      {"eth_newFilter", 1, 1, &EvmMethods::new_filter},
      {"eth_newPendingTransactionFilter", 0, 1, &EvmMethods::new_pending_filter},
      {"eth_sendRawTransaction", 1, 1, &EvmMethods::send_raw_transaction},
      {"eth_subscribe", 0, 8, &EvmMethods::no_notifications},
      {"eth_syncing", 0, 0, &EvmMethods::always_false},
      {"eth_uninstallFilter", 1, 1, &EvmMethods::uninstall_filter},
      {"eth_unsubscribe", 0, 8, &EvmMethods::no_notifications},
      {"net_listening", 0, 0, &EvmMethods::always_true},
      {"net_peerCount", 0, 0, &EvmMethods::peer_count},
      {"net_version", 0, 0, &EvmMethods::net_version},
      {"web3_clientVersion", 0, 0, &EvmMethods::client_version},
      {"web3_sha3", 1, 1, &EvmMethods::sha3},
      {"~", 0, 0, nullptr},  // after every name, so that the search always ends on a row
  }};
  static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                               [](const Row& a, const Row& b) { return a.name < b.name; }));
  const Row* row =
      std::lower_bound(kRows.begin(), kRows.end() - 1, method,
                       [](const Row& each, std::string_view name) { return each.name < name; });
  return row->name == method && row->answer != nullptr ? row : nullptr;
}

std::optional<MethodReply> EvmMethods::call(std::string_view method, const JsonValue& params,
                                            Millis now) {
  const Row* row = find_row(method);
  if (row == nullptr) {
    return std::nullopt;
  }
  if (params.is_object()) {
    return MethodReply::invalid_params("non-array args");
  }
  if (params.size() > row->params_max) {
    return MethodReply::invalid_params("too many arguments, want at most " +
                                       std::to_string(row->params_max));
  }
  if (params.size() < row->params_min) {
    return MethodReply::invalid_params("missing value for required argument " +
                                       std::to_string(params.size()));
  }
  const auto view = orphan_view_of(chain_, params);
  chain_.set_view(view);
  MethodReply reply = (this->*row->answer)(params, now);
  chain_.set_view(std::nullopt);
  return reply;
}

Status EvmMethods::reorganise(uint64_t from, uint64_t salt, Millis now) {
  if (from > 0 && from <= chain_.head(now)) {
    filters_.on_reorganise(from);
  }
  return chain_.reorganise(from, salt, now);
}

MethodReply EvmMethods::client_version(const JsonValue&, Millis) {
  return MethodReply::text_result("rpc-sidecar-mock/evm/seed-" +
                                  std::to_string(chain_.options().seed));
}

MethodReply EvmMethods::sha3(const JsonValue& params, Millis) {
  const auto bytes = from_hex(params.at(0).as_string().value_or(""));
  if (!bytes) {
    return MethodReply::invalid_params("invalid argument 0: want hex bytes");
  }
  return MethodReply::text_result(to_hex(keccak256(*bytes)));
}

MethodReply EvmMethods::net_version(const JsonValue&, Millis) {
  return MethodReply::text_result(std::to_string(chain_.options().chain_id));
}

MethodReply EvmMethods::always_true(const JsonValue&, Millis) {
  return MethodReply::result("true");
}

MethodReply EvmMethods::always_false(const JsonValue&, Millis) {
  return MethodReply::result("false");
}

MethodReply EvmMethods::peer_count(const JsonValue&, Millis) {
  return quantity_reply(50);
}

MethodReply EvmMethods::no_accounts(const JsonValue&, Millis) {
  return MethodReply::result("[]");
}

MethodReply EvmMethods::no_notifications(const JsonValue&, Millis) {
  return MethodReply::error(kMethodNotFoundCode, "notifications not supported");
}

MethodReply EvmMethods::chain_id(const JsonValue&, Millis) {
  return quantity_reply(chain_.options().chain_id);
}

MethodReply EvmMethods::block_number(const JsonValue&, Millis now) {
  return quantity_reply(chain_.head(now));
}

/// By hash as well: a block parameter is a number, a tag or a hash.
MethodReply EvmMethods::block_by_number(const JsonValue& params, Millis now) {
  const auto ref = block_param(params, 0, chain_, now);
  if (!ref.ok()) {
    return MethodReply::invalid_params(ref.error().detail);
  }
  if (!ref.value().is_known) {
    return null_reply();
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  EvmBlock block = chain_.block(ref.value().number);
  if (ref.value().is_pending) {
    std::erase_if(block.transactions, [](const EvmTransaction& each) { return !each.is_sent; });
  }
  write_evm_block(writer, chain_, block, params.at(1).as_bool().value_or(false),
                  ref.value().is_pending);
  return reply;
}

MethodReply EvmMethods::block_receipts(const JsonValue& params, Millis now) {
  const auto ref = block_param(params, 0, chain_, now);
  if (!ref.ok()) {
    return MethodReply::invalid_params(ref.error().detail);
  }
  if (!ref.value().is_known || ref.value().is_pending) {
    return null_reply();
  }
  const EvmBlock block = chain_.block(ref.value().number);
  MethodReply reply;
  JsonWriter writer(reply.json);
  writer.begin_array();
  for (size_t i = 0; i < block.transactions.size(); ++i) {
    write_evm_receipt(writer, chain_, block, i);
  }
  writer.end_array();
  return reply;
}

MethodReply EvmMethods::transaction_count_of_block(const JsonValue& params, Millis now) {
  const auto ref = block_param(params, 0, chain_, now);
  if (!ref.ok()) {
    return MethodReply::invalid_params(ref.error().detail);
  }
  if (!ref.value().is_known) {
    return null_reply();
  }
  return quantity_reply(chain_.block(ref.value().number).transactions.size());
}

MethodReply EvmMethods::uncle_count(const JsonValue& params, Millis now) {
  const auto ref = block_param(params, 0, chain_, now);
  if (!ref.ok()) {
    return MethodReply::invalid_params(ref.error().detail);
  }
  return ref.value().is_known ? quantity_reply(0) : null_reply();
}

MethodReply EvmMethods::transaction_in_block(const JsonValue& params, Millis now) {
  const auto ref = block_param(params, 0, chain_, now);
  const auto index = quantity_param(params, 1);
  if (!ref.ok() || !index.ok()) {
    return MethodReply::invalid_params(ref.ok() ? index.error().detail : ref.error().detail);
  }
  if (!ref.value().is_known || ref.value().is_pending) {
    return null_reply();
  }
  const EvmBlock block = chain_.block(ref.value().number);
  if (index.value() >= block.transactions.size()) {
    return null_reply();
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  write_evm_transaction(writer, chain_, block.transactions[index.value()], false);
  return reply;
}

MethodReply EvmMethods::transaction_by_hash(const JsonValue& params, Millis now) {
  const auto hash = bytes_param(params, 0, 32);
  if (!hash.ok()) {
    return MethodReply::invalid_params(hash.error().detail);
  }
  const auto transaction = chain_.transaction(hash.value());
  const uint64_t head = chain_.head(now);
  const bool is_pending = transaction && transaction->block > head;
  // What is made up is pending while its block is the next one, as EvmFeeds tell it.
  if (!transaction || (!transaction->is_sent && transaction->block > head + 1)) {
    return null_reply();
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  write_evm_transaction(writer, chain_, *transaction, is_pending);
  return reply;
}

MethodReply EvmMethods::transaction_receipt(const JsonValue& params, Millis now) {
  const auto hash = bytes_param(params, 0, 32);
  if (!hash.ok()) {
    return MethodReply::invalid_params(hash.error().detail);
  }
  const auto transaction = chain_.transaction(hash.value());
  if (!transaction || transaction->block > chain_.head(now)) {
    return null_reply();
  }
  MethodReply reply;
  JsonWriter writer(reply.json);
  write_evm_receipt(writer, chain_, chain_.block(transaction->block), transaction->index);
  return reply;
}

MethodReply EvmMethods::send_raw_transaction(const JsonValue& params, Millis now) {
  const auto raw = from_hex(params.at(0).as_string().value_or(""));
  if (!raw) {
    return MethodReply::invalid_params("invalid argument 0: want hex bytes");
  }
  auto sent = chain_.send(*raw, now);
  if (!sent.ok()) {
    return MethodReply::error(kServerErrorCode, sent.error().detail);
  }
  return MethodReply::text_result(to_hex(sent.value()));
}

}  // namespace sidecar
