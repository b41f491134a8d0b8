#include "policy/family.h"

#include <array>

namespace sidecar {

namespace {

struct VendorRow {
  Vendor vendor;
  std::string_view name;
  std::string_view domain;  ///< its endpoints' hosts end with this
};

constexpr std::array<VendorRow, 7> kVendors{{
    {Vendor::kGeneric, "generic", ""},
    {Vendor::kAlchemy, "alchemy", "alchemy.com"},
    {Vendor::kInfura, "infura", "infura.io"},
    {Vendor::kQuicknode, "quicknode", "quiknode.pro"},
    {Vendor::kHelius, "helius", "helius-rpc.com"},
    {Vendor::kDrpc, "drpc", "drpc.org"},
    {Vendor::kTriton, "triton", "rpcpool.com"},
}};

bool is_in_domain(std::string_view host, std::string_view domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

}  // namespace

std::string_view vendor_name(Vendor vendor) {
  for (const VendorRow& row : kVendors) {
    if (row.vendor == vendor) {
      return row.name;
    }
  }
  return "";
}

Vendor vendor_of_host(std::string_view host) {
  for (const VendorRow& row : kVendors) {
    if (!row.domain.empty() && is_in_domain(host, row.domain)) {
      return row.vendor;
    }
  }
  return Vendor::kGeneric;
}

}  // namespace sidecar
