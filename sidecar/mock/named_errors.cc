#include "mock/named_errors.h"

#include <algorithm>
#include <array>

namespace sidecar {

namespace {

constexpr bool is_before(const NamedError& a, const NamedError& b) {
  return a.name < b.name;
}

// Codes and texts as geth, Agave and the providers send them; the numbers in them are examples.
constexpr std::array kRows{
    NamedError{"alchemy_auth", 401, -32600, "Must be authenticated!"},
    NamedError{"alchemy_logs_too_large", 400, -32602,
               "Log response size exceeded. You can make eth_getLogs requests with up to a 2K "
               "block range and no limit on the response size, or you can request any block range "
               "with a cap of 10K logs in the response. Based on your parameters and the response "
               "size limit, this block range should work: [0x0, 0x7cf]"},
    NamedError{"alchemy_monthly_capacity", 429, 429,
               "Monthly capacity limit exceeded. Visit "
               "https://dashboard.alchemy.com/settings/billing to upgrade your scaling policy for "
               "continued service."},
    NamedError{"alchemy_rate_limit", 429, 429,
               "Your app has exceeded its compute units per second capacity. If you have retries "
               "enabled, you can safely ignore this message. If not, check out "
               "https://docs.alchemy.com/reference/throughput"},
    NamedError{"already_known", 200, -32000, "already known"},
    NamedError{"execution_reverted", 200, 3,
               "execution reverted: ERC20: transfer amount exceeds balance",
               "\"0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000"
               "000000000000000000000000000000000000000000000000000000002645524332303a207472616e73"
               "66657220616d6f756e7420657863656564732062616c616e6365000000000000000000000000000000"
               "0000000000000000000000\""},
    NamedError{"execution_timeout", 200, -32000, "execution aborted (timeout = 5s)"},
    NamedError{"geth_header_not_found", 200, -32000, "header not found"},
    NamedError{"geth_missing_trie_node", 200, -32000,
               "missing trie node 5c0ee75d9dd668839db2895c93257f6a3a77282740c045d286ff0d1f297ffa24 "
               "(path ) state 0x5c0ee75d9dd668839db2895c93257f6a3a77282740c045d286ff0d1f297ffa24 "
               "is not available, not found"},
    NamedError{"geth_not_canonical", 200, -32000, "hash is not currently canonical"},
    NamedError{"geth_unknown_block", 200, -32000, "unknown block"},
    NamedError{"helius_rate_limit", 429, -32429, "rate limited"},
    NamedError{"infura_daily_quota", 402, -32005,
               "daily request count exceeded, request rate limited",
               R"({"see":"https://infura.io/dashboard"})"},
    NamedError{"infura_rate_limit", 429, -32005, "project ID request rate exceeded",
               R"({"rate":{"allowed_rps":1,"backoff_seconds":30,"current_rps":1.27},)"
               R"("see":"https://infura.io/dashboard"})"},
    NamedError{"insufficient_funds", 200, -32000,
               "insufficient funds for gas * price + value: address "
               "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc have 0 want 21000000000000"},
    NamedError{"internal_error", 200, -32603, "Internal error"},
    NamedError{"limit_exceeded", 200, -32005, "limit exceeded"},
    NamedError{"logs_range_too_large", 413, -32614, "eth_getLogs is limited to a 10,000 range"},
    NamedError{"logs_too_many_results", 200, -32005, "query returned more than 10000 results"},
    NamedError{"method_not_found", 200, -32601,
               "the method eth_example does not exist/is not available"},
    NamedError{"method_not_supported", 200, -32004, "This request method is not supported"},
    NamedError{"nonce_too_low", 200, -32000, "nonce too low: next nonce 4, tx nonce 3"},
    NamedError{"quicknode_credits", 200, -32012, "credits limited to 6000/sec"},
    NamedError{"quicknode_rate_limit", 429, -32007,
               "15/second request limit reached - reduce calls per second or upgrade your account "
               "at quicknode.com"},
    NamedError{"rate_limit", 200, -32005, "rate limit exceeded"},
    NamedError{"replacement_underpriced", 200, -32000, "replacement transaction underpriced"},
    NamedError{"solana_block_cleaned_up", 200, -32001,
               "Block 1000 cleaned up, does not exist on node. First available block: 250000000"},
    NamedError{"solana_block_not_available", 200, -32004, "Block not available for slot 300000000"},
    NamedError{"solana_block_status_unknown", 200, -32014,
               "Block status not yet available for slot 300000000"},
    NamedError{"solana_blockhash_not_found", 200, -32002,
               "Transaction simulation failed: Blockhash not found",
               R"({"accounts":null,"err":"BlockhashNotFound","innerInstructions":null,"logs":[],)"
               R"("replacementBlockhash":null,"returnData":null,"unitsConsumed":0})"},
    NamedError{"solana_history_not_available", 200, -32011,
               "Transaction history is not available from this node"},
    NamedError{"solana_min_context_slot", 200, -32016, "Minimum context slot has not been reached",
               R"({"contextSlot":299999990})"},
    NamedError{"solana_node_behind", 200, -32005, "Node is behind by 153 slots",
               R"({"numSlotsBehind":153})"},
    NamedError{"solana_node_unhealthy", 200, -32005, "Node is unhealthy",
               R"({"numSlotsBehind":null})"},
    NamedError{"solana_public_rate_limit", 429, 429, "Too many requests for a specific RPC call"},
    NamedError{"solana_signature_failure", 200, -32003,
               "Transaction signature verification failure"},
    NamedError{"solana_slot_skipped", 200, -32007,
               "Slot 300000000 was skipped, or missing due to ledger jump to recent snapshot"},
    NamedError{"solana_slot_skipped_long_term", 200, -32009,
               "Slot 300000000 was skipped, or missing in long-term storage"},
    NamedError{"transaction_underpriced", 200, -32000, "transaction underpriced"},
};
static_assert(std::is_sorted(kRows.begin(), kRows.end(), is_before));

}  // namespace

std::span<const NamedError> named_errors() {
  return kRows;
}

const NamedError* find_named_error(std::string_view name) {
  const auto* row = std::lower_bound(
      kRows.begin(), kRows.end(), name,
      [](const NamedError& each, std::string_view wanted) { return each.name < wanted; });
  return row != kRows.end() && row->name == name ? row : nullptr;
}

}  // namespace sidecar
