#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rpc/block_need.h"
#include "rpc/json_text.h"
#include "rpc/method_table.h"

namespace sidecar {

/// What an answer says in passing about the node that gave it, so that its head need not be asked
/// for. Views point into the result.

/// The node holds this block or slot.
struct HeadFact {
  uint64_t number = 0;
  std::string_view hash;         ///< as it was written; empty = not told
  std::string_view parent_hash;  ///< likewise
  bool is_tip = false;           ///< it was the node's newest one; else the node has at least it
};

/// From eth_blockNumber, getSlot, blocks and headers, transactions and receipts in a block, and
/// Solana's `{"context":{"slot":N},...}`. `need` is the call's own (block_need.h): it says which
/// block was asked for.
/// Limits: looks at the first kHeadBytesMax bytes, and no further than the members it wants; all
/// other answers cost a comparison.
/// Errors: none told, for null, a pending block and for what is not shaped as it should be.
std::optional<HeadFact> head_fact(const MethodRow& method, const BlockNeed& need,
                                  std::string_view result);
inline constexpr size_t kHeadBytesMax = 65'536;

/// White space around and inside does not count.
bool is_null_result(std::string_view result);
bool is_empty_array(std::string_view result);

}  // namespace sidecar
