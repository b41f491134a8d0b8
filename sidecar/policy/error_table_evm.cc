#include "policy/error_table.h"

// How the rows are ordered, and why:
//   reverts             a contract chooses its words: none of the rows below may read them
//   unknown methods     the worker chooses the method's name, which the text repeats
//   transactions, range, missing data     harmless verdicts, under whatever code
//   bad params          a worker's words again: nothing below may charge a provider for them
//   unsupported, the machine's halts, limits, keys, the node     by text
//   codes               what is left; numbers that vendors use for different things come last

namespace sidecar {

namespace {

using O = Outcome;
using V = Vendor;

constexpr ErrorRow kRows[] = {
    on_code(O::kReverted, 3, "execution reverted"),  // geth internal/ethapi, reth, erigon
    on_text(O::kReverted, "execution reverted"),     // -32000, -32603: Besu, Monad, wrappers
    on_text(O::kReverted, "vm exception while processing"),  // Ganache, Hardhat
    on_text(O::kReverted, "vm execution error"),             // OpenEthereum, Nethermind: -32015
    on_text(O::kReverted, "transaction reverted"),           // Hardhat without a reason; eRPC
    on_text(O::kReverted, "evm error:"),                     // reth: a halt of revm's
    on_data(O::kReverted, "reverted 0x"),                    // OpenEthereum, Alchemy: in the data
    on_data(O::kReverted, "0x08c379a0"),                     // selector of Error(string); eRPC

    on_code(O::kUnsupported, -32601),  // JSON-RPC 2.0

    on_text(O::kCallerFault, "unknown transaction type"),     // reth; not a "known transaction"
    on_text(O::kMissing, "unknown transaction"),              // geth debug_; neither is this
    on_text(O::kAlreadyKnown, "already known"),               // geth core/txpool, erigon
    on_text(O::kAlreadyKnown, "known transaction"),           // Besu, old geth, zkSync (code 3)
    on_text(O::kAlreadyKnown, "alreadyknown"),                // Nethermind
    on_text(O::kAlreadyKnown, "already imported"),            // OpenEthereum -32010
    on_text(O::kAlreadyKnown, "already in mempool"),          // eRPC: Cosmos chains
    on_text(O::kAlreadyKnown, "already in the mempool"),      // eRPC
    on_text(O::kAlreadyKnown, "already exists in mempool"),   // eRPC
    on_text(O::kAlreadyKnown, "already exists in cache"),     // Sei
    on_text(O::kAlreadyKnown, "transaction already exists"),  // eRPC
    on_text(O::kAlreadyKnown, "already have transaction"),    // eRPC
    on_text(O::kAlreadyKnown, "existing tx with same hash"),  // erigon txpool
    on_text(O::kCallerFault, "authority nonce too low"),      // geth, EIP-7702: not the sender's
    on_text(O::kNonceTooLow, "nonce too low"),                // geth, Besu -32001, erigon
    on_text(O::kNonceTooLow, "nonce is too low"),             // OpenEthereum -32010
    on_text(O::kNonceTooLow, "nonce has already been used"),  // eRPC
    on_text(O::kNonceTooLow, "oldnonce"),                     // Nethermind
    on_text(O::kNonceTooLow, "already finalized"),            // Harmony: it may be this very one
    on_text(O::kUnderpriced, "underpriced"),                  // geth, Besu: replacement or pool
    on_text(O::kUnderpriced, "feetoolow"),                    // Nethermind, ...ToCompete too
    on_text(O::kUnderpriced, "fee too low"),                  // Monad -32603
    on_text(O::kUnderpriced, "gas price too low"),            // Arbitrum
    on_text(O::kUnderpriced, "with same nonce"),              // OpenEthereum: too cheap to replace
    on_text(O::kUnderpriced, "has the same nonce"),           // Klaytn
    on_text(O::kUnderpriced, "replacementnotallowed"),        // Nethermind
    on_text(O::kUnderpriced, "had higher priority"),          // Monad -32603
    on_text(O::kUnderpriced, "could not replace existing"),   // erigon txpool
    on_text(O::kUnderpriced, "less than block base fee"),     // geth core/error
    on_text(O::kUnderpriced, "below configured minimum"),     // Besu -32009, Hedera
    on_text(O::kUnderpriced, "below current base fee"),       // Besu -32009
    on_text(O::kUnderpriced, "below minimum required"),       // reth
    // A mined transaction had its funds: the node lacks the state to replay it; eRPC.
    while_tracing(on_text(O::kMissing, "insufficient funds")),
    while_tracing(on_text(O::kMissing, "insufficient balance")),  // the same; eRPC
    on_text(O::kCallerFault, "insufficient funds"),               // geth core/error
    on_text(O::kCallerFault, "insufficient balance"),             // erigon, zkSync
    on_text(O::kCallerFault, "insufficientfunds"),                // Nethermind
    on_text(O::kCallerFault, "upfront cost exceeds"),             // Besu -32004
    on_text(O::kCallerFault, "enough funds"),                     // Arbitrum, Hardhat
    on_text(O::kCallerFault, "would cause overdraft"),            // geth pool
    on_text(O::kCallerFault, "nonce too high"),                   // geth, Besu -32006
    on_text(O::kCallerFault, "noncegap"),                         // Nethermind
    on_text(O::kCallerFault, "invalid transaction nonce"),        // Arbitrum

    on_text(O::kRangeTooLarge, "range should work"),          // Alchemy
    on_text(O::kRangeTooLarge, "try with this block range"),  // Infura -32005
    on_text(O::kRangeTooLarge, "range is too wide"),          // Ankr
    on_text(O::kRangeTooLarge, "range too large"),            // eRPC, Lasso
    on_text(O::kRangeTooLarge, "range is too large"),         // Tenderly, Blast
    on_text(O::kRangeTooLarge, "exceeds the range"),          // eRPC
    on_text(O::kRangeTooLarge, "max block range"),            // reth: query exceeds ... 100000
    on_text(O::kRangeTooLarge, "maximum block range"),        // PublicNode -32701, NodeReal
    on_text(O::kRangeTooLarge, "maximum rpc range"),          // Besu -32005
    on_text(O::kRangeTooLarge, "max range"),                  // eRPC
    on_text(O::kRangeTooLarge, "range exceeds"),              // Polygon's own endpoint
    on_text(O::kRangeTooLarge, "range limit exceeded"),       // eRPC
    on_text(O::kRangeTooLarge, "logs over more"),             // eRPC
    on_text(O::kRangeTooLarge, "response size"),              // Alchemy, zkSync
    on_text(O::kRangeTooLarge, "returned more than"),     // Infura -32005: more than 10000 results
    on_text(O::kRangeTooLarge, "exceeds max results"),    // reth
    on_text(O::kRangeTooLarge, "too many results"),       // eRPC
    on_text(O::kRangeTooLarge, "too many logs"),          // Lasso
    on_text(O::kRangeTooLarge, "too large, max is"),      // eRPC
    on_text(O::kRangeTooLarge, "response too large"),     // geth rpc -32003
    on_text(O::kRangeTooLarge, "is too big"),             // jsonrpsee (reth) -32008
    on_text(O::kRangeTooLarge, "query exceeds limit"),    // eRPC
    on_text(O::kRangeTooLarge, "limit the query to"),     // eRPC
    on_text(O::kRangeTooLarge, "try paginating"),         // eRPC
    on_text(O::kRangeTooLarge, "blocks distance"),        // eRPC
    on_text(O::kRangeTooLarge, "limited to", "range"),    // QuickNode -32602, -32614; 1RPC
    on_text(O::kRangeTooLarge, "requests with up to a"),  // Alchemy's free tier -32600
    on_text(O::kRangeTooLarge, "ranges over"),            // dRPC's free tier, code 35
    on_text(O::kRangeTooLarge, "reducing your block range"),    // Lasso
    on_text(O::kRangeTooLarge, "less number of address"),       // PublicNode
    on_text(O::kRangeTooLarge, "topics per search position"),   // Alchemy, dRPC
    on_text(O::kRangeTooLarge, "current limit is", "filters"),  // Infura

    on_text(O::kMissing, "header not found"),           // geth, erigon, reth
    on_text(O::kMissing, "block not found"),            // Besu, reth -32001; safe, finalized
    on_text(O::kMissing, "transaction not found"),      // geth tracers, reth -32001
    on_text(O::kMissing, "missing trie node"),          // geth, pruned state
    on_text(O::kMissing, "unknown block"),              // reth, Besu -39001, Alchemy code 3
    on_text(O::kMissing, "could not find block"),       // eRPC
    on_text(O::kMissing, "not currently canonical"),    // geth: hash of another branch
    on_text(O::kMissing, "no state available"),         // Nethermind -32002
    on_text(O::kMissing, "state unavailable"),          // Besu; geth "historical state ..."
    on_text(O::kMissing, "pruned"),                     // reth, Nethermind 4444; dRPC
    on_text(O::kMissing, "no historical rpc"),          // op-geth before Bedrock
    on_text(O::kMissing, "cannot query unfinalized"),   // Avalanche
    on_text(O::kMissing, "after last accepted block"),  // Avalanche
    on_text(O::kMissing, "height must be less than or equal"),    // Ethermint
    on_text(O::kMissing, "height is not available"),              // Ethermint
    on_text(O::kMissing, "block height passed is invalid"),       // eRPC
    on_text(O::kMissing, "could not find finalizeblock"),         // Sei
    on_text(O::kMissing, "expect block number from id"),          // eRPC
    on_text(O::kMissing, "invalid blockhash finalized"),          // eRPC
    on_text(O::kMissing, "genesis is not traceable"),             // geth: traced before it had it
    on_text(O::kMissing, "cannot be found", "blocks specified"),  // Nethermind trace_filter
    on_text(O::kMissing, "cannot find transaction"),              // eRPC
    on_text(O::kMissing, "trie does not"),                        // eRPC
    on_text(O::kMissing, "greater than latest"),                  // eRPC
    on_text(O::kMissing, "beyond current head"),                // geth, reth: getLogs past the head
    on_text(O::kMissing, "beyond head block"),                  // geth eth_feeHistory
    on_text(O::kMissing, "block is out of range"),              // proxyd -32019
    on_text(O::kMissing, "requested data is not available"),    // eRPC
    on_text(O::kMissing, "access to archive state"),            // Infura
    on_text(O::kMissing, "require a personal token"),           // PublicNode without the 403
    on_text(O::kMissing, "pending block is not available"),     // geth; others may have one
    on_text(O::kMissing, "is not a supported commitment"),      // eRPC: a tag, not the method
    of_vendor(V::kDrpc, on_text(O::kMissing, "(code=40000)")),  // its wrapped "not there"
    of_vendor(V::kDrpc, on_text(O::kMissing, "invalid block range")),  // node behind toBlock; eRPC

    of_vendor(V::kAlchemy, on_code(O::kUnauthorised, -32600, "authenticated")),  // "Must be ..."
    of_vendor(V::kAlchemy, on_code(O::kUnauthorised, -32600, "access key")),     // eRPC
    of_vendor(V::kInfura, on_code(O::kUnauthorised, -32600, "authenticated")),   // eRPC
    of_vendor(V::kInfura, on_code(O::kUnauthorised, -32600, "access key")),      // eRPC
    of_vendor(V::kAlchemy, on_code(O::kUnsupported, -32600, "^unsupported method")),  // its docs
    of_vendor(V::kAlchemy,
              on_code(O::kUnsupported, -32600, "not available on the free")),  // trace_
    on_code(O::kUnsupported, -32600, "namespace", "disabled"),  // Nethermind: module not enabled
    on_code(O::kCallerFault, -32600),                           // JSON-RPC 2.0
    on_code(O::kCallerFault, -32602),                           // JSON-RPC 2.0
    on_code(O::kCallerFault, -32700),                           // JSON-RPC 2.0; our own text

    on_text(O::kUnsupported, "method", "not supported"),       // eRPC, NodeCore
    on_text(O::kUnsupported, "method", "not found"),           // eRPC
    on_text(O::kUnsupported, "method", "not available"),       // eRPC; dRPC's free tier, code 35
    on_text(O::kUnsupported, "method", "does not exist"),      // geth's words under another code
    on_text(O::kUnsupported, "method is not whitelisted"),     // proxyd -32001 over WS
    on_text(O::kUnsupported, "not allowed to access method"),  // eRPC
    on_text(O::kUnsupported, "unsupported method"),            // eRPC
    on_text(O::kUnsupported, "module is disabled"),            // NodeCore
    on_text(O::kUnsupported, "pool not enabled"),              // Besu -32002
    while_tracing(on_text(O::kUnsupported, "not included in your current plan")),  // Blast
    // Archive reads in the same words: the method itself works for recent blocks.
    on_text(O::kMissing, "not included in your current plan"),  // Blast

    on_text(O::kMissing, "not found", "block"),          // NodeCore: block #N not found
    on_text(O::kMissing, "not found", "receipt"),        // reth
    on_text(O::kMissing, "not found", "header"),         // reth: header range not found
    on_text(O::kMissing, "not available", "block"),      // eRPC
    on_text(O::kMissing, "not available", "state"),      // eRPC: historical state ... is not
    on_text(O::kCallerFault, "filter not found"),        // geth, Besu: it lives elsewhere or died
    on_text(O::kCallerFault, "subscription not found"),  // geth, Besu

    on_text(O::kReverted, "out of gas"),                     // geth core/vm, reth
    on_text(O::kReverted, "gas required exceeds"),           // geth eth_estimateGas
    on_text(O::kReverted, "invalid opcode"),                 // geth core/vm
    on_text(O::kReverted, "invalid jump"),                   // geth core/vm
    on_text(O::kReverted, "stack underflow"),                // geth core/vm
    on_text(O::kReverted, "stack limit reached"),            // geth core/vm
    on_text(O::kReverted, "out of memory"),                  // reth
    on_text(O::kCallerFault, "intrinsic gas"),               // geth core/error, Besu -32003
    on_text(O::kCallerFault, "gas limit"),                   // geth txpool, Besu -32005
    on_text(O::kCallerFault, "gas too low"),                 // eRPC
    on_text(O::kCallerFault, "max priority fee per gas"),    // geth core/error: above the fee cap
    on_text(O::kCallerFault, "fee cap exceeded"),            // Besu
    on_text(O::kCallerFault, "exceeds the configured cap"),  // geth, the node's own guard
    on_text(O::kCallerFault, "account limit exceeded"),      // geth txpool; no rate limit
    on_text(O::kCallerFault, "type not supported"),          // geth core/types
    on_text(O::kCallerFault, "transaction too short"),       // geth core/types
    on_text(O::kCallerFault, "rlp:"),                        // geth rlp
    on_text(O::kCallerFault, "invalid sender"),              // geth txpool
    on_text(O::kCallerFault, "invalid signature"),           // Besu -32002
    on_text(O::kCallerFault, "invalid transaction"),         // eRPC
    on_text(O::kCallerFault, "invalid chain id"),            // geth core/types
    on_text(O::kCallerFault, "replay-protected"),            // geth: EIP-155 only
    on_text(O::kCallerFault, "initcode size"),               // geth core/error, EIP-3860
    on_text(O::kCallerFault, "oversized data"),              // geth txpool
    on_text(O::kCallerFault, "not authorized to send"),      // Besu -32007: sender not allowed
    on_text(O::kCallerFault, "max batch size"),              // Besu -32005
    on_text(O::kCallerFault, "sender is over rate limit"),   // proxyd -32017: no other way to send
    on_text(O::kCallerFault, "invalid argument"),            // geth rpc under -32000
    on_text(O::kCallerFault, "param is required"),           // eRPC
    on_text(O::kCallerFault, "bad request input"),           // eRPC

    on_text(O::kNodeTimeout, "timeout"),            // geth, reth, Nethermind -32016, dRPC code 30
    on_text(O::kNodeTimeout, "timed out"),          // geth rpc -32002
    on_text(O::kNodeTimeout, "deadline exceeded"),  // geth: context of the node's own

    on_text(O::kUnpaid, "reached the free tier"),         // eRPC
    on_text(O::kUnpaid, "monthly capacity limit"),        // Alchemy over WS
    on_text(O::kUnpaid, "limit for your current plan"),   // eRPC
    on_text(O::kUnpaid, "/billing"),                      // eRPC: a link to the page
    on_text(O::kUnpaid, "daily request count exceeded"),  // Infura -32005
    on_code(O::kUnpaid, 402),                             // Infura over WS, event -33000
    on_text(O::kUnauthorised, "invalid api key"),         // eRPC
    on_text(O::kUnauthorised, "key is inactive"),         // eRPC
    on_text(O::kUnauthorised, "must authenticate"),       // Ankr -32000
    on_text(O::kUnauthorised, "not allowed to access"),   // Ankr -32052
    on_text(O::kUnauthorised, "unauthorized"),            // QuickNode, Besu -40100
    of_vendor(V::kDrpc, on_text(O::kUnauthorised, "token is invalid")),  // eRPC

    // Of subscriptions alone, so that the provider's calls are not left out too.
    on_text(O::kBusy, "subscription limit"),             // as Agave says it; the mock
    on_text(O::kBusy, "too many subscriptions"),         // jsonrpsee (reth) -32006
    on_text(O::kBusy, "maximum allowed subscriptions"),  // Hedera's relay
    on_text(O::kBusy, "no new subscription can be"),     // Sei

    on_code(O::kRateLimited, 429),                    // Alchemy over WS and in a 200
    on_text(O::kRateLimited, "rate limit"),           // proxyd -32016, Alchemy, many
    on_text(O::kRateLimited, "too many requests"),    // Ankr, many
    on_text(O::kRateLimited, "rate exceeded"),        // Infura -32005; alloy
    on_text(O::kRateLimited, "request limit"),        // QuickNode -32007 behind any name
    on_text(O::kRateLimited, "requests limited to"),  // QuickNode -32009: trace calls
    on_text(O::kRateLimited, "credits limited to"),   // QuickNode -32012
    on_text(O::kRateLimited, "has exceeded its"),     // Alchemy: compute units per second
    on_text(O::kRateLimited, "exceeded the quota"),   // eRPC
    on_text(O::kRateLimited, "reached the quota"),    // eRPC
    on_text(O::kRateLimited, "throttled"),            // Lasso
    on_text(O::kRateLimited, "under too much load"),  // eRPC
    on_text(O::kRateLimited, "no server available"),  // eRPC
    on_text(O::kRateLimited, "over capacity"),        // proxyd -32012
    on_text(O::kRateLimited, "upgrade your tier"),    // eRPC
    on_text(O::kRateLimited, "limit exceeded"),       // eRPC; BNB chain -32005

    on_text(O::kNodeBehind, "still in progress"),     // Besu -32008: initial sync
    on_text(O::kNodeBehind, "is syncing"),            // Lasso
    on_text(O::kNodeFault, "handler crashed"),        // geth rpc: a panic
    on_text(O::kNodeFault, "internal error"),         // proxyd -32000
    on_text(O::kNodeFault, "internal server error"),  // NodeCore
    on_text(O::kNodeFault, "unavailable"),            // Lasso: service temporarily ...
    on_text(O::kNodeFault, "unable to complete"),     // Alchemy
    on_text(O::kNodeFault, "backend offline"),        // proxyd -32010
    on_text(O::kNodeFault, "invalid response"),       // proxyd -32013
    on_text(O::kNodeFault, "not healthy"),            // proxyd -32018
    on_text(O::kNodeFault, "no available nodes"),     // NodeCore
    on_text(O::kNodeFault, "server shutting down"),   // NodeCore
    on_text(O::kNodeFault, "connection refused"),     // NodeCore: the provider's own upstream
    on_text(O::kNodeFault, "connection reset"),       // NodeCore

    of_vendor(V::kInfura, on_code(O::kUnsupported, -32001)),     // eRPC: not EIP-1474's meaning
    of_vendor(V::kQuicknode, on_code(O::kRateLimited, -32007)),  // its error reference
    of_vendor(V::kQuicknode, on_code(O::kRateLimited, -32009)),  // its error reference: trace calls
    on_code(O::kReverted, 3),            // geth: an error of the EVM, whatever it says
    on_code(O::kMissing, -32001),        // EIP-1474: resource not found
    on_code(O::kMissing, -32002),        // EIP-1474: resource unavailable
    on_code(O::kCallerFault, -32003),    // EIP-1474: transaction rejected
    on_code(O::kUnsupported, -32004),    // EIP-1474: method not supported
    on_code(O::kRateLimited, -32005),    // EIP-1474: limit exceeded; Infura
    on_code(O::kCallerFault, -32010),    // OpenEthereum, QuickNode: a transaction refused
    on_code(O::kNodeFault, -32011),      // QuickNode: network error; proxyd: no backends
    on_code(O::kRangeTooLarge, -32012),  // eRPC; QuickNode's and proxyd's have their texts
    on_code(O::kMissing, -32014),        // eRPC
    on_code(O::kNodeTimeout, -32015),    // eRPC; a halt of the EVM has its text
    on_code(O::kUnauthorised, -32016),   // eRPC; Nethermind's and proxyd's have their texts
    on_code(O::kRateLimited, -32055),    // Cloudflare; alloy
    on_code(O::kNodeFault, -32603),      // JSON-RPC 2.0: internal error
    on_code(O::kUnsupported, -32604),    // Besu: method not enabled
    on_code(O::kUnsupported, -32612),    // QuickNode: custom trace
    on_code(O::kUnsupported, -32613),    // QuickNode: custom trace
    on_code(O::kRangeTooLarge, -32614),  // QuickNode: getLogs range
};

}  // namespace

std::span<const ErrorRow> error_rows_evm() {
  return kRows;
}

}  // namespace sidecar
