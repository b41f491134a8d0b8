#include "policy/credits.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace sidecar {

namespace {

/// What one method costs where that is not the vendor's default. Sorted by name.
struct CreditRow {
  std::string_view method;
  uint32_t credits;
};

// Alchemy's compute units. Source: the vendor's page "Compute unit costs", as eRPC reads it (2025).
constexpr uint32_t kAlchemyDefault = 20;
constexpr CreditRow kAlchemy[] = {
    {"debug_traceBlockByHash", 40},
    {"debug_traceBlockByNumber", 40},
    {"debug_traceCall", 40},
    {"debug_traceTransaction", 40},
    {"eth_blockNumber", 10},
    {"eth_call", 26},
    {"eth_chainId", 0},
    {"eth_estimateGas", 20},
    {"eth_feeHistory", 10},
    {"eth_getBlockReceipts", 20},
    {"eth_getLogs", 60},
    {"eth_sendRawTransaction", 40},
    {"eth_syncing", 0},
    {"net_listening", 0},
    {"net_version", 0},
};

// Infura's credits. Source: the vendor's page "Credit cost" (2025).
constexpr uint32_t kInfuraDefault = 80;
constexpr CreditRow kInfura[] = {
    {"debug_traceBlockByHash", 1'000},
    {"debug_traceBlockByNumber", 1'000},
    {"debug_traceCall", 1'000},
    {"debug_traceTransaction", 1'000},
    {"eth_chainId", 5},
    {"eth_estimateGas", 300},
    {"eth_getBlockReceipts", 1'000},
    {"eth_getLogs", 255},
    {"eth_syncing", 5},
    {"net_listening", 5},
    {"net_version", 5},
    {"trace_block", 300},
    {"trace_call", 300},
    {"trace_filter", 300},
    {"trace_transaction", 300},
};

// dRPC charges its info methods nothing, all others alike. Source: the vendor's page "Compute
// units" (2025).
constexpr uint32_t kDrpcDefault = 20;
constexpr CreditRow kDrpc[] = {
    {"eth_accounts", 0},  {"eth_chainId", 0}, {"eth_syncing", 0},
    {"net_listening", 0}, {"net_version", 0}, {"web3_clientVersion", 0},
};

// Helius: plain calls 1, program accounts, history and assets 10. Source: the vendor's page
// "Credits" (2025).
constexpr uint32_t kHeliusDefault = 1;
constexpr CreditRow kHelius[] = {
    {"getAsset", 10},
    {"getAssetBatch", 10},
    {"getAssetProof", 10},
    {"getAssetsByAuthority", 10},
    {"getAssetsByCreator", 10},
    {"getAssetsByGroup", 10},
    {"getAssetsByOwner", 10},
    {"getBlock", 10},
    {"getBlockTime", 10},
    {"getBlocks", 10},
    {"getBlocksWithLimit", 10},
    {"getInflationReward", 10},
    {"getProgramAccounts", 10},
    {"getSignatureStatuses", 10},
    {"getSignaturesForAddress", 10},
    {"getSignaturesForAsset", 10},
    {"getTokenAccounts", 10},
    {"getTransaction", 10},
    {"searchAssets", 10},
};

// QuickNode: 20, tracing and debugging 40, replaying 80. Source: the vendor's page "API credits"
// (2025).
constexpr uint32_t kQuicknodePlain = 20;
constexpr uint32_t kQuicknodeTrace = 40;
constexpr uint32_t kQuicknodeReplay = 80;

uint32_t look_up(std::span<const CreditRow> rows, std::string_view method, uint32_t fallback) {
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), method,
      [](const CreditRow& row, std::string_view name) { return row.method < name; });
  return found != rows.end() && found->method == method ? found->credits : fallback;
}

uint32_t quicknode(std::string_view method) {
  if (method.starts_with("trace_replay")) {
    return kQuicknodeReplay;
  }
  const bool is_trace = method.starts_with("trace_") || method.starts_with("debug_");
  return is_trace ? kQuicknodeTrace : kQuicknodePlain;
}

constexpr bool is_sorted(std::span<const CreditRow> rows) {
  return std::is_sorted(rows.begin(), rows.end(),
                        [](const CreditRow& a, const CreditRow& b) { return a.method < b.method; });
}
static_assert(is_sorted(kAlchemy) && is_sorted(kInfura) && is_sorted(kDrpc) && is_sorted(kHelius));

}  // namespace

uint32_t credit_cost(Vendor vendor, Family family, std::string_view method) {
  switch (vendor) {
    case Vendor::kAlchemy:
      return look_up(kAlchemy, method, kAlchemyDefault);
    case Vendor::kInfura:
      return look_up(kInfura, method, kInfuraDefault);
    case Vendor::kDrpc:
      return look_up(kDrpc, method, kDrpcDefault);
    case Vendor::kQuicknode:
      return quicknode(method);
    case Vendor::kHelius:
      return family == Family::kSvm ? look_up(kHelius, method, kHeliusDefault) : kHeliusDefault;
    case Vendor::kGeneric:
    case Vendor::kTriton:
      return 1;
  }
  return 1;
}

}  // namespace sidecar
