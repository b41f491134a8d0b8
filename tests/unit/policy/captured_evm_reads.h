#pragma once

#include "captured_errors.h"

namespace sidecar::testing {

/// EVM: too much asked for, what is not there, and bad params.
inline constexpr CapturedError kCapturedEvmReads[] = {
    // Range.
    said("Alchemy", -32602,
         "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block "
         "range and no limit on the response size. Based on your parameters, this block range "
         "should work: [0x0, 0x1]",
         Outcome::kRangeTooLarge)
        .by(Vendor::kAlchemy)
        .to("eth_getLogs"),
    said("Infura", -32005, "query found too much. Try with this block range [0x1, 0x2].",
         Outcome::kRangeTooLarge)
        .by(Vendor::kInfura)
        .to("eth_getLogs"),
    said("Ankr", -32600, "block range is too wide", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32000, "block range too large", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("Tenderly", -32600, "block range is too large", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32000, "Request exceeds the range", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("reth", -32602, "query exceeds max block range 100000", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("PublicNode", -32701, "exceed maximum block range: 50000", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("Besu", -32005, "Requested range exceeds maximum RPC range limit", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("eRPC", -32000, "Max range: 2000", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("Polygon", -32000, "Block range exceeds configured limit", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("eRPC", -32000, "block range limit exceeded", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32000, "cannot get logs over more than 10000 blocks", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("eRPC", -32000, "response size should not greater than 10000000 bytes",
         Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("Infura", -32005, "query returned more than 10000 results", Outcome::kRangeTooLarge)
        .by(Vendor::kInfura)
        .to("eth_getLogs"),
    said("reth", -32602, "query exceeds max results 20000, retry with the range 21102592-21102595",
         Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("eRPC", -32000, "too many results", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("Lasso", -32000, "too many logs", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32000, "block count too large, max is 1024", Outcome::kRangeTooLarge)
        .to("eth_feeHistory"),
    said("geth", -32003, "response too large", Outcome::kRangeTooLarge)
        .to("debug_traceBlockByNumber"),
    said("reth", -32008, "Response is too big", Outcome::kRangeTooLarge)
        .with(R"("Exceeded max limit of 167772160")")
        .to("trace_filter"),
    said("eRPC", -32000, "query exceeds limit", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32000, "please limit the query to at most 1000 blocks", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("eRPC", -32000, "too much, try paginating", Outcome::kRangeTooLarge).to("eth_getLogs"),
    said("eRPC", -32000, "maximum [from, to] blocks distance: 2000", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("QuickNode", -32614, "eth_getLogs is limited to a 10,000 range", Outcome::kRangeTooLarge)
        .by(Vendor::kQuicknode)
        .to("eth_getLogs"),
    said("QuickNode", -32602,
         "eth_getLogs and eth_newFilter are limited to a 5 block range, upgrade from discover "
         "plan at quicknode.com",
         Outcome::kRangeTooLarge)
        .by(Vendor::kQuicknode)
        .to("eth_getLogs"),
    said("1RPC", -32602, "eth_getLogs is limited to 0 - 50 blocks range", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("Alchemy", -32600,
         "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.",
         Outcome::kRangeTooLarge)
        .by(Vendor::kAlchemy)
        .to("eth_getLogs"),
    said("dRPC", 35, "ranges over 10000 blocks are not supported on freetier",
         Outcome::kRangeTooLarge)
        .by(Vendor::kDrpc)
        .to("eth_getLogs"),
    said("Lasso", -32000, "query timeout exceeded. Consider reducing your block range.",
         Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("PublicNode", -32701, "please specify less number of addresses", Outcome::kRangeTooLarge)
        .to("eth_getLogs"),
    said("dRPC", -32602, "exceed max addresses or topics per search position",
         Outcome::kRangeTooLarge)
        .by(Vendor::kDrpc)
        .to("eth_getLogs"),
    said("Infura", -32600, "This query contains 5006 filters. The current limit is 5000.",
         Outcome::kRangeTooLarge)
        .by(Vendor::kInfura)
        .to("eth_getLogs"),
    // Missing.
    said("geth", -32000, "header not found", Outcome::kMissing),
    said("Besu", -32000, "Block not found", Outcome::kMissing).to("debug_traceBlockByHash"),
    said("reth", -32001, "block not found: 0x1312d00", Outcome::kMissing),
    said("geth", -39001, "finalized block not found", Outcome::kMissing),
    said("reth", -32001, "transaction not found", Outcome::kMissing).to("debug_traceTransaction"),
    said("geth", -32000, "missing trie node 8b7ec4 (path ) state 0x8b7ec4 is not available",
         Outcome::kMissing),
    said("Alchemy", 3, "Unknown block", Outcome::kMissing).by(Vendor::kAlchemy),
    said("Besu", -39001, "Unknown block", Outcome::kMissing),
    said("eRPC", -32000, "could not find block", Outcome::kMissing),
    said("geth", -32000, "hash 0x1a2b is not currently canonical", Outcome::kMissing),
    said("Nethermind", -32002, "No state available for block 0x1a2b", Outcome::kMissing),
    said("Besu", -32000, "World state unavailable", Outcome::kMissing),
    said("geth", -32000, "required historical state unavailable (reexec=128)", Outcome::kMissing)
        .to("debug_traceTransaction"),
    said("reth", 4444, "pruned history unavailable", Outcome::kMissing).to("eth_getLogs"),
    said("op-geth", -32000,
         "no historical RPC is available for this historical (pre-bedrock) execution request",
         Outcome::kMissing),
    said("Avalanche", -32000, "cannot query unfinalized data", Outcome::kMissing),
    said("Avalanche", -32000, "requested from block 10 after last accepted block 9",
         Outcome::kMissing)
        .to("eth_getLogs"),
    said("Ethermint", -32000, "height must be less than or equal to the current blockchain height",
         Outcome::kMissing),
    said("Ethermint", -32000,
         "height 10 is not available, lowest height is 20; block height is not available",
         Outcome::kMissing),
    said("eRPC", -32000, "block height passed is invalid", Outcome::kMissing),
    said("Sei", -32000, "could not find FinalizeBlock results for height 10", Outcome::kMissing),
    said("eRPC", -32000, "Expect block number from id", Outcome::kMissing),
    said("eRPC", -32000, "invalid blockhash finalized", Outcome::kMissing),
    said("geth", -32000, "genesis is not traceable", Outcome::kMissing)
        .to("debug_traceBlockByNumber"),
    said("Nethermind", -32000, "blocks specified in filter cannot be found", Outcome::kMissing)
        .to("trace_filter"),
    said("eRPC", -32000, "cannot find transaction", Outcome::kMissing),
    said("eRPC", -32000, "trie does not contain it", Outcome::kMissing),
    said("eRPC", -32000, "block number 12 is greater than latest 10", Outcome::kMissing),
    said("reth", -32602, "block range extends beyond current head block", Outcome::kMissing)
        .to("eth_getLogs"),
    said("geth", -32000, "request beyond head block: requested 20, head 10", Outcome::kMissing)
        .to("eth_feeHistory"),
    said("proxyd", -32019, "block is out of range", Outcome::kMissing),
    said("eRPC", -32000, "requested data is not available", Outcome::kMissing),
    said("Infura", -32002, "project ID does not have access to archive state", Outcome::kMissing)
        .by(Vendor::kInfura),
    said(
        "PublicNode", -32602,
        "Archive requests require a personal token. Get one at https://www.allnodes.com/publicnode",
        Outcome::kMissing),
    said("geth", -32000, "pending block is not available", Outcome::kMissing),
    said("eRPC", -32000, "finalized is not a supported commitment level", Outcome::kMissing),
    said("dRPC", -32000, "ChainException: Unexpected error (code=40000)", Outcome::kMissing)
        .by(Vendor::kDrpc),
    said("dRPC", -32000, "invalid block range", Outcome::kMissing)
        .by(Vendor::kDrpc)
        .to("eth_getLogs"),
    // Params.
    said("Alchemy", -32600, "Must be authenticated!", Outcome::kUnauthorised).by(Vendor::kAlchemy),
    said("Alchemy", -32600, "wrong access key", Outcome::kUnauthorised).by(Vendor::kAlchemy),
    said("Infura", -32600, "project must be authenticated", Outcome::kUnauthorised)
        .by(Vendor::kInfura),
    said("Infura", -32600, "wrong access key", Outcome::kUnauthorised).by(Vendor::kInfura),
    said("Alchemy", -32600,
         "Unsupported method: eth_foo. See available methods at "
         "https://docs.alchemy.com/alchemy/documentation/apis",
         Outcome::kUnsupported)
        .by(Vendor::kAlchemy)
        .to("eth_foo"),
    said("Alchemy", -32600,
         "trace_block is not available on the Free tier - upgrade to Pay As You Go, or "
         "Enterprise for access.",
         Outcome::kUnsupported)
        .by(Vendor::kAlchemy)
        .to("trace_block"),
    said("Nethermind", -32600,
         "The method 'trace_block' is found but the namespace 'trace' is disabled for "
         "http://127.0.0.1:8545.",
         Outcome::kUnsupported)
        .to("trace_block"),
    said("anvil", -32600, "Invalid request", Outcome::kCallerFault),
    said("geth", -32602, "invalid argument 0: hex string has length 4, want 40 for common.Address",
         Outcome::kCallerFault),
    said("geth", -32602, "invalid block range params", Outcome::kCallerFault).to("eth_getLogs"),
    said("anvil over WS", -32602, "data did not match any variant of untagged enum EthRpcCall",
         Outcome::kCallerFault),
    said("QuickNode", -32602,
         "invalid argument 0: json: cannot unmarshal hex string without 0x prefix",
         Outcome::kCallerFault)
        .by(Vendor::kQuicknode),
    said("geth", -32700, "parse error", Outcome::kCallerFault),
};

}  // namespace sidecar::testing
