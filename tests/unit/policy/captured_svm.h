#pragma once

#include "captured_errors.h"

namespace sidecar::testing {

inline constexpr CapturedError kCapturedSvm[] = {
    said("Agave", -32601, "Method not found", Outcome::kUnsupported),
    said("Agave", -32602, "Invalid param: WrongSize", Outcome::kCallerFault),
    said("Agave", -32602, "Invalid params: unknown variant `rate limit`, expected `base58`",
         Outcome::kCallerFault),
    said("Agave", -32600, "Invalid request", Outcome::kCallerFault),
    said("Agave", -32603, "Internal Error: Subscription refused. Node subscription limit reached",
         Outcome::kBusy)
        .to("accountSubscribe"),
    said("Infura", 402, "Payment Required", Outcome::kUnpaid).by(Vendor::kInfura).under(0),
    said("Helius", -32429, "max usage reached", Outcome::kUnpaid).by(Vendor::kHelius),
    said("Solana's public endpoint", 429, "Too many requests for a specific RPC call",
         Outcome::kRateLimited),
    said("Helius", -32429, "rate limited", Outcome::kRateLimited).by(Vendor::kHelius),
    said("QuickNode", -32007,
         "50/second request limit reached - reduce calls per second or upgrade your account at "
         "quicknode.com",
         Outcome::kRateLimited)
        .by(Vendor::kQuicknode),
    said("QuickNode", -32009, "trace requests limited to 25/sec", Outcome::kRateLimited)
        .by(Vendor::kQuicknode),
    said("QuickNode", -32012, "credits limited to 6000/sec", Outcome::kRateLimited)
        .by(Vendor::kQuicknode),
    said("eRPC", -32000, "Rate limit exceeded", Outcome::kRateLimited),
    said("eRPC", -32000, "You are being rate-limited", Outcome::kRateLimited),
    said("eRPC", -32000, "Too many requests", Outcome::kRateLimited),
    said("eRPC", -32000, "more than 40 requests per second", Outcome::kRateLimited),
    said("Alchemy", -32000, "Your app has exceeded its compute units per second capacity.",
         Outcome::kRateLimited)
        .by(Vendor::kAlchemy),
    said("eRPC", -32000, "request throttled", Outcome::kRateLimited),
    said("Agave", -32001,
         "Block 100 cleaned up, does not exist on node. First available block: 250000000",
         Outcome::kMissing),
    said("Agave", -32002,
         "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1",
         Outcome::kCallerFault)
        .with(R"({"accounts":null,"err":{},"logs":["Program log: Too many requests"]})"),
    said("Agave", -32002, "Transaction simulation failed: Blockhash not found",
         Outcome::kCallerFault),
    said("Agave", -32002,
         "Transaction simulation failed: This transaction has already been processed",
         Outcome::kCallerFault),
    said("Agave", -32003, "Transaction signature verification failure", Outcome::kCallerFault),
    said("Agave", -32004, "Block not available for slot 280000000", Outcome::kMissing),
    said("Agave", -32005, "Node is behind by 153 slots", Outcome::kNodeBehind)
        .with(R"({"numSlotsBehind":153})"),
    said("Agave", -32005, "Node is unhealthy", Outcome::kNodeBehind)
        .with(R"({"numSlotsBehind":null})"),
    said("Agave", -32006, "Transaction precompile verification failure InvalidAccountIndex",
         Outcome::kCallerFault),
    said("Agave", -32007,
         "Slot 436683136 was skipped, or missing due to ledger jump to recent snapshot",
         Outcome::kSlotSkipped)
        .by(Vendor::kQuicknode),
    said("Agave", -32008, "No snapshot", Outcome::kMissing),
    said("Agave", -32009, "Slot 200000000 was skipped, or missing in long-term storage",
         Outcome::kSlotSkipped),
    said("Agave", -32010,
         "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA excluded from account secondary indexes; "
         "this RPC method unavailable for key",
         Outcome::kMissing),
    said("Agave", -32011, "Transaction history is not available from this node", Outcome::kMissing),
    said("Agave", -32012, "scan aborted: The accumulated scan results exceeded the limit",
         Outcome::kNodeFault),
    said("Agave", -32013, "Transaction signature length mismatch", Outcome::kCallerFault),
    said("Agave", -32014, "Block status not yet available for slot 280000001", Outcome::kMissing),
    said(
        "Agave", -32015,
        R"(Transaction version (0) is not supported by the requesting client. Please try the request again with the following configuration parameter: \"maxSupportedTransactionVersion\": 0)",
        Outcome::kCallerFault),
    said("Agave", -32016, "Minimum context slot has not been reached", Outcome::kNodeBehind)
        .with(R"({"contextSlot":280000000})"),
    said("Agave", -32017, "Epoch rewards period still active at slot 280000000",
         Outcome::kCallerFault),
    said("Agave", -32018,
         "Rewards cannot be found because slot 5 is not the epoch boundary. This may be due to gap "
         "in the queried node's local ledger or long-term storage",
         Outcome::kCallerFault),
    said("Agave", -32019, "Failed to query long-term storage; please try again",
         Outcome::kNodeFault),
    said("Agave", -32603, "Internal error", Outcome::kNodeFault),
    said("Agave", -32700, "Parse error", Outcome::kNodeFault),
    said("eRPC", -32000, "Slot 5 was skipped, or missing in long-term storage",
         Outcome::kSlotSkipped),
    said("eRPC", -32000, "Slot 5 was skipped, or missing due to ledger jump to recent snapshot",
         Outcome::kSlotSkipped),
    said("eRPC", -32000, "Preflight check failed", Outcome::kCallerFault),
    said("eRPC", -32000, "Transaction simulation failed: Blockhash not found",
         Outcome::kCallerFault),
    said("eRPC", -32000, "Blockhash not found", Outcome::kCallerFault),
    said("eRPC", -32000, "Invalid signature", Outcome::kCallerFault),
    said("eRPC", -32000, "invalid transaction: failed to deserialize", Outcome::kCallerFault),
    said("eRPC", -32000, "invalid instruction data", Outcome::kCallerFault),
    said("Helius", -32401, "invalid api key provided", Outcome::kUnauthorised)
        .by(Vendor::kHelius)
        .under(0),
    said("QuickNode", -32000, "Unauthorized", Outcome::kUnauthorised)
        .by(Vendor::kQuicknode)
        .under(0),
    said("nobody yet", -32000, "Server error", Outcome::kUnknownError),
    said("nobody yet", -32042, "A code of tomorrow", Outcome::kUnknownError),
};

}  // namespace sidecar::testing
