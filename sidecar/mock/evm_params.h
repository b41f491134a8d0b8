#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "mock/evm_chain.h"
#include "rpc/json_value.h"

namespace sidecar {

/// Readers of Ethereum parameters. Errors: kInvalid, naming the argument; a node answers -32602.
/// An index past the end of `params` reads as null.

Result<std::string> bytes_param(const JsonValue& params, size_t index, size_t size);
/// A quantity in hex, or a plain number, which nodes take too.
Result<uint64_t> quantity_param(const JsonValue& params, size_t index);

/// The block a call is about. `is_known` is false for one that is not there (yet).
struct EvmBlockRef {
  uint64_t number = 0;
  bool is_known = true;
  bool is_pending = false;
};
/// A number, a tag, or an object of EIP-1898 ({"blockHash"} or {"blockNumber"}); absent and null
/// mean latest.
Result<EvmBlockRef> block_param(const JsonValue& params, size_t index, const EvmChain& chain,
                                Millis now);

/// The transaction object of eth_call and eth_estimateGas.
struct EvmCall {
  std::string from;  ///< all zeros when absent
  std::string to;    ///< empty when absent
  std::string input;
};
Result<EvmCall> call_param(const JsonValue& params, size_t index);

/// Which logs are wanted: any of the addresses, and at each place any of the topics; an empty list
/// is satisfied by all.
struct EvmLogFilter {
  std::vector<std::string> addresses;
  std::vector<std::vector<std::string>> topics;

  bool matches(const EvmLog& log) const;
};
Result<EvmLogFilter> log_filter_param(const JsonValue& params, size_t index);

/// The blocks to look through: numbers, or a single one by its hash.
struct EvmLogRange {
  uint64_t first = 0;
  uint64_t last = 0;
  bool is_open = false;  ///< no toBlock: goes on with the head
  bool is_known = true;  ///< false: the block of `blockHash` is not there
};
Result<EvmLogRange> log_range_param(const JsonValue& params, size_t index, const EvmChain& chain,
                                    Millis now);

}  // namespace sidecar
