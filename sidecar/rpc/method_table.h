#pragma once

#include <cstdint>
#include <string_view>

namespace sidecar {

enum class MethodFamily : uint8_t { kEvm, kSvm, kAny };

/// What may be done with a call again. Not what it may do: that is the policy's business.
enum class MethodClass : uint8_t {
  kSafe,    // a read: may be retried and hedged
  kTx,      // a signed transaction: sending it again is the same transaction
  kUnsafe,  // never sent again once a byte of it left
};

/// Whose answering times may be compared: methods of one class take a node about as long.
enum class LatencyClass : uint8_t {
  kLight,
  kHeavy,  // walks many blocks, accounts or steps, or returns megabytes
  kWrite,  // all that is no read
};

/// Where a call says which block it is about (block_need.h). A place that holds a block takes a
/// number, a tag, a hash or an object of EIP-1898; left out it means the newest block.
enum class BlockParam : uint8_t {
  kNone,        // the answer does not depend on a block, or only the node can tell on which
  kNewest,      // always about the newest block
  kFirst,       // params[0] is a block
  kSecond,      // params[1]
  kThird,       // params[2]
  kFilter,      // params[0] has fromBlock, toBlock or blockHash
  kFeeHistory,  // as many blocks as params[0] says, up to params[1]
  kSlot,        // Solana: params[0] is a slot
  kSlots,       // Solana: from slot params[0] to params[1], or to the newest
  kConfig,      // Solana: the newest slot at a commitment, not below minContextSlot
};

/// Where an answer says which block its node has (answer_facts.h). Solana's `context` is not a
/// trait: it says so itself.
enum class HeadPlace : uint8_t {
  kNone,
  kBlock,  // a block or header: its number, hash, parentHash
  kMined,  // a transaction or receipt: blockNumber, blockHash
};

struct MethodRow {
  std::string_view name;
  MethodFamily family;
  MethodClass method_class;
  bool may_be_null = false;      // null is a true answer, and also what a lagging node says
  bool is_subscription = false;  // lives on a stream: subscribe and unsubscribe
  bool is_filter = false;        // state in the one upstream that made the filter
  bool is_head = false;          // the result is the number of the newest block or slot
  LatencyClass latency_class = LatencyClass::kLight;
  BlockParam block_param = BlockParam::kNone;
  HeadPlace head_place = HeadPlace::kNone;
};

/// The method's row; for one not listed, a row by its name's pattern with an empty name.
const MethodRow& method_row(std::string_view method);
/// Which family's default chain serves the method on a socket that serves both.
MethodFamily family_of(std::string_view method);
/// The method's name when it is listed, else `other`: a bounded set for metric labels.
std::string_view method_label(std::string_view method);

}  // namespace sidecar
