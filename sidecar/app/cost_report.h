#pragma once

#include <cstdint>
#include <string>

#include "app/cost_ledger.h"

namespace sidecar {

class JsonWriter;

/// The member "cost" of the status object. Dollars are exact decimals.
void write_cost(JsonWriter& json, const CostView& cost);

/// 1'250'000 nano-dollars are "0.00125".
std::string dollars_text(uint64_t nano_dollars);

}  // namespace sidecar
