#include "policy/error_table.h"

// Codes decide here, for all vendors pass Agave's through (rpc-client-api/src/custom_error.rs); a
// worker's words come back only under the first three. -32000 is decided by text alone.

namespace sidecar {

namespace {

using O = Outcome;

constexpr ErrorRow kRows[] = {
    on_code(O::kUnsupported, -32601),  // JSON-RPC 2.0
    on_code(O::kCallerFault, -32602),  // JSON-RPC 2.0
    on_code(O::kCallerFault, -32600),  // JSON-RPC 2.0

    on_text(O::kBusy, "subscription limit"),  // Agave -32603: of subscriptions, not of calls

    on_code(O::kUnpaid, 402),                         // as the HTTP status, over WS
    on_text(O::kUnpaid, "max usage reached"),         // Helius -32429: credits of the month
    on_code(O::kRateLimited, 429),                    // Solana's public endpoints, in the body
    on_code(O::kRateLimited, -32429),                 // Helius
    on_text(O::kRateLimited, "request limit"),        // QuickNode -32007: not a skipped slot
    on_text(O::kRateLimited, "requests limited to"),  // QuickNode -32009: nor is this
    on_text(O::kRateLimited, "credits limited to"),   // QuickNode -32012: no scan error
    on_text(O::kRateLimited, "rate limit"),           // eRPC; Alchemy
    on_text(O::kRateLimited, "rate-limit"),           // eRPC
    on_text(O::kRateLimited, "too many requests"),    // eRPC
    on_text(O::kRateLimited, "requests per second"),  // eRPC
    on_text(O::kRateLimited, "has exceeded its"),     // Alchemy: compute units per second
    on_text(O::kRateLimited, "throttled"),            // eRPC

    on_code(O::kMissing, -32001),      // Agave: BlockCleanedUp; others have the ledger
    on_code(O::kCallerFault, -32002),  // Agave: SendTransactionPreflightFailure
    on_code(O::kCallerFault, -32003),  // Agave: TransactionSignatureVerificationFailure
    on_code(O::kMissing, -32004),      // Agave: BlockNotAvailable
    on_code(O::kNodeBehind, -32005),   // Agave: NodeUnhealthy; data.numSlotsBehind
    on_code(O::kCallerFault, -32006),  // Agave: TransactionPrecompileVerificationFailure
    on_code(O::kSlotSkipped, -32007),  // Agave: SlotSkipped, or lost in a ledger jump
    on_code(O::kMissing, -32008),      // Agave: NoSnapshot
    // Agave: LongTermStorageSlotSkipped. Lava calls it final, eRPC asks each once: so do we, for
    // not every provider's long-term storage is whole.
    on_code(O::kSlotSkipped, -32009),
    on_code(O::kMissing, -32010),      // Agave: KeyExcludedFromSecondaryIndex; a node's own setting
    on_code(O::kMissing, -32011),      // Agave: TransactionHistoryNotAvailable
    on_code(O::kNodeFault, -32012),    // Agave: ScanError
    on_code(O::kCallerFault, -32013),  // Agave: TransactionSignatureLenMismatch
    on_code(O::kMissing, -32014),      // Agave: BlockStatusNotAvailableYet
    on_code(O::kCallerFault, -32015),  // Agave: UnsupportedTransactionVersion
    on_code(O::kNodeBehind, -32016),   // Agave: MinContextSlotNotReached
    on_code(O::kCallerFault, -32017),  // Agave: EpochRewardsPeriodActive; the same on every node
    on_code(O::kCallerFault, -32018),  // Agave: SlotNotEpochBoundary
    on_code(O::kNodeFault, -32019),    // Agave: LongTermStorageUnreachable
    on_code(O::kNodeFault, -32603),    // JSON-RPC 2.0: internal error
    on_code(O::kNodeFault, -32700),    // JSON-RPC 2.0: what we sent was JSON

    on_text(O::kSlotSkipped, "missing in long-term storage"),   // -32009 without its code; eRPC
    on_text(O::kSlotSkipped, "ledger jump"),                    // -32007 without its code; eRPC
    on_text(O::kCallerFault, "preflight"),                      // -32002 without its code; eRPC
    on_text(O::kCallerFault, "transaction simulation failed"),  // the same; eRPC
    on_text(O::kCallerFault, "blockhash not found"),            // eRPC
    on_text(O::kCallerFault, "invalid", "signature"),           // eRPC
    on_text(O::kCallerFault, "invalid", "transaction"),         // eRPC
    on_text(O::kCallerFault, "invalid", "instruction"),         // eRPC
    on_text(O::kUnauthorised, "invalid api key"),               // Helius over WS
    on_text(O::kUnauthorised, "unauthorized"),                  // QuickNode over WS
};

}  // namespace

std::span<const ErrorRow> error_rows_svm() {
  return kRows;
}

}  // namespace sidecar
