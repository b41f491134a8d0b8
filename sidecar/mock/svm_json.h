#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mock/svm_accounts.h"
#include "mock/svm_chain.h"
#include "mock/svm_transaction.h"
#include "rpc/json_writer.h"

namespace sidecar {

/// The JSON forms of Solana's RPC, as Agave writes them. Source: anza-xyz/agave, rpc and
/// transaction-status crates.

enum class SvmEncoding { kJson, kJsonParsed, kBase58, kBase64, kBinary };

struct DataSlice {
  uint64_t offset = 0;
  uint64_t length = UINT64_MAX;
};

/// How an account's payload is written.
struct SvmForm {
  SvmEncoding encoding = SvmEncoding::kBinary;
  DataSlice slice = {};
};

/// Requires: the payload is short enough for base58 when that is the encoding.
/// kJsonParsed writes what belongs to the token program in words and the rest in base64.
void write_svm_account(JsonWriter& writer, const SvmAccounts& accounts, std::string_view key,
                       const SvmAccount& account, SvmForm form);

/// `{"amount","decimals","uiAmount","uiAmountString"}`
void write_token_amount(JsonWriter& writer, uint64_t amount, uint8_t decimals);

/// The members of a transaction in a block: `transaction`, `meta` and, when the client said which
/// versions it knows, `version`.
void write_svm_transaction_members(JsonWriter& writer, const SvmTransaction& transaction,
                                   SvmEncoding encoding, bool has_version);
/// The short form of `transactionDetails: "accounts"`.
void write_svm_accounts_members(JsonWriter& writer, const SvmTransaction& transaction,
                                bool has_version);

/// `null`, or the error of a transaction that landed and failed.
void write_svm_error(JsonWriter& writer, const SvmTransaction& transaction);
/// `null`, or an error as Agave's TransactionError.
void write_svm_fault(JsonWriter& writer, const SvmExecution& run);
/// The lines that running it leaves.
void write_svm_logs(JsonWriter& writer, const SvmMessage& message,
                    std::optional<size_t> failed_instruction);

}  // namespace sidecar
