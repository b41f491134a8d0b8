#include <algorithm>

#include "mock/svm_methods.h"
#include "rpc/byte_text.h"
#include "rpc/rpc_error.h"

// SvmMethods about fees, sending and simulating.

namespace sidecar {

namespace {

constexpr int kPreflightCode = -32002;
constexpr int kSignatureCode = -32003;
constexpr uint64_t kUnitsPerInstruction = 150;
constexpr uint64_t kAirdropMax = 1'000'000'000'000;  // 1,000 SOL
constexpr uint64_t kFeeSlots = 150;
constexpr size_t kSimulatedAccountsMax = 32;

std::string fault_message(const SvmExecution& run) {
  switch (run.fault) {
    case SvmExecution::Fault::kNone:
      return "";
    case SvmExecution::Fault::kAlreadyProcessed:
      return "This transaction has already been processed";
    case SvmExecution::Fault::kBlockhashNotFound:
      return "Blockhash not found";
    case SvmExecution::Fault::kAccountNotFound:
      return "Attempt to debit an account but found no record of a prior credit.";
    case SvmExecution::Fault::kInsufficientFundsForFee:
      return "Insufficient funds for fee";
    case SvmExecution::Fault::kInstruction:
      return "Error processing Instruction " + std::to_string(run.instruction) +
             ": custom program error: 0x1";
  }
  return "";
}

/// The members that simulateTransaction's value and the data of a failed preflight share.
void write_simulation(JsonWriter& writer, const SvmTransaction& transaction,
                      const SvmExecution& run) {
  writer.key("err");
  write_svm_fault(writer, run);
  writer.key("innerInstructions").null().key("logs");
  if (run.lands()) {
    const bool has_failed = run.fault == SvmExecution::Fault::kInstruction;
    write_svm_logs(writer, transaction.message,
                   has_failed ? std::optional(run.instruction) : std::nullopt);
  } else {
    writer.begin_array().end_array();
  }
  const size_t instructions = run.lands() ? transaction.message.instructions.size() : 0;
  writer.key("returnData").null().key("unitsConsumed").number(kUnitsPerInstruction * instructions);
}

MethodReply preflight_failure(const SvmTransaction& transaction, const SvmExecution& run) {
  std::string data;
  JsonWriter writer(data);
  writer.begin_object().key("accounts").null();
  write_simulation(writer, transaction, run);
  writer.end_object();
  return MethodReply::error(kPreflightCode, "Transaction simulation failed: " + fault_message(run),
                            data);
}

/// The transaction of a call, or the error to answer with.
struct Decoded {
  SvmTransaction transaction;
  std::optional<MethodReply> refusal;
};

Decoded decode(const JsonValue& params, SvmEncoding encoding) {
  const bool is_base64 = encoding == SvmEncoding::kBase64;
  const auto bytes = encoded_param(params, 0, encoding);
  if (!bytes.ok()) {
    return {{}, MethodReply::invalid_params(bytes.error().detail)};
  }
  if (bytes.value().size() > kSvmTransactionBytesMax) {
    return {{},
            MethodReply::invalid_params(
                std::string(is_base64 ? "base64" : "base58") + " encoded transaction too large: " +
                std::to_string(bytes.value().size()) + " bytes (max: encoded/raw 1644/1232)")};
  }
  auto transaction = parse_svm_transaction(bytes.value());
  if (!transaction.ok()) {
    return {{},
            MethodReply::invalid_params("failed to deserialize the transaction: " +
                                        transaction.error().detail)};
  }
  return {std::move(transaction).value(), std::nullopt};
}

/// An account as the run leaves it; nullopt when it has no lamports.
std::optional<SvmAccount> account_after(const SvmAccounts& accounts, std::string_view key,
                                        const SvmTransaction& transaction, const SvmExecution& run,
                                        uint64_t slot) {
  const SvmAccount fresh{0, std::string(kSystemProgram), "", false};
  SvmAccount account = accounts.find(key, slot).value_or(fresh);
  const std::vector<std::string>& keys = transaction.message.keys;
  const auto named = std::find(keys.begin(), keys.end(), key);
  if (named != keys.end()) {
    account.lamports = run.balances_after[static_cast<size_t>(named - keys.begin())];
  }
  return account.lamports > 0 ? std::optional(account) : std::nullopt;
}

bool is_signed(const SvmTransaction& transaction) {
  return std::all_of(transaction.signatures.begin(), transaction.signatures.end(),
                     [](const std::string& each) { return each != std::string(64, '\0'); });
}

}  // namespace

MethodReply SvmMethods::fee_for_message(const JsonValue& params, Millis now) {
  const auto bytes = encoded_param(params, 0, SvmEncoding::kBase64);
  if (!bytes.ok()) {
    return MethodReply::invalid_params(bytes.error().detail);
  }
  const auto message = parse_svm_message(bytes.value());
  if (!message.ok()) {
    return MethodReply::invalid_params("failed to deserialize the message: " +
                                       message.error().detail);
  }
  const SvmContext context = svm_context(chain_, params, 1, now);
  if (context.refusal) {
    return *context.refusal;
  }
  return svm_reply_in_context(context.slot, [&](JsonWriter& writer) {
    if (chain_.is_blockhash_valid(message.value().blockhash, context.slot)) {
      writer.number(kLamportsPerSignature * message.value().signature_count);
    } else {
      writer.null();
    }
  });
}

MethodReply SvmMethods::prioritization_fees(const JsonValue&, Millis now) {
  MethodReply reply;
  JsonWriter writer(reply.json);
  const uint64_t newest = chain_.slot(now, Commitment::kProcessed);
  writer.begin_array();
  for (uint64_t slot = newest - std::min(newest, kFeeSlots - 1); slot <= newest; ++slot) {
    writer.begin_object().key("prioritizationFee");
    writer.number(chain_.derivation().number(Domain::kFee, slot) % 10'000);
    writer.key("slot").number(slot).end_object();
  }
  writer.end_array();
  return reply;
}

MethodReply SvmMethods::send_transaction(const JsonValue& params, Millis now) {
  const JsonValue& config = params.at(1);
  const SvmContext context = svm_context(chain_, params, 1, now, SvmEncoding::kBase58);
  if (context.refusal) {
    return *context.refusal;
  }
  Decoded decoded = decode(params, context.config.form.encoding);
  if (decoded.refusal) {
    return *decoded.refusal;
  }
  if (!is_signed(decoded.transaction)) {
    return MethodReply::error(kSignatureCode, "Transaction signature verification failure");
  }
  if (!config["skipPreflight"].as_bool().value_or(false)) {
    const std::string_view commitment = config["preflightCommitment"].as_string().value_or("");
    const uint64_t slot = chain_.slot(now, commitment == "processed"   ? Commitment::kProcessed
                                           : commitment == "confirmed" ? Commitment::kConfirmed
                                                                       : Commitment::kFinalized);
    const SvmExecution run = chain_.execute(decoded.transaction, slot);
    if (run.fault != SvmExecution::Fault::kNone) {
      return preflight_failure(decoded.transaction, run);
    }
  }
  const std::string signature = to_base58(decoded.transaction.signatures[0]);
  const auto sent = chain_.send(std::move(decoded.transaction), now);
  return sent.ok() ? MethodReply::text_result(signature)
                   : MethodReply::error(kServerErrorCode, sent.error().detail);
}

MethodReply SvmMethods::simulate_transaction(const JsonValue& params, Millis now) {
  const JsonValue& config = params.at(1);
  const SvmContext context = svm_context(chain_, params, 1, now, SvmEncoding::kBase58);
  if (context.refusal) {
    return *context.refusal;
  }
  Decoded decoded = decode(params, context.config.form.encoding);
  if (decoded.refusal) {
    return *decoded.refusal;
  }
  SvmTransaction& transaction = decoded.transaction;
  const bool is_replacing = config["replaceRecentBlockhash"].as_bool().value_or(false);
  if (is_replacing) {
    transaction.message.blockhash = chain_.blockhash(context.slot);
  }
  if (config["sigVerify"].as_bool().value_or(false) && !is_signed(transaction)) {
    return MethodReply::error(kSignatureCode, "Transaction signature verification failure");
  }
  const JsonValue& wanted = config["accounts"]["addresses"];
  if (wanted.size() > kSimulatedAccountsMax) {
    return MethodReply::invalid_params("Too many accounts provided; max 32");
  }
  const SvmExecution run = chain_.execute(transaction, context.slot);
  return svm_reply_in_context(context.slot, [&](JsonWriter& writer) {
    writer.begin_object().key("accounts");
    if (wanted.is_array()) {
      writer.begin_array();
    } else {
      writer.null();
    }
    for (const JsonValue& item : wanted.items()) {
      const std::string key = from_base58(item.as_string().value_or("")).value_or("");
      if (const auto account = account_after(accounts_, key, transaction, run, context.slot)) {
        write_svm_account(writer, accounts_, key, *account, {SvmEncoding::kBase64});
      } else {
        writer.null();
      }
    }
    if (wanted.is_array()) {
      writer.end_array();
    }
    write_simulation(writer, transaction, run);
    if (is_replacing) {
      writer.key("replacementBlockhash").begin_object().key("blockhash");
      writer.string(to_base58(transaction.message.blockhash)).key("lastValidBlockHeight");
      writer.number(chain_.block_height(context.slot) + SvmChain::kBlockhashAgeMax).end_object();
    }
    writer.end_object();
  });
}

MethodReply SvmMethods::request_airdrop(const JsonValue& params, Millis now) {
  const auto to = key_param(params, 0);
  const auto lamports = number_param(params, 1);
  if (!to.ok() || !lamports.ok()) {
    return MethodReply::invalid_params(to.ok() ? lamports.error().detail : to.error().detail);
  }
  if (lamports.value() > kAirdropMax) {
    return MethodReply::invalid_params("airdrops of this mock are at most 1000 SOL");
  }
  const auto signature = chain_.airdrop(to.value(), lamports.value(), now);
  return signature.ok() ? MethodReply::text_result(to_base58(signature.value()))
                        : MethodReply::error(kServerErrorCode, signature.error().detail);
}

}  // namespace sidecar
