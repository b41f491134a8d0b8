#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rpc/method_table.h"

namespace sidecar {

/// What a call needs a node to have, as far as its params say so. Views point into the params.
/// A node decides what the params mean; this reading only has to be right for those that it would
/// accept. What it cannot read (a tag of another chain's own, params by name) it leaves out.
struct BlockNeed {
  std::optional<uint64_t> number;  ///< highest block or slot named; "earliest" is 0
  std::optional<uint64_t> oldest;  ///< lowest one named: how deep an archive must reach
  std::string_view hash;           ///< of the block named by hash, as it was written
  std::optional<uint64_t> range;   ///< blocks that a log filter or getBlocks spans
  bool is_tip = false;             ///< asks about the newest block, by tag or by naming none
  /// A block or slot number in the answer is the node's newest one: latest, but not pending, which
  /// is no block yet, and not Solana's finalized, which trails by more than nodes lag.
  bool tells_head = false;
};

/// `head` is where a range ends that goes up to the newest block; 0 = unknown, and so is the range.
/// Cost: one pass over the params up to the block, no allocation.
/// Source: ethereum.github.io/execution-apis (block tags, filters), EIP-1898, and
/// solana.com/docs/rpc (minContextSlot, commitment).
BlockNeed block_need(const MethodRow& method, std::string_view params, uint64_t head);

}  // namespace sidecar
