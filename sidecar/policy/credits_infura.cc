// Infura's credits. A call that ends in HTTP 4xx is billed 5, in 402, 429 or 5xx nothing: what is
// counted here is what an answer costs.
// Source: docs.metamask.io/services/get-started/pricing/credit-cost, 2025, read 2026-11-21.
#include "policy/credit_table.h"

namespace sidecar {

namespace {

constexpr uint32_t kOtherwise = 80;
constexpr CreditRow kEvm[] = {
    {"debug_storageRangeAt", 1'000},
    {"debug_traceBlock", 1'000},
    {"debug_traceBlockByHash", 1'000},
    {"debug_traceBlockByNumber", 1'000},
    {"debug_traceCall", 1'000},
    {"debug_traceTransaction", 1'000},
    {"eth_blobBaseFee", 300},
    {"eth_chainId", 5},
    {"eth_estimateGas", 300},
    {"eth_getBlockReceipts", 1'000},
    {"eth_getBlockTransactionCountByHash", 150},
    {"eth_getBlockTransactionCountByNumber", 150},
    {"eth_getFilterChanges", 140},
    {"eth_getFilterLogs", 255},
    {"eth_getLogs", 255},
    {"eth_getProof", 150},
    {"eth_getTransactionByBlockHashAndIndex", 150},
    {"eth_getTransactionByBlockNumberAndIndex", 150},
    {"eth_getUncleByBlockHashAndIndex", 150},
    {"eth_getUncleByBlockNumberAndIndex", 150},
    {"eth_getUncleCountByBlockHash", 150},
    {"eth_getUncleCountByBlockNumber", 150},
    {"eth_hashrate", 5},
    {"eth_mining", 5},
    {"eth_protocolVersion", 5},
    {"eth_subscribe", 5},
    {"eth_syncing", 5},
    {"eth_unsubscribe", 10},
    {"linea_estimateGas", 100},
    {"net_listening", 5},
    {"net_version", 5},
    {"trace_block", 300},
    {"trace_call", 300},
    {"trace_callMany", 300},
    {"trace_filter", 300},
    {"trace_transaction", 300},
};
static_assert(is_sorted_by_name(kEvm));

}  // namespace

constinit const CreditTable kInfuraEvmCredits{kOtherwise, kEvm, {}};
constinit const CreditTable kInfuraSvmCredits{kOtherwise, {}, {}};

}  // namespace sidecar
