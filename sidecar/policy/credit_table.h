#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sidecar {

struct CreditRow {
  std::string_view method;
  uint32_t credits;
};

/// What a vendor's calls cost in one family of chains. Immutable data, one file a vendor
/// (credits_*.cc); credits.h looks things up in it.
struct CreditTable {
  uint32_t otherwise;                   ///< of a method that no row names
  std::span<const CreditRow> rows;      ///< sorted by name, each once
  std::span<const CreditRow> prefixes;  ///< of the methods whose name begins so; a row beats them
};

constexpr bool is_sorted_by_name(std::span<const CreditRow> rows) {
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i - 1].method >= rows[i].method) {
      return false;
    }
  }
  return true;
}

extern const CreditTable kAlchemyEvmCredits;
extern const CreditTable kAlchemySvmCredits;
extern const CreditTable kInfuraEvmCredits;
extern const CreditTable kInfuraSvmCredits;
extern const CreditTable kQuicknodeEvmCredits;
extern const CreditTable kQuicknodeSvmCredits;
extern const CreditTable kHeliusEvmCredits;
extern const CreditTable kHeliusSvmCredits;
extern const CreditTable kDrpcEvmCredits;
extern const CreditTable kDrpcSvmCredits;

}  // namespace sidecar
