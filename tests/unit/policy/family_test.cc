#include "policy/family.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

namespace sidecar::testing {

namespace {

constexpr Vendor kAll[] = {Vendor::kGeneric, Vendor::kAlchemy, Vendor::kInfura, Vendor::kQuicknode,
                           Vendor::kHelius,  Vendor::kDrpc,    Vendor::kTriton};

}  // namespace

TEST_CASE("Family: every vendor has a name of its own") {
  std::set<std::string> names;
  for (const Vendor vendor : kAll) {
    names.emplace(vendor_name(vendor));
  }

  CHECK(names.size() == std::size(kAll));
  CHECK_FALSE(names.contains(""));
}

TEST_CASE("Family: a vendor is known by its endpoints' hosts") {
  struct Row {
    std::string_view host;
    Vendor vendor;
  };
  const Row rows[] = {
      {"eth-mainnet.g.alchemy.com", Vendor::kAlchemy},
      {"alchemy.com", Vendor::kAlchemy},
      {"ETH-Mainnet.G.Alchemy.Com", Vendor::kAlchemy},
      {"mainnet.infura.io", Vendor::kInfura},
      {"long-quiet-name.solana-mainnet.quiknode.pro", Vendor::kQuicknode},
      {"mainnet.helius-rpc.com", Vendor::kHelius},
      {"eth.drpc.org", Vendor::kDrpc},
      {"lb.drpc.org", Vendor::kDrpc},
      {"some-name.rpcpool.com", Vendor::kTriton},
      {"127.0.0.1", Vendor::kGeneric},
      {"rpc.example.org", Vendor::kGeneric},
      {"", Vendor::kGeneric},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CHECK(vendor_of_host(row.host) == row.vendor);
  }
}

TEST_CASE("Family: a host that only looks like a vendor's is nobody's") {
  for (const std::string_view host :
       {"notalchemy.com", "alchemy.com.evil.io", "alchemy.com.", "xalchemy.com", "alchemy.co",
        ".com", "lchemy.com", "infura.io.example.org", "evil-infura.io", "quiknode.pro.evil.io",
        "drpc.org:8545", "alchemy-com", "helius-rpc.com/x"}) {
    CAPTURE(host);
    CHECK(vendor_of_host(host) == Vendor::kGeneric);
  }
}

}  // namespace sidecar::testing
