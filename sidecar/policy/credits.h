#pragma once

#include <cstdint>
#include <string_view>

#include "policy/family.h"

namespace sidecar {

struct CreditTable;

/// What one call of `method` costs at a vendor, in its own credits (Alchemy's compute units, say);
/// 1 where the vendor counts requests. For every call that is sent: allocates nothing.
/// Not: what a message of a subscription costs, nor a price in money.
uint32_t credit_cost(Vendor vendor, Family family, std::string_view method);

/// The table behind it; null for a vendor that counts requests.
const CreditTable* credit_table(Vendor vendor, Family family);

}  // namespace sidecar
