#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/call.h"
#include "core/pool.h"
#include "rpc/rpc_error.h"

namespace sidecar {

/// Why a call ended without an answer, beyond what its attempts say.
enum class GaveUp : uint8_t {
  kNothingMore,  ///< everyone worth asking was asked
  kDeadline,     ///< the call's own time is over
  kOutOfBudget,  ///< no provider may be asked for now
  kQueueFull,    ///< too many calls wait already
};

struct CallFailure {
  ErrorName name;
  std::string error;  ///< JSON-RPC error object
};

/// What a call is told that nobody answered: a stable name, what may have been sent, who was asked,
/// and when it is worth asking again. `retry_after`: when the first provider can be asked again.
CallFailure failure_of(const Call& call, const Pool& pool, GaveUp why, std::string_view detail,
                       std::optional<Millis> retry_after);

}  // namespace sidecar
