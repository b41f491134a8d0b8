#include "policy/credits.h"

#include <algorithm>

#include "policy/credit_table.h"

namespace sidecar {

const CreditTable* credit_table(Vendor vendor, Family family) {
  const bool is_evm = family == Family::kEvm;
  switch (vendor) {
    case Vendor::kAlchemy:
      return is_evm ? &kAlchemyEvmCredits : &kAlchemySvmCredits;
    case Vendor::kInfura:
      return is_evm ? &kInfuraEvmCredits : &kInfuraSvmCredits;
    case Vendor::kQuicknode:
      return is_evm ? &kQuicknodeEvmCredits : &kQuicknodeSvmCredits;
    case Vendor::kHelius:
      return is_evm ? &kHeliusEvmCredits : &kHeliusSvmCredits;
    case Vendor::kDrpc:
      return is_evm ? &kDrpcEvmCredits : &kDrpcSvmCredits;
    case Vendor::kGeneric:
    case Vendor::kTriton:
      return nullptr;
  }
  return nullptr;
}

uint32_t credit_cost(Vendor vendor, Family family, std::string_view method) {
  const CreditTable* table = credit_table(vendor, family);
  if (table == nullptr) {
    return 1;
  }
  const auto row = std::lower_bound(
      table->rows.begin(), table->rows.end(), method,
      [](const CreditRow& each, std::string_view name) { return each.method < name; });
  if (row != table->rows.end() && row->method == method) {
    return row->credits;
  }
  for (const CreditRow& prefix : table->prefixes) {
    if (method.starts_with(prefix.method)) {
      return prefix.credits;
    }
  }
  return table->otherwise;
}

}  // namespace sidecar
