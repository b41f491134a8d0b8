#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cost_ledger.h"
#include "core/pool_memory.h"

namespace sidecar {

/// All that is kept over a restart, as a value, and as the JSON of the state file.
struct WarmState {
  LedgerMemory ledger;
  std::vector<PoolMemory> pools;
};

/// Latencies take the most room: past `bytes_soft_max` they are left out.
std::string warm_state_json(const WarmState& state, size_t bytes_soft_max);
/// None when it is not an object. Reads of what is not there, or is of another kind, give nothing
/// or zero; times are bounded, so that nobody's arithmetic overflows.
std::optional<WarmState> parse_warm_state(std::string_view json);

}  // namespace sidecar
