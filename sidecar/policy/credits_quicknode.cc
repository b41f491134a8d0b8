// QuickNode's API credits: a price a chain, twice for its advanced methods (tracing, pool, tokens,
// assets), four times for its large ones. The EVM price is that of Ethereum and most others; a few
// chains cost 30 to 50 (Gnosis, Scroll, Celo, Monad), which is not known here.
// Source: quicknode.com/api-credits, as of 2026, read 2026-11-21.
#include "policy/credit_table.h"

namespace sidecar {

namespace {

constexpr uint32_t kEvmOtherwise = 20;
constexpr uint32_t kSvmOtherwise = 30;
constexpr CreditRow kEvm[] = {
    {"arbtrace_replayBlockTransactions", 80},
    {"arbtrace_replayTransaction", 80},
    {"trace_replayBlockTransactions", 80},
    {"trace_replayTransaction", 80},
    {"txpool_content", 80},
};
static_assert(is_sorted_by_name(kEvm));
constexpr CreditRow kEvmPrefixes[] = {
    {"arbtrace_", 40}, {"debug_", 40}, {"qn_", 40}, {"trace_", 40}, {"txpool_", 40},
};
constexpr CreditRow kSvm[] = {
    {"getLargestAccounts", 120},
    {"getSupply", 120},
};
static_assert(is_sorted_by_name(kSvm));
constexpr CreditRow kSvmPrefixes[] = {
    {"getAsset", 60},
};

}  // namespace

constinit const CreditTable kQuicknodeEvmCredits{kEvmOtherwise, kEvm, kEvmPrefixes};
constinit const CreditTable kQuicknodeSvmCredits{kSvmOtherwise, kSvm, kSvmPrefixes};

}  // namespace sidecar
