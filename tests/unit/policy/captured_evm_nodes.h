#pragma once

#include "captured_errors.h"

namespace sidecar::testing {

/// EVM: what the machine, the node and the vendor say of themselves, and codes alone.
inline constexpr CapturedError kCapturedEvmNodes[] = {
    // Unsupported.
    said("NodeCore", -32000, "method debug_traceCall is not supported", Outcome::kUnsupported)
        .to("debug_traceCall"),
    said("eRPC", -32000, "Method not found", Outcome::kUnsupported),
    said("dRPC", 35, "method is not available on freetier, please upgrade to paid tier",
         Outcome::kUnsupported)
        .by(Vendor::kDrpc)
        .to("trace_block"),
    said("a geth behind a proxy", -32000, "the method eth_getBlockReceipts does not exist",
         Outcome::kUnsupported)
        .to("eth_getBlockReceipts"),
    said("proxyd over WS", -32001, "rpc method is not whitelisted", Outcome::kUnsupported)
        .to("debug_traceBlock"),
    said("eRPC", -32000, "this key is not allowed to access method trace_block",
         Outcome::kUnsupported)
        .to("trace_block"),
    said("eRPC", -32000, "Unsupported method: trace_block", Outcome::kUnsupported)
        .to("trace_block"),
    said("NodeCore", -32000, "the containing module is disabled", Outcome::kUnsupported)
        .to("debug_traceCall"),
    said("Besu", -32002,
         "Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in "
         "sync).",
         Outcome::kUnsupported)
        .to("eth_sendRawTransaction"),
    said("Blast", -32000,
         "Access to archival, debug, or trace data is not included in your current plan",
         Outcome::kUnsupported)
        .to("debug_traceCall"),
    said("Blast", -32000,
         "Access to archival, debug, or trace data is not included in your current plan",
         Outcome::kMissing)
        .to("eth_getBalance"),
    // Missing, in looser words.
    said("NodeCore", -32000, "block #19000000 not found", Outcome::kMissing),
    said("reth", -32603, "receipt not found", Outcome::kMissing).to("eth_getTransactionReceipt"),
    said("reth", -32001, "header range not found, start Number(1), end Number(2)",
         Outcome::kMissing)
        .to("eth_getLogs"),
    said("eRPC", -32000, "newestBlock: Block is not available", Outcome::kMissing)
        .to("eth_feeHistory"),
    said("eRPC", -32000, "historical state 0x8b7e is not available", Outcome::kMissing),
    said("geth", -32000, "filter not found", Outcome::kCallerFault).to("eth_getFilterChanges"),
    said("geth", -32000, "subscription not found", Outcome::kCallerFault).to("eth_unsubscribe"),
    // The machine and the transaction.
    said("geth", -32000, "out of gas", Outcome::kReverted),
    said("geth", -32000, "gas required exceeds allowance (30000000)", Outcome::kReverted)
        .to("eth_estimateGas"),
    said("geth", -32000, "invalid opcode: INVALID", Outcome::kReverted),
    said("geth", -32000, "invalid jump destination", Outcome::kReverted),
    said("geth", -32000, "stack underflow (0 <=> 1)", Outcome::kReverted),
    said("geth", -32000, "stack limit reached 1024 (1023)", Outcome::kReverted),
    said("reth", -32003, "out of memory: memory limit exceeded during memory expansion",
         Outcome::kReverted),
    said("geth", -32000, "intrinsic gas too low: have 20000, want 21000", Outcome::kCallerFault),
    said("geth", -32000, "exceeds block gas limit", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Besu", -32005, "Transaction gas limit exceeds block gas limit", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("eRPC", -32000, "gas too low", Outcome::kCallerFault).to("eth_sendRawTransaction"),
    said("geth", -32000, "max priority fee per gas higher than max fee per gas: address 0x01",
         Outcome::kCallerFault),
    said("Besu", -32000, "Transaction fee cap exceeded", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "tx fee (1.10 ether) exceeds the configured cap (1.00 ether)",
         Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "account limit exceeded", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "transaction type not supported", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "typed transaction too short", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "rlp: expected input list for types.LegacyTx", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "invalid sender", Outcome::kCallerFault).to("eth_sendRawTransaction"),
    said("Besu", -32002, "Invalid signature", Outcome::kCallerFault).to("eth_sendRawTransaction"),
    said("eRPC", -32000, "invalid transaction", Outcome::kCallerFault).to("eth_sendRawTransaction"),
    said("geth", -32000, "invalid chain id for signer: have 1 want 5", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "only replay-protected (EIP-155) transactions allowed over RPC",
         Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "max initcode size exceeded: code size 50000 limit 49152",
         Outcome::kCallerFault),
    said("geth", -32000, "oversized data: transaction size 140000, limit 131072",
         Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Besu", -32007, "Sender account not authorized to send transactions",
         Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Besu", -32005, "Number of requests exceeds max batch size", Outcome::kCallerFault),
    said("proxyd over WS", -32017, "sender is over rate limit", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "invalid argument 0: hex string without 0x prefix", Outcome::kCallerFault),
    said("eRPC", -32000, "param is required", Outcome::kCallerFault),
    said("eRPC", -32000, "Bad request input parameters", Outcome::kCallerFault),
    // Time.
    said("geth", -32000, "execution timeout", Outcome::kNodeTimeout).to("debug_traceTransaction"),
    said("reth", -32000, "execution aborted (timeout = 5s)", Outcome::kNodeTimeout),
    said("Nethermind", -32016, "eth_getLogs request was canceled due to enabled timeout.",
         Outcome::kNodeTimeout)
        .to("eth_getLogs"),
    said("Nethermind", -32017, "Timeout", Outcome::kNodeTimeout),
    said("dRPC", 30, "Request timeout on the free tier, please upgrade your tier to the paid one",
         Outcome::kNodeTimeout)
        .by(Vendor::kDrpc),
    said("Besu", -32603, "Timeout expired", Outcome::kNodeTimeout),
    said("geth", -32002, "request timed out", Outcome::kNodeTimeout),
    said("geth", -32000, "context deadline exceeded", Outcome::kNodeTimeout),
    // Money and keys.
    said("eRPC", -32000, "You have reached the free tier limit", Outcome::kUnpaid),
    said("Alchemy over WS", 429, "Monthly capacity limit exceeded.", Outcome::kUnpaid)
        .by(Vendor::kAlchemy)
        .under(0),
    said("eRPC", -32000, "You hit the limit for your current plan", Outcome::kUnpaid),
    said("eRPC", -32000, "See https://example.com/billing", Outcome::kUnpaid),
    said("Infura over WS", -32005, "daily request count exceeded, request rate limited",
         Outcome::kUnpaid)
        .by(Vendor::kInfura)
        .under(0),
    said("Infura over WS", 402, "Payment Required", Outcome::kUnpaid).by(Vendor::kInfura).under(0),
    said("eRPC", -32000, "invalid api key provided", Outcome::kUnauthorised),
    said("eRPC", -32000, "the key is inactive", Outcome::kUnauthorised),
    said("Ankr", -32000,
         "Unauthorized: You must authenticate your request with an API key. Create an account "
         "on https://www.ankr.com/rpc/",
         Outcome::kUnauthorised),
    said("Ankr", -32052, "API key is not allowed to access blockchain", Outcome::kUnauthorised),
    said("QuickNode", -32000, "UNAUTHORIZED", Outcome::kUnauthorised).by(Vendor::kQuicknode),
    said("Besu", -40100, "Unauthorized", Outcome::kUnauthorised),
    said("dRPC", -32000, "token is invalid", Outcome::kUnauthorised).by(Vendor::kDrpc),
    // Limits.
    said("the mock", -32005, "subscription limit of 100 per connection exceeded", Outcome::kBusy)
        .to("eth_subscribe"),
    said("reth", -32006, "Too many subscriptions on the connection", Outcome::kBusy)
        .with(R"("Exceeded max limit of 1024")")
        .to("eth_subscribe"),
    said("Hedera", -32608, "Exceeded maximum allowed subscriptions", Outcome::kBusy)
        .to("eth_subscribe"),
    said("Sei", -32000, "no new subscription can be created", Outcome::kBusy).to("eth_subscribe"),
    said("Alchemy", 429,
         "Your app has exceeded its compute units per second capacity. If you have retries "
         "enabled, you can safely ignore this message.",
         Outcome::kRateLimited)
        .by(Vendor::kAlchemy),
    said("proxyd", -32016, "over rate limit", Outcome::kRateLimited),
    said("eRPC", -32000, "Rate limit exceeded", Outcome::kRateLimited),
    said("Polygon", -32090, "Too many requests, reason: call rate limit exhausted, retry in 10s",
         Outcome::kRateLimited),
    said("Ankr", -32000, "too many requests", Outcome::kRateLimited),
    said("Infura", -32005, "project ID request rate exceeded", Outcome::kRateLimited)
        .by(Vendor::kInfura)
        .with(R"({"rate":{"allowed_rps":50,"backoff_seconds":30,"current_rps":52.3}})"),
    said("QuickNode by another name", -32007,
         "20/second request limit reached - reduce calls per second or upgrade your account at "
         "quicknode.com",
         Outcome::kRateLimited),
    said("QuickNode", -32009, "trace requests limited to 25/sec", Outcome::kRateLimited)
        .by(Vendor::kQuicknode)
        .to("trace_block"),
    said("QuickNode", -32012, "credits limited to 6000/sec", Outcome::kRateLimited)
        .by(Vendor::kQuicknode),
    said("Alchemy", -32000, "Your app has exceeded its concurrent requests capacity",
         Outcome::kRateLimited)
        .by(Vendor::kAlchemy),
    said("eRPC", -32000, "Exceeded the quota usage", Outcome::kRateLimited),
    said("eRPC", -32000, "you have reached the quota", Outcome::kRateLimited),
    said("Lasso", -32000, "request throttled", Outcome::kRateLimited),
    said("eRPC", -32000, "we are under too much load", Outcome::kRateLimited),
    said("eRPC", -32000, "No server available", Outcome::kRateLimited),
    said("proxyd over WS", -32012, "backend is over capacity", Outcome::kRateLimited),
    said("eRPC", -32000, "please upgrade your tier", Outcome::kRateLimited),
    said("BNB chain", -32005, "limit exceeded", Outcome::kRateLimited),
    // The node.
    said("Besu", -32008, "Initial sync is still in progress", Outcome::kNodeBehind),
    said("Lasso", -32000, "node is syncing", Outcome::kNodeBehind),
    said("geth", -32000, "method handler crashed", Outcome::kNodeFault),
    said("proxyd", -32000, "internal error", Outcome::kNodeFault),
    said("NodeCore", -32000, "Internal server error", Outcome::kNodeFault),
    said("Lasso", -32000, "service temporarily unavailable", Outcome::kNodeFault),
    said("Alchemy", -32000, "Unable to complete request at this time", Outcome::kNodeFault)
        .by(Vendor::kAlchemy),
    said("proxyd", -32010, "backend offline", Outcome::kNodeFault),
    said("proxyd", -32013, "backend returned an invalid response", Outcome::kNodeFault),
    said("proxyd", -32018, "backend is currently not healthy to serve traffic",
         Outcome::kNodeFault),
    said("NodeCore", -32000, "no available nodes found", Outcome::kNodeFault),
    said("NodeCore", -32000, "server shutting down", Outcome::kNodeFault),
    said("NodeCore", -32000, "dial tcp 127.0.0.1:8545: connect: connection refused",
         Outcome::kNodeFault),
    said("NodeCore", -32000, "read: connection reset by peer", Outcome::kNodeFault),
    // Codes alone.
    said("Infura", -32001, "Resource not found", Outcome::kUnsupported).by(Vendor::kInfura),
    said("QuickNode", -32007, "Requests per second reached", Outcome::kRateLimited)
        .by(Vendor::kQuicknode),
    said("QuickNode", -32009, "Trace calls restricted", Outcome::kRateLimited)
        .by(Vendor::kQuicknode),
    said("a geth with words of its own", 3, "the contract refused", Outcome::kReverted),
    said("Nethermind", -32001, "Resource not found", Outcome::kMissing),
    said("EIP-1474", -32002, "Resource not usable", Outcome::kMissing),
    said("EIP-1474", -32003, "Transaction rejected", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("EIP-1474", -32004, "Not implemented here", Outcome::kUnsupported),
    said("EIP-1474", -32005, "Defined limit is passed", Outcome::kRateLimited),
    said("QuickNode", -32010, "Transaction cost exceeds current gas", Outcome::kCallerFault)
        .by(Vendor::kQuicknode)
        .to("eth_sendRawTransaction"),
    said("QuickNode", -32011, "Network error", Outcome::kNodeFault).by(Vendor::kQuicknode),
    said("eRPC", -32012, "Too wide", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32014, "Not there", Outcome::kMissing),
    said("eRPC", -32015, "Node gave up", Outcome::kNodeTimeout),
    said("eRPC", -32016, "Who are you", Outcome::kUnauthorised),
    said("Cloudflare", -32055, "Slow down", Outcome::kRateLimited),
    said("JSON-RPC 2.0", -32603, "Internal JSON-RPC problem", Outcome::kNodeFault),
    said("Besu", -32604, "Not enabled", Outcome::kUnsupported),
    said("QuickNode", -32612, "Custom trace", Outcome::kUnsupported).by(Vendor::kQuicknode),
    said("QuickNode", -32613, "Custom trace", Outcome::kUnsupported).by(Vendor::kQuicknode),
    said("QuickNode", -32614, "Blocks", Outcome::kRangeTooLarge)
        .by(Vendor::kQuicknode)
        .to("eth_getLogs"),
    said("nobody yet", -32000, "something odd happened", Outcome::kUnknownError),
    said("geth", -32000, "txpool is full", Outcome::kUnknownError).to("eth_sendRawTransaction"),
};

}  // namespace sidecar::testing
