// Helius' credits: plain calls 1; program accounts, history, assets and compressed accounts 10.
// getSignatureStatuses is 10 with searchTransactionHistory and 1 without: the parameters are not
// known here, so it is counted as the dearer.
// Source: helius.dev/docs/billing/credits, as of 2026, read 2026-11-21.
#include "policy/credit_table.h"

namespace sidecar {

namespace {

constexpr uint32_t kOtherwise = 1;
constexpr CreditRow kSvm[] = {
    {"getBlock", 10},
    {"getBlockTime", 10},
    {"getBlocks", 10},
    {"getBlocksWithLimit", 10},
    {"getIndexerHealth", 10},
    {"getIndexerSlot", 10},
    {"getInflationReward", 10},
    {"getLatestCompressionSignatures", 10},
    {"getLatestNonVotingSignatures", 10},
    {"getMultipleCompressedAccountProofs", 10},
    {"getMultipleCompressedAccounts", 10},
    {"getMultipleNewAddressProofs", 10},
    {"getMultipleNewAddressProofsV2", 10},
    {"getNftEditions", 10},
    {"getProgramAccounts", 10},
    {"getSignatureStatuses", 10},
    {"getSignaturesForAddress", 10},
    {"getSignaturesForAsset", 10},
    {"getTokenAccounts", 10},
    {"getTransaction", 10},
    {"getTransactionWithCompressionInfo", 10},
    {"getTransactionsForAddress", 100},
    {"getValidityProof", 100},
    {"searchAssets", 10},
};
static_assert(is_sorted_by_name(kSvm));
constexpr CreditRow kSvmPrefixes[] = {
    {"getAsset", 10},
    {"getCompressed", 10},
    {"getCompressionSignatures", 10},
};

}  // namespace

constinit const CreditTable kHeliusSvmCredits{kOtherwise, kSvm, kSvmPrefixes};
constinit const CreditTable kHeliusEvmCredits{kOtherwise, {}, {}};

}  // namespace sidecar
