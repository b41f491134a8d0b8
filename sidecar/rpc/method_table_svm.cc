#include <algorithm>
#include <iterator>

#include "rpc/method_rows.h"

// Solana's HTTP and PubSub methods (Agave's rpc and rpc-pubsub crates, deprecated ones included),
// and the DAS and bundle methods that providers added. Rows are sorted by name.
// sendTransaction is unsafe although its signature is an identity: preflight of a second send fails
// with "already processed", and providers charge and limit each one. Resending is the wallet's job.

namespace sidecar {
namespace {

using namespace method_rows;

constexpr MethodFamily kFamily = MethodFamily::kSvm;

constexpr MethodRow kRows[] = {
    stream("accountSubscribe", kFamily),
    stream("accountUnsubscribe", kFamily),
    stream("blockSubscribe", kFamily),
    stream("blockUnsubscribe", kFamily),
    read("getAccountInfo", kFamily, kConfig),
    read("getAsset", kFamily),
    heavy("getAssetBatch", kFamily),
    read("getAssetProof", kFamily),
    heavy("getAssetProofBatch", kFamily),
    heavy("getAssetSignatures", kFamily),
    heavy("getAssetsByAuthority", kFamily),
    heavy("getAssetsByCreator", kFamily),
    heavy("getAssetsByGroup", kFamily),
    heavy("getAssetsByOwner", kFamily),
    read("getBalance", kFamily, kConfig),
    heavy_or_null("getBlock", kFamily, kSlot),
    read("getBlockCommitment", kFamily, kSlot),
    read("getBlockHeight", kFamily, kConfig),
    heavy("getBlockProduction", kFamily, kConfig),
    read_or_null("getBlockTime", kFamily, kSlot),
    heavy("getBlocks", kFamily, kSlots),
    heavy("getBlocksWithLimit", kFamily, kSlot),
    heavy("getClusterNodes", kFamily),
    heavy_or_null("getConfirmedBlock", kFamily, kSlot),
    heavy("getConfirmedBlocks", kFamily, kSlots),
    heavy("getConfirmedBlocksWithLimit", kFamily, kSlot),
    heavy("getConfirmedSignaturesForAddress2", kFamily, kConfig),
    read_or_null("getConfirmedTransaction", kFamily),
    read("getEpochInfo", kFamily, kConfig),
    read("getEpochSchedule", kFamily),
    read("getFeeCalculatorForBlockhash", kFamily, kConfig),
    read("getFeeForMessage", kFamily, kConfig),
    read("getFeeRateGovernor", kFamily),
    read("getFees", kFamily, kConfig),
    read("getFirstAvailableBlock", kFamily),
    read("getGenesisHash", kFamily),
    read("getHealth", kFamily),
    read("getHighestSnapshotSlot", kFamily),
    read("getIdentity", kFamily),
    read("getInflationGovernor", kFamily),
    read("getInflationRate", kFamily),
    heavy("getInflationReward", kFamily, kConfig),
    heavy("getLargestAccounts", kFamily, kConfig),
    read("getLatestBlockhash", kFamily, kConfig),
    heavy_or_null("getLeaderSchedule", kFamily),
    read("getMaxRetransmitSlot", kFamily),
    read("getMaxShredInsertSlot", kFamily),
    read("getMinimumBalanceForRentExemption", kFamily),
    read("getMultipleAccounts", kFamily, kConfig),
    heavy("getNftEditions", kFamily),
    read("getPriorityFeeEstimate", kFamily),
    heavy("getProgramAccounts", kFamily, kConfig),
    heavy("getProgramAccountsV2", kFamily, kConfig),
    read("getRecentBlockhash", kFamily, kConfig),
    read("getRecentPerformanceSamples", kFamily),
    read("getRecentPrioritizationFees", kFamily),
    read("getSignatureStatuses", kFamily),
    heavy("getSignaturesForAddress", kFamily, kConfig),
    head("getSlot", kFamily, kConfig),
    read("getSlotLeader", kFamily, kConfig),
    read("getSlotLeaders", kFamily),
    read("getSnapshotSlot", kFamily),
    read("getStakeActivation", kFamily, kConfig),
    read("getStakeMinimumDelegation", kFamily, kConfig),
    heavy("getSupply", kFamily, kConfig),
    read("getTokenAccountBalance", kFamily, kConfig),
    heavy("getTokenAccounts", kFamily),
    heavy("getTokenAccountsByDelegate", kFamily, kConfig),
    heavy("getTokenAccountsByOwner", kFamily, kConfig),
    heavy("getTokenAccountsByOwnerV2", kFamily, kConfig),
    heavy("getTokenLargestAccounts", kFamily, kConfig),
    read("getTokenSupply", kFamily, kConfig),
    read_or_null("getTransaction", kFamily),
    read("getTransactionCount", kFamily, kConfig),
    heavy("getTransactionsForAddress", kFamily),
    read("getVersion", kFamily),
    heavy("getVoteAccounts", kFamily, kConfig),
    read("isBlockhashValid", kFamily, kConfig),
    stream("logsSubscribe", kFamily),
    stream("logsUnsubscribe", kFamily),
    read("minimumLedgerSlot", kFamily),
    stream("programSubscribe", kFamily),
    stream("programUnsubscribe", kFamily),
    unsafe("requestAirdrop", kFamily),
    stream("rootSubscribe", kFamily),
    stream("rootUnsubscribe", kFamily),
    heavy("searchAssets", kFamily),
    unsafe("sendBundle", kFamily),
    unsafe("sendTransaction", kFamily, kConfig),
    stream("signatureSubscribe", kFamily),
    stream("signatureUnsubscribe", kFamily),
    heavy("simulateBundle", kFamily, kConfig),
    read("simulateTransaction", kFamily, kConfig),
    stream("slotSubscribe", kFamily),
    stream("slotUnsubscribe", kFamily),
    stream("slotsUpdatesSubscribe", kFamily),
    stream("slotsUpdatesUnsubscribe", kFamily),
    stream("transactionSubscribe", kFamily),
    stream("transactionUnsubscribe", kFamily),
    stream("voteSubscribe", kFamily),
    stream("voteUnsubscribe", kFamily),
};

static_assert(std::is_sorted(std::begin(kRows), std::end(kRows),
                             [](const MethodRow& a, const MethodRow& b) {
                               return a.name < b.name;
                             }));

}  // namespace

std::span<const MethodRow> svm_method_rows() {
  return kRows;
}

}  // namespace sidecar
