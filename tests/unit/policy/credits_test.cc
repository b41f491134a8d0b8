#include "policy/credits.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "policy/credit_table.h"

namespace sidecar::testing {

namespace {

constexpr Vendor kVendors[] = {Vendor::kAlchemy, Vendor::kInfura, Vendor::kQuicknode,
                               Vendor::kHelius, Vendor::kDrpc};
constexpr Family kFamilies[] = {Family::kEvm, Family::kSvm};

/// What the prefixes alone say of a method.
uint32_t by_prefix(const CreditTable& table, std::string_view method) {
  const auto found =
      std::find_if(table.prefixes.begin(), table.prefixes.end(),
                   [method](const CreditRow& prefix) { return method.starts_with(prefix.method); });
  return found == table.prefixes.end() ? table.otherwise : found->credits;
}

}  // namespace

TEST_CASE("Credits: published prices") {
  struct Row {
    Vendor vendor;
    Family family;
    std::string_view method;
    uint32_t credits;
  };
  constexpr Row kRows[] = {
      {Vendor::kAlchemy, Family::kEvm, "eth_chainId", 0},
      {Vendor::kAlchemy, Family::kEvm, "net_version", 0},
      {Vendor::kAlchemy, Family::kEvm, "eth_blockNumber", 10},
      {Vendor::kAlchemy, Family::kEvm, "eth_feeHistory", 10},
      {Vendor::kAlchemy, Family::kEvm, "eth_getBalance", 20},
      {Vendor::kAlchemy, Family::kEvm, "eth_estimateGas", 20},
      {Vendor::kAlchemy, Family::kEvm, "eth_getBlockReceipts", 20},
      {Vendor::kAlchemy, Family::kEvm, "eth_call", 26},
      {Vendor::kAlchemy, Family::kEvm, "eth_sendRawTransaction", 40},
      {Vendor::kAlchemy, Family::kEvm, "eth_getLogs", 60},
      {Vendor::kAlchemy, Family::kEvm, "debug_traceTransaction", 40},
      {Vendor::kAlchemy, Family::kEvm, "trace_block", 20},
      {Vendor::kAlchemy, Family::kEvm, "trace_replayTransaction", 80},
      {Vendor::kAlchemy, Family::kEvm, "bor_getAuthor", 10},
      {Vendor::kAlchemy, Family::kEvm, "zkevm_batchNumber", 10},
      {Vendor::kAlchemy, Family::kEvm, "zkevm_estimateFee", 40},
      {Vendor::kAlchemy, Family::kSvm, "getSlot", 20},
      {Vendor::kAlchemy, Family::kSvm, "getAccountInfo", 10},
      {Vendor::kAlchemy, Family::kSvm, "getTransaction", 40},
      {Vendor::kAlchemy, Family::kSvm, "getProgramAccounts", 20},
      {Vendor::kAlchemy, Family::kSvm, "getSupply", 160},
      {Vendor::kAlchemy, Family::kSvm, "getLargestAccounts", 3'000},
      {Vendor::kAlchemy, Family::kSvm, "getAssetsByOwner", 480},
      {Vendor::kAlchemy, Family::kSvm, "getCompressedAccount", 120},
      {Vendor::kInfura, Family::kEvm, "eth_call", 80},
      {Vendor::kInfura, Family::kEvm, "eth_chainId", 5},
      {Vendor::kInfura, Family::kEvm, "eth_unsubscribe", 10},
      {Vendor::kInfura, Family::kEvm, "eth_getFilterChanges", 140},
      {Vendor::kInfura, Family::kEvm, "eth_getProof", 150},
      {Vendor::kInfura, Family::kEvm, "eth_getLogs", 255},
      {Vendor::kInfura, Family::kEvm, "eth_estimateGas", 300},
      {Vendor::kInfura, Family::kEvm, "trace_filter", 300},
      {Vendor::kInfura, Family::kEvm, "eth_getBlockReceipts", 1'000},
      {Vendor::kInfura, Family::kEvm, "debug_traceCall", 1'000},
      {Vendor::kQuicknode, Family::kEvm, "eth_call", 20},
      {Vendor::kQuicknode, Family::kEvm, "debug_traceTransaction", 40},
      {Vendor::kQuicknode, Family::kEvm, "trace_block", 40},
      {Vendor::kQuicknode, Family::kEvm, "txpool_status", 40},
      {Vendor::kQuicknode, Family::kEvm, "txpool_content", 80},
      {Vendor::kQuicknode, Family::kEvm, "trace_replayBlockTransactions", 80},
      {Vendor::kQuicknode, Family::kEvm, "arbtrace_replayTransaction", 80},
      {Vendor::kQuicknode, Family::kSvm, "getSlot", 30},
      {Vendor::kQuicknode, Family::kSvm, "getAsset", 60},
      {Vendor::kQuicknode, Family::kSvm, "getAssetsByOwner", 60},
      {Vendor::kQuicknode, Family::kSvm, "getSupply", 120},
      {Vendor::kHelius, Family::kSvm, "getSlot", 1},
      {Vendor::kHelius, Family::kSvm, "sendTransaction", 1},
      {Vendor::kHelius, Family::kSvm, "getProgramAccounts", 10},
      {Vendor::kHelius, Family::kSvm, "getTransaction", 10},
      {Vendor::kHelius, Family::kSvm, "getAssetProof", 10},
      {Vendor::kHelius, Family::kSvm, "getSignatureStatuses", 10},
      {Vendor::kHelius, Family::kSvm, "getTransactionsForAddress", 100},
      {Vendor::kHelius, Family::kSvm, "getValidityProof", 100},
      {Vendor::kDrpc, Family::kEvm, "eth_call", 20},
      {Vendor::kDrpc, Family::kEvm, "debug_traceTransaction", 20},
      {Vendor::kDrpc, Family::kEvm, "eth_chainId", 0},
      {Vendor::kDrpc, Family::kEvm, "web3_clientVersion", 0},
      {Vendor::kDrpc, Family::kSvm, "getHealth", 0},
      {Vendor::kDrpc, Family::kSvm, "getSlot", 20},
      {Vendor::kDrpc, Family::kSvm, "slotUnsubscribe", 0},
  };
  for (const Row& row : kRows) {
    CAPTURE(vendor_name(row.vendor));
    CAPTURE(row.method);
    CHECK(credit_cost(row.vendor, row.family, row.method) == row.credits);
  }
}

TEST_CASE("Credits: an unknown method costs the vendor's default") {
  struct Row {
    Vendor vendor;
    uint32_t evm;
    uint32_t svm;
  };
  constexpr Row kRows[] = {
      {Vendor::kAlchemy, 20, 20}, {Vendor::kInfura, 80, 80}, {Vendor::kQuicknode, 20, 30},
      {Vendor::kHelius, 1, 1},    {Vendor::kDrpc, 20, 20},
  };
  const std::string long_name(100'000, 'e');
  const std::string_view names[] = {"", "a", "eth_", "zzzz", "ETH_CHAINID", "eth_callx", long_name};
  for (const Row& row : kRows) {
    for (const std::string_view name : names) {
      CAPTURE(vendor_name(row.vendor));
      CAPTURE(name.substr(0, 20));
      CHECK(credit_cost(row.vendor, Family::kEvm, name) == row.evm);
      CHECK(credit_cost(row.vendor, Family::kSvm, name) == row.svm);
    }
  }
}

TEST_CASE("Credits: where requests are counted every method costs one") {
  for (const Vendor vendor : {Vendor::kGeneric, Vendor::kTriton}) {
    for (const Family family : kFamilies) {
      CHECK(credit_table(vendor, family) == nullptr);
      for (const std::string_view name : {"eth_getLogs", "getProgramAccounts", "eth_chainId", ""}) {
        CHECK(credit_cost(vendor, family, name) == 1);
      }
    }
  }
}

TEST_CASE("Credits: families are told apart") {
  CHECK(credit_cost(Vendor::kAlchemy, Family::kSvm, "eth_getLogs") == 20);
  CHECK(credit_cost(Vendor::kAlchemy, Family::kEvm, "getSupply") == 20);
  CHECK(credit_cost(Vendor::kHelius, Family::kEvm, "getProgramAccounts") == 1);
}

TEST_CASE("Credits: every table is sorted, each of its rows is found and says something") {
  for (const Vendor vendor : kVendors) {
    for (const Family family : kFamilies) {
      CAPTURE(vendor_name(vendor));
      const CreditTable* table = credit_table(vendor, family);
      REQUIRE(table != nullptr);
      CHECK(is_sorted_by_name(table->rows));
      CHECK(is_sorted_by_name(table->prefixes));
      for (const CreditRow& row : table->rows) {
        CAPTURE(row.method);
        CHECK(credit_cost(vendor, family, row.method) == row.credits);
        CHECK(by_prefix(*table, row.method) != row.credits);
      }
      for (const CreditRow& prefix : table->prefixes) {
        CAPTURE(prefix.method);
        const std::string unlisted = std::string(prefix.method) + "~";
        CHECK(credit_cost(vendor, family, unlisted) == prefix.credits);
        CHECK(prefix.credits != table->otherwise);
      }
    }
  }
}

TEST_CASE("Credits: what is like a row's name but is not does not cost what the row says") {
  for (const Vendor vendor : kVendors) {
    for (const Family family : kFamilies) {
      const CreditTable* table = credit_table(vendor, family);
      REQUIRE(table != nullptr);
      for (const CreditRow& row : table->rows) {
        const std::string name(row.method);
        for (const std::string& near : {name + "~", name + std::string(1, '\0')}) {
          CAPTURE(near);
          CHECK(credit_cost(vendor, family, near) == by_prefix(*table, near));
        }
      }
    }
  }
}

TEST_CASE("Credits: a list out of order, or with a name twice, is told") {
  constexpr CreditRow kGood[] = {{"a", 1}, {"ab", 1}, {"b", 1}};
  constexpr CreditRow kSwapped[] = {{"b", 1}, {"a", 1}};
  constexpr CreditRow kTwice[] = {{"a", 1}, {"a", 2}};

  CHECK(is_sorted_by_name(kGood));
  CHECK_FALSE(is_sorted_by_name(kSwapped));
  CHECK_FALSE(is_sorted_by_name(kTwice));
  CHECK(is_sorted_by_name({}));
}

}  // namespace sidecar::testing
