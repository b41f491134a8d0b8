#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sidecar {

/// The family decides the method list, the id shapes and the error tables of a chain.
enum class Family : uint8_t { kEvm, kSvm };

/// Whose dialect of errors, limits and credits a provider speaks.
enum class Vendor : uint8_t { kGeneric, kAlchemy, kInfura, kQuicknode, kHelius, kDrpc, kTriton };
inline constexpr size_t kVendorCount = static_cast<size_t>(Vendor::kTriton) + 1;

/// "generic", "alchemy", ...: as written in the configuration.
std::string_view vendor_name(Vendor vendor);
std::optional<Vendor> vendor_of_name(std::string_view name);
/// The vendor whose endpoints have this host name; kGeneric when none is known.
Vendor vendor_of_host(std::string_view host);

}  // namespace sidecar
