#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/types.h"
#include "rpc/block_need.h"
#include "rpc/method_table.h"

namespace sidecar {

/// Why an endpoint was not asked; kNothing: it was.
enum class PassedOver : uint8_t {
  kNothing,
  kPinnedElsewhere,    ///< the worker named another provider, or a filter lives on another node
  kTried,              ///< this call has been there
  kDrained,            ///< an administrator took it out of use
  kRetired,            ///< it is no longer configured
  kDisabled,           ///< refuses our key or wants money
  kQuarantined,        ///< another chain or a minority fork
  kUnverified,         ///< its chain is not checked yet
  kMethodDenied,       ///< by configuration
  kMethodUnsupported,  ///< it said so lately
  kTransport,          ///< the method goes over another transport there
  kNoCalls,            ///< it is there for events only
  kNoEvents,           ///< it carries no events
  kDear,               ///< its price rules out a hedge
  kCoolingDown,        ///< it said that we ask too much
  kBudgetSpent,        ///< our own bound for it
  kBreakerOpen,
  kPruned,         ///< keeps no block as old as this
  kRangeTooLarge,  ///< takes no logs over so many blocks
  kLacksBlock,     ///< its head is below the block the call names
  kDegraded,       ///< others are in better health
  kLowerTier,      ///< a better tier can serve the call
  kOthersTurn,     ///< as good, but the balancer chose another
};
std::string_view passed_over_text(PassedOver why);

/// What a call asks of the endpoint that will serve it. Views live while the call does.
struct CallNeed {
  std::string_view method;
  const MethodRow* row = nullptr;
  bool is_feed = false;  ///< events are wanted, not an answer
  BlockNeed block;
  std::optional<size_t> pinned_endpoint;  ///< no other may serve it
  std::string_view pinned_provider;       ///< likewise; empty = any
  std::optional<size_t> preferred;  ///< this one when it is fit: it knows what the call builds on
};

/// What the pool answers.
struct Choice {
  std::optional<size_t> endpoint;
  bool is_last_resort = false;  ///< all are out; this one failed least recently
  /// Without an endpoint: when one that is only out of budget can be asked again.
  std::optional<Instant> affordable_at;
  bool is_out_of_budget =
      false;  ///< one is out of a bound that no call outlives: the day's, the month's
  bool is_verifying = false;  ///< one is out only until its chain has been checked
  std::optional<Instant>
      cooled_down_at;  ///< when the first one that asked for a pause can be asked
};

}  // namespace sidecar
