#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// What a signed transaction says about itself before any node has seen it: the name it will be
/// known by, and what it builds on. For the calls that send one only; costs microseconds.
/// Not: no signature is verified and no field beyond these is read; a node will judge them.
/// Errors: nullopt for params that hold no such transaction.

/// `0x` and 64 digits, from the params of eth_sendRawTransaction and its kin. A blob transaction is
/// sent with its blobs but hashed without: they are not even converted.
/// Source: EIP-2718; EIP-4844 and EIP-7594 (network form of type 3).
std::optional<std::string> evm_transaction_hash(std::string_view params);

struct SvmTransactionFacts {
  std::string signature;  ///< the first one, base58: the transaction's name
  std::string blockhash;  ///< base58; of a nonce account when it is a durable transaction
};
/// From the params of sendTransaction and simulateTransaction: base58 unless the config's encoding
/// says base64; legacy or version 0.
/// Source: solana.com/docs/core/transactions (wire format).
std::optional<SvmTransactionFacts> svm_transaction_facts(std::string_view params);

/// `value.blockhash` of what getLatestBlockhash answered.
std::optional<std::string> blockhash_in(std::string_view result);

}  // namespace sidecar
