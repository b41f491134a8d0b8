// dRPC's compute units: all calls alike, what the node only says about itself is free.
// Source: drpc.org/docs/pricing/compute-units, flat since June 2025, read 2026-11-21.
#include "policy/credit_table.h"

namespace sidecar {

namespace {

constexpr uint32_t kOtherwise = 20;
constexpr CreditRow kEvm[] = {
    {"eth_accounts", 0}, {"eth_chainId", 0},        {"eth_coinbase", 0},
    {"eth_hashrate", 0}, {"eth_mining", 0},         {"eth_protocolVersion", 0},
    {"eth_syncing", 0},  {"net_listening", 0},      {"net_peerCount", 0},
    {"net_version", 0},  {"web3_clientVersion", 0},
};
static_assert(is_sorted_by_name(kEvm));
constexpr CreditRow kSvm[] = {
    {"accountUnsubscribe", 0}, {"blockUnsubscribe", 0},   {"getHealth", 0},
    {"logsUnsubscribe", 0},    {"programUnsubscribe", 0}, {"signatureUnsubscribe", 0},
    {"slotUnsubscribe", 0},
};
static_assert(is_sorted_by_name(kSvm));

}  // namespace

constinit const CreditTable kDrpcEvmCredits{kOtherwise, kEvm, {}};
constinit const CreditTable kDrpcSvmCredits{kOtherwise, kSvm, {}};

}  // namespace sidecar
