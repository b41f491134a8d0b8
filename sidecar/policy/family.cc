#include "policy/family.h"

#include <algorithm>
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

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_in_domain(std::string_view host, std::string_view domain) {
  if (host.size() < domain.size()) {
    return false;
  }
  const std::string_view tail = host.substr(host.size() - domain.size());
  return std::equal(tail.begin(), tail.end(), domain.begin(),
                    [](char a, char b) { return lower(a) == b; }) &&
         (host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.');
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

std::optional<Vendor> vendor_of_name(std::string_view name) {
  for (const VendorRow& row : kVendors) {
    if (row.name == name) {
      return row.vendor;
    }
  }
  return std::nullopt;
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
