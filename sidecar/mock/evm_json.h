#pragma once

#include <string>
#include <string_view>

#include "mock/evm_chain.h"
#include "rpc/json_writer.h"

namespace sidecar {

/// The JSON forms of the execution API (ethereum/execution-apis), as geth writes them.

inline constexpr uint64_t kEvmGasLimit = 36'000'000;  ///< of every block

/// A block that is not mined yet has no hash, miner and nonce.
void write_evm_block(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block,
                     bool has_whole_transactions, bool is_pending);
/// What a newHeads subscription is told: a block without transactions, uncles and size.
void write_evm_head(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block);
/// A transaction that is not mined yet has no block.
void write_evm_transaction(JsonWriter& writer, const EvmChain& chain,
                           const EvmTransaction& transaction, bool is_pending);
/// Requires: `block` is the one it is in.
void write_evm_receipt(JsonWriter& writer, const EvmChain& chain, const EvmBlock& block,
                       size_t index);
/// `is_removed`: its block is one no more.
void write_evm_log(JsonWriter& writer, const EvmChain& chain, const EvmLog& log,
                   bool is_removed = false);

/// What a transaction pays for each gas in a block of this base fee.
Wide effective_gas_price(const EvmTransaction& transaction, Wide base_fee);

}  // namespace sidecar
