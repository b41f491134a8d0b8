// Alchemy's compute units: what a call is billed at. Throughput is counted in other units, which
// differ where a method is slow (eth_sendRawTransaction 250, eth_getBlockReceipts 500, debug_*
// 1000). Source: alchemy.com/docs/reference/compute-unit-costs, as of mid 2026, read 2026-11-21.
#include "policy/credit_table.h"

namespace sidecar {

namespace {

constexpr uint32_t kOtherwise = 20;
constexpr CreditRow kEvm[] = {
    {"alchemy_getAssetTransfers", 120},
    {"alchemy_getTokenMetadata", 10},
    {"alchemy_getTransactionReceipts", 250},
    {"alchemy_requestFeePayer", 1'000},
    {"alchemy_requestGasAndPaymasterAndData", 1'250},
    {"alchemy_requestPaymasterAndData", 1'000},
    {"alchemy_simulateAssetChanges", 2'500},
    {"alchemy_simulateExecution", 2'500},
    {"alchemy_simulateUserOperationAssetChanges", 2'500},
    {"arbtrace_call", 40},
    {"arbtrace_callMany", 80},
    {"arbtrace_filter", 40},
    {"arbtrace_replayBlockTransactions", 80},
    {"arbtrace_replayTransaction", 80},
    {"arbtrace_transaction", 40},
    {"eth_accounts", 10},
    {"eth_baseFee", 10},
    {"eth_blobBaseFee", 10},
    {"eth_blockNumber", 10},
    {"eth_call", 26},
    {"eth_callBundle", 40},
    {"eth_chainId", 0},
    {"eth_createAccessList", 10},
    {"eth_estimateUserOperationGas", 500},
    {"eth_feeHistory", 10},
    {"eth_getAccountInfo", 60},
    {"eth_getFilterLogs", 60},
    {"eth_getLogs", 60},
    {"eth_maxPriorityFeePerGas", 10},
    {"eth_protocolVersion", 0},
    {"eth_sendRawTransaction", 40},
    {"eth_sendRawTransactionSync", 40},
    {"eth_sendUserOperation", 1'000},
    {"eth_simulateV1", 40},
    {"eth_subscribe", 10},
    {"eth_supportedEntryPoints", 10},
    {"eth_syncing", 0},
    {"eth_uninstallFilter", 10},
    {"eth_unsubscribe", 10},
    {"net_listening", 0},
    {"net_version", 0},
    {"rundler_maxPriorityFeePerGas", 10},
    {"trace_call", 40},
    {"trace_callMany", 80},
    {"trace_filter", 40},
    {"trace_rawTransaction", 40},
    {"trace_replayBlockTransactions", 80},
    {"trace_replayTransaction", 80},
    {"trace_transaction", 40},
    {"wallet_createAccount", 50},
    {"wallet_createSession", 50},
    {"wallet_formatSign", 15},
    {"wallet_getAssets", 200},
    {"wallet_getCapabilities", 10},
    {"wallet_getCrossChainStatus_v0", 40},
    {"wallet_listAccounts", 10},
    {"wallet_prepareCalls", 1'750},
    {"wallet_prepareSign", 15},
    {"wallet_requestAccount", 50},
    {"wallet_requestQuote_v0", 800},
    {"wallet_sendPreparedCalls", 3'000},
    {"zkevm_estimateFee", 40},
    {"zkevm_estimateGasPrice", 40},
    {"zks_sendRawTransactionWithDetailedOutput", 20},
};
static_assert(is_sorted_by_name(kEvm));
constexpr CreditRow kEvmPrefixes[] = {
    {"bor_", 10},
    {"debug_", 40},
    {"zkevm_", 10},
    {"zks_", 10},
};
constexpr CreditRow kSvm[] = {
    {"getAccountInfo", 10},
    {"getAsset", 80},
    {"getAssetProof", 160},
    {"getAssetProofs", 480},
    {"getAssetSignatures", 160},
    {"getAssets", 480},
    {"getAssetsByAuthority", 480},
    {"getAssetsByCreator", 480},
    {"getAssetsByGroup", 480},
    {"getAssetsByOwner", 480},
    {"getBalance", 10},
    {"getBlock", 40},
    {"getBlockProduction", 10},
    {"getBlocks", 10},
    {"getFirstAvailableBlock", 40},
    {"getGenesisHash", 10},
    {"getIndexerHealth", 120},
    {"getIndexerSlot", 120},
    {"getInflationReward", 40},
    {"getLargestAccounts", 3'000},
    {"getLatestCompressionSignatures", 120},
    {"getLatestNonVotingSignatures", 120},
    {"getMinimumBalanceForRentExemption", 10},
    {"getMultipleCompressedAccountProofs", 120},
    {"getMultipleCompressedAccounts", 120},
    {"getMultipleNewAddressProofs", 120},
    {"getMultipleNewAddressProofsV2", 120},
    {"getNftEditions", 160},
    {"getPriorityFeeEstimate", 10},
    {"getRecentPrioritizationFees", 10},
    {"getSignaturesForAddress", 40},
    {"getSupply", 160},
    {"getTokenAccounts", 160},
    {"getTokenAccountsByOwner", 10},
    {"getTransaction", 40},
    {"getTransactionWithCompressionInfo", 120},
    {"getValidityProof", 1'200},
    {"getValidityProofV2", 1'200},
    {"searchAssets", 480},
};
static_assert(is_sorted_by_name(kSvm));
constexpr CreditRow kSvmPrefixes[] = {
    {"getCompressed", 120},
    {"getCompressionSignatures", 120},
};

}  // namespace

constinit const CreditTable kAlchemyEvmCredits{kOtherwise, kEvm, kEvmPrefixes};
constinit const CreditTable kAlchemySvmCredits{kOtherwise, kSvm, kSvmPrefixes};

}  // namespace sidecar
