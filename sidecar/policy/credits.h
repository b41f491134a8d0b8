#pragma once

#include <cstdint>
#include <string_view>

#include "policy/family.h"

namespace sidecar {

/// What one call of `method` costs at a vendor, in its own credits (Alchemy CU, Helius, QuickNode,
/// dRPC and Infura credits); 1 for kGeneric. A row a method, a default a vendor.
/// Source: the vendors' price pages; each table names its page and the date it was read.
uint32_t credit_cost(Vendor vendor, Family family, std::string_view method);

}  // namespace sidecar
