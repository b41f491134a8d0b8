#include "mock/svm_json.h"

#include <algorithm>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr uint64_t kUnitsPerInstruction = 150;
constexpr int64_t kInstructionFailed = 1;  // of the system program: not enough lamports

std::string_view encoding_text(SvmEncoding encoding) {
  switch (encoding) {
    case SvmEncoding::kJson:
      return "json";
    case SvmEncoding::kJsonParsed:
      return "jsonParsed";
    case SvmEncoding::kBase58:
    case SvmEncoding::kBinary:
      return "base58";
    case SvmEncoding::kBase64:
      return "base64";
  }
  return "";
}

void write_encoded(JsonWriter& writer, std::string_view bytes, SvmEncoding encoding) {
  const bool is_base58 = encoding == SvmEncoding::kBase58;
  writer.begin_array()
      .string(is_base58 ? to_base58(bytes) : to_base64(bytes))
      .string(encoding_text(is_base58 ? encoding : SvmEncoding::kBase64))
      .end_array();
}

/// With the point where it belongs and no zeros at the end.
std::string decimal_text(uint64_t amount, uint8_t decimals) {
  std::string digits = std::to_string(amount);
  if (digits.size() <= decimals) {
    digits.insert(0, decimals + 1 - digits.size(), '0');
  }
  digits.insert(digits.size() - decimals, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') {
    digits.pop_back();
  }
  return digits;
}

void write_parsed_token(JsonWriter& writer, const SvmAccounts& accounts,
                        const SvmTokenAccount& account) {
  const SvmMint* mint = accounts.mint(account.mint);
  writer.begin_object().key("info").begin_object();
  writer.key("isNative").boolean(false);
  writer.key("mint").string(to_base58(account.mint));
  writer.key("owner").string(to_base58(account.owner));
  writer.key("state").string("initialized").key("tokenAmount");
  write_token_amount(writer, account.amount, mint->decimals);
  writer.end_object().key("type").string("account").end_object();
}

void write_parsed_mint(JsonWriter& writer, const SvmMint& mint) {
  writer.begin_object().key("info").begin_object();
  writer.key("decimals").number(mint.decimals);
  writer.key("freezeAuthority").null();
  writer.key("isInitialized").boolean(true);
  writer.key("mintAuthority").null();
  writer.key("supply").string(std::to_string(mint.supply));
  writer.end_object().key("type").string("mint").end_object();
}

void write_numbers(JsonWriter& writer, const std::vector<uint64_t>& numbers) {
  writer.begin_array();
  for (const uint64_t number : numbers) {
    writer.number(number);
  }
  writer.end_array();
}

void write_signatures(JsonWriter& writer, const SvmTransaction& transaction) {
  writer.begin_array();
  for (const std::string& signature : transaction.signatures) {
    writer.string(to_base58(signature));
  }
  writer.end_array();
}

void write_parsed_keys(JsonWriter& writer, const SvmMessage& message) {
  writer.begin_array();
  for (size_t i = 0; i < message.keys.size(); ++i) {
    writer.begin_object().key("pubkey").string(to_base58(message.keys[i]));
    writer.key("signer").boolean(message.is_signer(i));
    writer.key("source").string("transaction");
    writer.key("writable").boolean(message.is_writable(i)).end_object();
  }
  writer.end_array();
}

void write_indexes(JsonWriter& writer, std::string_view indexes) {
  writer.begin_array();
  for (const char index : indexes) {
    writer.number(static_cast<uint8_t>(index));
  }
  writer.end_array();
}

void write_instruction(JsonWriter& writer, const SvmInstruction& instruction) {
  writer.begin_object().key("accounts");
  write_indexes(writer, instruction.accounts);
  writer.key("data").string(to_base58(instruction.payload));
  writer.key("programIdIndex").number(instruction.program).key("stackHeight").null().end_object();
}

void write_parsed_instruction(JsonWriter& writer, const SvmMessage& message,
                              const SvmInstruction& instruction) {
  const std::string program = to_base58(message.keys[instruction.program]);
  if (const auto transfer = transfer_of(message, instruction)) {
    writer.begin_object().key("parsed").begin_object().key("info").begin_object();
    writer.key("destination").string(to_base58(message.keys[transfer->to]));
    writer.key("lamports").number(transfer->lamports);
    writer.key("source").string(to_base58(message.keys[transfer->from])).end_object();
    writer.key("type").string("transfer").end_object().key("program").string("system");
    writer.key("programId").string(program).key("stackHeight").null().end_object();
    return;
  }
  writer.begin_object().key("accounts").begin_array();
  for (const char account : instruction.accounts) {
    if (static_cast<uint8_t>(account) < message.keys.size()) {
      writer.string(to_base58(message.keys[static_cast<uint8_t>(account)]));
    }
  }
  writer.end_array().key("data").string(to_base58(instruction.payload));
  writer.key("programId").string(program).key("stackHeight").null().end_object();
}

void write_lookups(JsonWriter& writer, const SvmMessage& message) {
  writer.key("addressTableLookups").begin_array();
  for (const SvmTableLookup& lookup : message.lookups) {
    writer.begin_object().key("accountKey").string(to_base58(lookup.table));
    writer.key("readonlyIndexes");
    write_indexes(writer, lookup.readonly);
    writer.key("writableIndexes");
    write_indexes(writer, lookup.writable);
    writer.end_object();
  }
  writer.end_array();
}

void write_message(JsonWriter& writer, const SvmMessage& message, bool is_parsed) {
  writer.begin_object().key("accountKeys");
  if (is_parsed) {
    write_parsed_keys(writer, message);
  } else {
    writer.begin_array();
    for (const std::string& key : message.keys) {
      writer.string(to_base58(key));
    }
    writer.end_array().key("header").begin_object();
    writer.key("numReadonlySignedAccounts").number(message.readonly_signed_count);
    writer.key("numReadonlyUnsignedAccounts").number(message.readonly_unsigned_count);
    writer.key("numRequiredSignatures").number(message.signature_count).end_object();
  }
  writer.key("instructions").begin_array();
  for (const SvmInstruction& instruction : message.instructions) {
    if (is_parsed) {
      write_parsed_instruction(writer, message, instruction);
    } else {
      write_instruction(writer, instruction);
    }
  }
  writer.end_array().key("recentBlockhash").string(to_base58(message.blockhash));
  if (!message.is_legacy) {
    write_lookups(writer, message);
  }
  writer.end_object();
}

void write_version(JsonWriter& writer, const SvmTransaction& transaction) {
  if (transaction.message.is_legacy) {
    writer.key("version").string("legacy");
  } else {
    writer.key("version").number(0);
  }
}

void write_end(JsonWriter& writer, const SvmTransaction& transaction) {
  writer.key("err");
  write_svm_error(writer, transaction);
  writer.key("status").begin_object().key(transaction.failed_instruction ? "Err" : "Ok");
  write_svm_error(writer, transaction);
  writer.end_object();
}

void write_meta(JsonWriter& writer, const SvmTransaction& transaction) {
  const uint64_t units = kUnitsPerInstruction * transaction.message.instructions.size();
  writer.key("meta").begin_object();
  write_end(writer, transaction);
  writer.key("computeUnitsConsumed").number(units).key("fee").number(transaction.fee());
  writer.key("innerInstructions").begin_array().end_array();
  writer.key("loadedAddresses").begin_object().key("readonly").begin_array().end_array();
  writer.key("writable").begin_array().end_array().end_object().key("logMessages");
  write_svm_logs(writer, transaction.message, transaction.failed_instruction);
  writer.key("postBalances");
  write_numbers(writer, transaction.balances_after);
  writer.key("postTokenBalances").begin_array().end_array().key("preBalances");
  write_numbers(writer, transaction.balances_before);
  writer.key("preTokenBalances").begin_array().end_array();
  writer.key("rewards").begin_array().end_array().end_object();
}

}  // namespace

void write_token_amount(JsonWriter& writer, uint64_t amount, uint8_t decimals) {
  const std::string text = decimal_text(amount, decimals);
  writer.begin_object().key("amount").string(std::to_string(amount));
  writer.key("decimals").number(decimals).key("uiAmount");
  writer.raw(text.find('.') == std::string::npos ? text + ".0" : text);
  writer.key("uiAmountString").string(text).end_object();
}

void write_svm_account(JsonWriter& writer, const SvmAccounts& accounts, std::string_view key,
                       const SvmAccount& account, SvmForm form) {
  const SvmTokenAccount* token = accounts.token_account(key);
  const SvmMint* mint = accounts.mint(key);
  writer.begin_object().key("data");
  if (form.encoding == SvmEncoding::kJsonParsed && (token != nullptr || mint != nullptr)) {
    writer.begin_object().key("parsed");
    if (token != nullptr) {
      write_parsed_token(writer, accounts, *token);
    } else {
      write_parsed_mint(writer, *mint);
    }
    writer.key("program").string("spl-token");
    writer.key("space").number(account.payload.size()).end_object();
  } else {
    const std::string_view whole = account.payload;
    const std::string_view part =
        whole.substr(std::min<uint64_t>(form.slice.offset, whole.size()), form.slice.length);
    if (form.encoding == SvmEncoding::kBinary) {
      writer.string(to_base58(part));
    } else {
      write_encoded(writer, part, form.encoding);
    }
  }
  writer.key("executable").boolean(account.is_executable);
  writer.key("lamports").number(account.lamports);
  writer.key("owner").string(to_base58(account.owner));
  writer.key("rentEpoch").number(UINT64_MAX);
  writer.key("space").number(account.payload.size()).end_object();
}

void write_svm_transaction_members(JsonWriter& writer, const SvmTransaction& transaction,
                                   SvmEncoding encoding, bool has_version) {
  write_meta(writer, transaction);
  writer.key("transaction");
  if (encoding == SvmEncoding::kBinary) {
    writer.string(to_base58(transaction.wire));
  } else if (encoding == SvmEncoding::kBase58 || encoding == SvmEncoding::kBase64) {
    write_encoded(writer, transaction.wire, encoding);
  } else {
    writer.begin_object().key("message");
    write_message(writer, transaction.message, encoding == SvmEncoding::kJsonParsed);
    writer.key("signatures");
    write_signatures(writer, transaction);
    writer.end_object();
  }
  if (has_version) {
    write_version(writer, transaction);
  }
}

void write_svm_accounts_members(JsonWriter& writer, const SvmTransaction& transaction,
                                bool has_version) {
  writer.key("meta").begin_object();
  write_end(writer, transaction);
  writer.key("fee").number(transaction.fee()).key("postBalances");
  write_numbers(writer, transaction.balances_after);
  writer.key("postTokenBalances").begin_array().end_array().key("preBalances");
  write_numbers(writer, transaction.balances_before);
  writer.key("preTokenBalances").begin_array().end_array().end_object();
  writer.key("transaction").begin_object().key("accountKeys");
  write_parsed_keys(writer, transaction.message);
  writer.key("signatures");
  write_signatures(writer, transaction);
  writer.end_object();
  if (has_version) {
    write_version(writer, transaction);
  }
}

void write_svm_error(JsonWriter& writer, const SvmTransaction& transaction) {
  SvmExecution run;
  if (transaction.failed_instruction) {
    run.fault = SvmExecution::Fault::kInstruction;
    run.instruction = *transaction.failed_instruction;
  }
  write_svm_fault(writer, run);
}

void write_svm_fault(JsonWriter& writer, const SvmExecution& run) {
  switch (run.fault) {
    case SvmExecution::Fault::kNone:
      writer.null();
      return;
    case SvmExecution::Fault::kAlreadyProcessed:
      writer.string("AlreadyProcessed");
      return;
    case SvmExecution::Fault::kBlockhashNotFound:
      writer.string("BlockhashNotFound");
      return;
    case SvmExecution::Fault::kAccountNotFound:
      writer.string("AccountNotFound");
      return;
    case SvmExecution::Fault::kInsufficientFundsForFee:
      writer.string("InsufficientFundsForFee");
      return;
    case SvmExecution::Fault::kInstruction:
      writer.begin_object().key("InstructionError").begin_array().number(run.instruction);
      writer.begin_object().key("Custom").signed_number(kInstructionFailed).end_object();
      writer.end_array().end_object();
      return;
  }
}

void write_svm_logs(JsonWriter& writer, const SvmMessage& message,
                    std::optional<size_t> failed_instruction) {
  writer.begin_array();
  for (size_t i = 0; i < message.instructions.size(); ++i) {
    const std::string program =
        "Program " + to_base58(message.keys[message.instructions[i].program]);
    writer.string(program + " invoke [1]");
    if (i == failed_instruction) {
      writer.string(program + " failed: custom program error: 0x1");
      break;
    }
    writer.string(program + " success");
  }
  writer.end_array();
}

}  // namespace sidecar
