#include "mock/svm_transaction.h"

#include <utility>

#include "rpc/byte_text.h"
#include "rpc/svm_wire.h"

namespace sidecar {

namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr uint8_t kVersionBit = 0x80;
constexpr uint64_t kTransferTag = 2;  // of the system program's instructions

void append_count(std::string& out, size_t value) {
  while (value > 0x7f) {
    out += static_cast<char>((value & 0x7f) | kVersionBit);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

std::string wire_of(const SvmMessage& message) {
  std::string out;
  for (const uint8_t count :
       {message.signature_count, message.readonly_signed_count, message.readonly_unsigned_count}) {
    out += static_cast<char>(count);
  }
  append_count(out, message.keys.size());
  for (const std::string& key : message.keys) {
    out += key;
  }
  out += message.blockhash;
  append_count(out, message.instructions.size());
  for (const SvmInstruction& instruction : message.instructions) {
    out += static_cast<char>(instruction.program);
    append_count(out, instruction.accounts.size());
    out += instruction.accounts;
    append_count(out, instruction.payload.size());
    out += instruction.payload;
  }
  return out;
}

bool names_known_keys(const SvmMessage& message) {
  size_t known = message.keys.size();
  for (const SvmTableLookup& lookup : message.lookups) {
    known += lookup.writable.size() + lookup.readonly.size();
  }
  for (const SvmInstruction& instruction : message.instructions) {
    if (instruction.program >= message.keys.size()) {
      return false;
    }
    for (const char account : instruction.accounts) {
      if (static_cast<uint8_t>(account) >= known) {
        return false;
      }
    }
  }
  return message.signature_count > 0 && message.signature_count <= message.keys.size() &&
         message.readonly_signed_count < message.signature_count &&
         message.readonly_unsigned_count <= message.keys.size() - message.signature_count;
}

/// A message as the last part of `reader`'s text.
Result<SvmMessage> read_message(SvmWireReader& reader) {
  SvmMessage message;
  if (!reader.rest.empty() && (static_cast<uint8_t>(reader.rest[0]) & kVersionBit) != 0) {
    message.is_legacy = false;
    if (reader.byte() != kVersionBit) {
      return Error{Errc::kInvalid, "only version 0 and legacy messages are known"};
    }
  }
  message.signature_count = reader.byte();
  message.readonly_signed_count = reader.byte();
  message.readonly_unsigned_count = reader.byte();
  const size_t key_count = reader.count();
  for (size_t i = 0; i < key_count && reader.is_sound; ++i) {
    message.keys.emplace_back(reader.take(kKeyBytes));
  }
  message.blockhash = reader.take(kKeyBytes);
  const size_t instruction_count = reader.count();
  for (size_t i = 0; i < instruction_count && reader.is_sound; ++i) {
    SvmInstruction& instruction = message.instructions.emplace_back();
    instruction.program = reader.byte();
    instruction.accounts = reader.bytes();
    instruction.payload = reader.bytes();
  }
  const size_t lookup_count = message.is_legacy ? 0 : reader.count();
  for (size_t i = 0; i < lookup_count && reader.is_sound; ++i) {
    SvmTableLookup& lookup = message.lookups.emplace_back();
    lookup.table = reader.take(kKeyBytes);
    lookup.writable = reader.bytes();
    lookup.readonly = reader.bytes();
  }
  if (!reader.is_sound || !reader.rest.empty()) {
    return Error{Errc::kInvalid, reader.is_sound ? "bytes after its end" : "unexpected end"};
  }
  if (!names_known_keys(message)) {
    return Error{Errc::kInvalid, "it names a key that it does not have"};
  }
  return message;
}

}  // namespace

bool SvmMessage::is_writable(size_t key) const {
  return is_signer(key) ? key < size_t{signature_count} - readonly_signed_count
                        : key < keys.size() - readonly_unsigned_count;
}

std::optional<SvmTransfer> transfer_of(const SvmMessage& message,
                                       const SvmInstruction& instruction) {
  const std::string_view payload = instruction.payload;
  if (message.keys[instruction.program] != kSystemProgram || payload.size() != 12 ||
      from_little_endian(payload.substr(0, 4)) != kTransferTag || instruction.accounts.size() < 2) {
    return std::nullopt;
  }
  const SvmTransfer transfer{static_cast<uint8_t>(instruction.accounts[0]),
                             static_cast<uint8_t>(instruction.accounts[1]),
                             from_little_endian(payload.substr(4))};
  const bool is_known = transfer.from < message.keys.size() && transfer.to < message.keys.size();
  return is_known ? std::optional(transfer) : std::nullopt;
}

Result<SvmMessage> parse_svm_message(std::string_view bytes) {
  SvmWireReader reader{bytes};
  return read_message(reader);
}

Result<SvmTransaction> parse_svm_transaction(std::string_view wire) {
  SvmWireReader reader{wire};
  SvmTransaction transaction;
  const size_t signature_count = reader.count();
  for (size_t i = 0; i < signature_count && reader.is_sound; ++i) {
    transaction.signatures.emplace_back(reader.take(kSignatureBytes));
  }
  auto message = read_message(reader);
  if (!message.ok()) {
    return message.error();
  }
  transaction.message = std::move(message).value();
  if (transaction.signatures.size() != transaction.message.signature_count) {
    return Error{Errc::kInvalid, "signatures and header do not agree"};
  }
  transaction.wire = wire;
  return transaction;
}

SvmTransaction make_svm_transfer(std::string_view signature, std::string_view from,
                                 std::string_view to, uint64_t lamports,
                                 std::string_view blockhash) {
  SvmTransaction transaction;
  transaction.signatures.emplace_back(signature);
  SvmMessage& message = transaction.message;
  message.signature_count = 1;
  message.readonly_unsigned_count = 1;
  message.keys = {std::string(from), std::string(to), std::string(kSystemProgram)};
  message.blockhash = blockhash;
  message.instructions.push_back(
      {2, std::string("\0\1", 2),
       to_little_endian(kTransferTag, 4) + to_little_endian(lamports, 8)});
  append_count(transaction.wire, transaction.signatures.size());
  transaction.wire += transaction.signatures[0];
  transaction.wire += wire_of(message);
  return transaction;
}

}  // namespace sidecar
