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
    read("getAccountInfo", kFamily),
    read("getAsset", kFamily),
    read("getAssetBatch", kFamily),
    read("getAssetProof", kFamily),
    read("getAssetProofBatch", kFamily),
    read("getAssetSignatures", kFamily),
    read("getAssetsByAuthority", kFamily),
    read("getAssetsByCreator", kFamily),
    read("getAssetsByGroup", kFamily),
    read("getAssetsByOwner", kFamily),
    read("getBalance", kFamily),
    read_or_null("getBlock", kFamily),
    read("getBlockCommitment", kFamily),
    read("getBlockHeight", kFamily),
    read("getBlockProduction", kFamily),
    read_or_null("getBlockTime", kFamily),
    read("getBlocks", kFamily),
    read("getBlocksWithLimit", kFamily),
    read("getClusterNodes", kFamily),
    read_or_null("getConfirmedBlock", kFamily),
    read("getConfirmedBlocks", kFamily),
    read("getConfirmedBlocksWithLimit", kFamily),
    read("getConfirmedSignaturesForAddress2", kFamily),
    read_or_null("getConfirmedTransaction", kFamily),
    read("getEpochInfo", kFamily),
    read("getEpochSchedule", kFamily),
    read("getFeeCalculatorForBlockhash", kFamily),
    read("getFeeForMessage", kFamily),
    read("getFeeRateGovernor", kFamily),
    read("getFees", kFamily),
    read("getFirstAvailableBlock", kFamily),
    read("getGenesisHash", kFamily),
    read("getHealth", kFamily),
    read("getHighestSnapshotSlot", kFamily),
    read("getIdentity", kFamily),
    read("getInflationGovernor", kFamily),
    read("getInflationRate", kFamily),
    read("getInflationReward", kFamily),
    read("getLargestAccounts", kFamily),
    read("getLatestBlockhash", kFamily),
    read_or_null("getLeaderSchedule", kFamily),
    read("getMaxRetransmitSlot", kFamily),
    read("getMaxShredInsertSlot", kFamily),
    read("getMinimumBalanceForRentExemption", kFamily),
    read("getMultipleAccounts", kFamily),
    read("getNftEditions", kFamily),
    read("getPriorityFeeEstimate", kFamily),
    read("getProgramAccounts", kFamily),
    read("getProgramAccountsV2", kFamily),
    read("getRecentBlockhash", kFamily),
    read("getRecentPerformanceSamples", kFamily),
    read("getRecentPrioritizationFees", kFamily),
    read("getSignatureStatuses", kFamily),
    read("getSignaturesForAddress", kFamily),
    read("getSlot", kFamily),
    read("getSlotLeader", kFamily),
    read("getSlotLeaders", kFamily),
    read("getSnapshotSlot", kFamily),
    read("getStakeActivation", kFamily),
    read("getStakeMinimumDelegation", kFamily),
    read("getSupply", kFamily),
    read("getTokenAccountBalance", kFamily),
    read("getTokenAccounts", kFamily),
    read("getTokenAccountsByDelegate", kFamily),
    read("getTokenAccountsByOwner", kFamily),
    read("getTokenAccountsByOwnerV2", kFamily),
    read("getTokenLargestAccounts", kFamily),
    read("getTokenSupply", kFamily),
    read_or_null("getTransaction", kFamily),
    read("getTransactionCount", kFamily),
    read("getTransactionsForAddress", kFamily),
    read("getVersion", kFamily),
    read("getVoteAccounts", kFamily),
    read("isBlockhashValid", kFamily),
    stream("logsSubscribe", kFamily),
    stream("logsUnsubscribe", kFamily),
    read("minimumLedgerSlot", kFamily),
    stream("programSubscribe", kFamily),
    stream("programUnsubscribe", kFamily),
    unsafe("requestAirdrop", kFamily),
    stream("rootSubscribe", kFamily),
    stream("rootUnsubscribe", kFamily),
    read("searchAssets", kFamily),
    unsafe("sendBundle", kFamily),
    unsafe("sendTransaction", kFamily),
    stream("signatureSubscribe", kFamily),
    stream("signatureUnsubscribe", kFamily),
    read("simulateBundle", kFamily),
    read("simulateTransaction", kFamily),
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
