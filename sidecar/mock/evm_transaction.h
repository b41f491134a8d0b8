#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rpc/byte_text.h"

namespace sidecar {

/// The event of an ERC-20 token, `Transfer(address,address,uint256)`.
struct EvmLog {
  std::string address;              ///< of the token
  std::vector<std::string> topics;  ///< 32 bytes each
  std::string payload;              ///< the amount, 32 bytes
  uint64_t block = 0;
  uint64_t transaction_index = 0;
  uint64_t log_index = 0;  ///< in its block
};

/// A transaction and what became of it. Texts are bytes, not hex.
struct EvmTransaction {
  std::string hash;
  uint8_t type = 2;  ///< EIP-2718; fee fields of 0 and 1 are both the gas price
  uint64_t block = 0;
  uint64_t index = 0;
  std::string from;
  std::string to;  ///< empty: makes a contract
  uint64_t nonce = 0;
  Wide value = 0;
  std::string input;
  uint64_t gas_limit = 0;
  Wide fee_max = 0;
  Wide priority_fee_max = 0;
  uint64_t v = 0;
  std::string r;
  std::string s;

  bool is_sent = false;  ///< by a client, not made up
  bool is_success = true;
  uint64_t gas_used = 0;
  std::string contract;  ///< the address made, when `to` is empty
  std::optional<EvmLog> log;
};

/// The call data of `transfer(to, amount)`, and the event it leaves.
std::string erc20_transfer_input(std::string_view to, Wide amount);
EvmLog erc20_transfer_log(std::string_view token, std::string_view from, std::string_view to,
                          Wide amount);

/// A signed transaction as clients send it: legacy, or EIP-2718 types 1 to 4. Its hash is the real
/// one. Block and index are left to the chain.
/// Not: the signature is not verified; `from` is made up from it, the same for the same signature.
/// Errors: kInvalid with the text a node would answer.
Result<EvmTransaction> parse_raw_transaction(std::string_view raw);

}  // namespace sidecar
