#pragma once

#include "captured_errors.h"

namespace sidecar::testing {

/// EVM: reverts, unknown methods, and what pools say of a transaction.
inline constexpr CapturedError kCapturedEvmTransactions[] = {
    // Reverts.
    said("geth", 3, "execution reverted: ERC20: transfer amount exceeds balance",
         Outcome::kReverted)
        .with(R"("0x08c379a0000000000000000000000000000000000000000000000000000000000000002")"),
    said("geth", 3, "execution reverted", Outcome::kReverted),
    said("Besu", -32000, "Execution reverted", Outcome::kReverted).with(R"("0x4e487b71")"),
    said("Monad", -32603, "Execution reverted", Outcome::kReverted),
    said("Arbitrum", -32000,
         "historical backend error: execution reverted: Dai/insufficient-balance",
         Outcome::kReverted),
    said("Hardhat", -32603,
         "Error: VM Exception while processing transaction: reverted with reason string 'no'",
         Outcome::kReverted),
    said("Ganache", -32000, "VM Exception while processing transaction: revert",
         Outcome::kReverted),
    said("Nethermind", -32015, "VM execution error.", Outcome::kReverted)
        .with(R"("Reverted 0x4e487b71")"),
    said("Hardhat", -32603, "Transaction reverted without a reason string", Outcome::kReverted),
    said("reth", -32003, "EVM error: InvalidFEOpcode", Outcome::kReverted),
    said("OpenEthereum", -32015, "Transaction execution error.", Outcome::kReverted)
        .with(R"("Reverted 0x08c379a0")"),
    said("a wrapper", -32000, "Server error", Outcome::kReverted)
        .with(R"("0x08c379a00000000000000000000000000000000000000000000000000000000000000020")"),
    // Unknown methods.
    said("geth", -32601, "the method eth_foo does not exist/is not available",
         Outcome::kUnsupported)
        .to("eth_foo"),
    said("anvil", -32601, "Method not found", Outcome::kUnsupported),
    // Transactions.
    said("reth", -32602, "unknown transaction type: 7", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("erigon", -32000,
         "unknown transaction 0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060",
         Outcome::kMissing)
        .to("debug_traceTransaction"),
    said("geth", -32000, "already known", Outcome::kAlreadyKnown).to("eth_sendRawTransaction"),
    said("erigon", -32000, "ALREADY_EXISTS: already known", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("Mantle", -32000,
         "failed to forward tx to sequencer, please try again. Error message: 'already known'",
         Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("Besu", -32000, "Known transaction", Outcome::kAlreadyKnown).to("eth_sendRawTransaction"),
    said("geth", -32000,
         "known transaction: 0x7f657507aee0511e36d2d1972a6b22e917cc89f92b6c12c4dbd57eaabb236960",
         Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("zkSync", 3,
         "known transaction. transaction with hash 0x6013…3053 is already in the system",
         Outcome::kAlreadyKnown)
        .with(R"("0x")")
        .to("eth_sendRawTransaction"),
    said("Nethermind", -32010, "AlreadyKnown", Outcome::kAlreadyKnown).to("eth_sendRawTransaction"),
    said("OpenEthereum", -32010, "Transaction with the same hash was already imported.",
         Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("Evmos", -32000, "tx already in mempool", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("eRPC", -32000, "transaction is already in the mempool", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("eRPC", -32000, "tx already exists in mempool", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("Sei", -32000, "tx already exists in cache", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("eRPC", -32000, "transaction already exists", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("eRPC", -32000, "already have transaction", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("erigon", -32000, "INTERNAL_ERROR: existing tx with same hash", Outcome::kAlreadyKnown)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "authority nonce too low", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "nonce too low: next nonce 5, tx nonce 3", Outcome::kNonceTooLow)
        .to("eth_sendRawTransaction"),
    said("Besu", -32001, "Nonce too low", Outcome::kNonceTooLow).to("eth_sendRawTransaction"),
    said("Avalanche", -32000,
         "nonce too low: address 0x0499BEA33347cb62D79A9C0b1EDA01d8d329894c current nonce "
         "(5833) > tx nonce (5511)",
         Outcome::kNonceTooLow)
        .to("eth_sendRawTransaction"),
    said("OpenEthereum", -32010, "Transaction nonce is too low. Try incrementing the nonce.",
         Outcome::kNonceTooLow)
        .to("eth_sendRawTransaction"),
    said("eRPC", -32000, "nonce has already been used", Outcome::kNonceTooLow)
        .to("eth_sendRawTransaction"),
    said("Nethermind", -32010, "OldNonce, Current nonce: 22, nonce of rejected tx: 17",
         Outcome::kNonceTooLow)
        .to("eth_sendRawTransaction"),
    said("Harmony", -32000, "transaction already finalized", Outcome::kNonceTooLow)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "replacement transaction underpriced", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "transaction underpriced: gas tip cap 1, minimum needed 100000",
         Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Nethermind", -32010, "FeeTooLowToCompete", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Monad", -32603, "Transaction fee too low", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Arbitrum", -32000, "gas price too low", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("OpenEthereum", -32010,
         "Transaction gas price 100wei is too low. There is another transaction with same "
         "nonce in the queue with gas price 150wei.",
         Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Klaytn", -32000, "there is another tx which has the same nonce in the tx pool",
         Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Nethermind", -32010, "ReplacementNotAllowed", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Monad", -32603, "An existing transaction had higher priority", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("erigon", -32000, "INTERNAL_ERROR: could not replace existing tx", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("geth", -32000,
         "max fee per gas less than block base fee: address 0x01, maxFeePerGas: 1, baseFee: 7",
         Outcome::kUnderpriced),
    said("Besu", -32009, "Gas price below configured minimum gas price", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("Besu", -32009, "Gas price below current base fee", Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("reth", -32003, "transaction priority fee below minimum required priority fee 1000000",
         Outcome::kUnderpriced)
        .to("eth_sendRawTransaction"),
    said("geth", -32000,
         "txIndex 2: insufficient funds for gas * price + value: address 0xD9F2 have "
         "22995378262500 want 123605240381889",
         Outcome::kMissing)
        .to("trace_block"),
    said("geth", -32000, "insufficient balance for transfer", Outcome::kMissing)
        .to("debug_traceTransaction"),
    said("geth", -32000, "insufficient funds for gas * price + value: have 1 want 2",
         Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("zkSync", 3, "insufficient balance for transfer", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Nethermind", -32010,
         "InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: "
         "22019342038993800000",
         Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Besu", -32004, "Upfront cost exceeds account balance", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Arbitrum", -32000, "not enough funds for gas", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("geth", -32000, "transaction would cause overdraft", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Besu", -32006, "Nonce too high", Outcome::kCallerFault).to("eth_sendRawTransaction"),
    said("Nethermind", -32010, "NonceGap, Future nonce. Expected nonce: 10", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
    said("Arbitrum", -32000, "invalid transaction nonce", Outcome::kCallerFault)
        .to("eth_sendRawTransaction"),
};

}  // namespace sidecar::testing
