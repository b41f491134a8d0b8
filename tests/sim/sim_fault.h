#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "policy/family.h"

namespace sidecar::testing {

/// What can be wrong with a simulated provider for a while.
enum class SimFault : uint8_t {
  // On the way there and back.
  kRefuse,       ///< no connection: nothing was sent
  kTls,          ///< likewise
  kStall,        ///< takes the request and never answers
  kSlow,         ///< answers, but many times later
  kClose,        ///< the connection ends before the answer
  kCut,          ///< likewise, in the middle of it
  kBadJson,      ///< an answer that is none
  kServerError,  ///< 5xx, with or without a body
  // About us.
  kThrottle,      ///< 429
  kThrottleHint,  ///< 429 with Retry-After
  kThrottleBody,  ///< the same inside a 200
  kUnpaid,
  kUnauthorised,
  // About the node.
  kNodeFault,
  kUnknownError,
  kUnsupported,  ///< a method it does not have
  kMissing,      ///< "header not found" for what it has
  kLag,          ///< `amount` blocks behind
  kStuck,        ///< stands still
  kSyncing,
  // Lies.
  kFork,  ///< other hashes, of branch `amount`
  kWrongChain,
  kNullBlocks,  ///< null for blocks that it has
  kHighHead,    ///< `amount` blocks above the truth
};
inline constexpr size_t kSimFaultCount = 24;
std::string_view sim_fault_name(SimFault fault);

/// A stretch of time in which a share of a provider's answers shows a fault.
struct SimEpisode {
  SimFault fault = SimFault::kRefuse;
  Instant from;
  Instant until;
  uint32_t percent = 100;  ///< of the requests; of no meaning for what a node is or lies about
  uint64_t amount = 0;
};

/// What goes wrong with one provider between two instants: nothing, little, or much at once.
std::vector<SimEpisode> draw_episodes(Random& random, Family family, Instant from, Instant until);

}  // namespace sidecar::testing
