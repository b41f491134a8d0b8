#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sidecar {

inline constexpr std::string_view kSystemProgram{
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32};
inline constexpr uint64_t kLamportsPerSignature = 5'000;
inline constexpr size_t kSvmTransactionBytesMax = 1'232;  ///< what fits one network packet

struct SvmInstruction {
  uint8_t program = 0;   ///< index into the message's keys
  std::string accounts;  ///< an index a byte
  std::string payload;
};

/// Keys that a version 0 message takes from a table on the chain.
struct SvmTableLookup {
  std::string table;
  std::string writable;  ///< an index a byte
  std::string readonly;
};

/// The signed part of a transaction, legacy or version 0.
struct SvmMessage {
  bool is_legacy = true;
  uint8_t signature_count = 0;
  uint8_t readonly_signed_count = 0;
  uint8_t readonly_unsigned_count = 0;
  std::vector<std::string> keys;  ///< 32 bytes each
  std::string blockhash;
  std::vector<SvmInstruction> instructions;
  std::vector<SvmTableLookup> lookups;

  bool is_signer(size_t key) const { return key < signature_count; }
  bool is_writable(size_t key) const;
};

/// `transfer` of the system program, the one instruction that is carried out.
struct SvmTransfer {
  size_t from = 0;  ///< indexes into the message's keys
  size_t to = 0;
  uint64_t lamports = 0;
};
std::optional<SvmTransfer> transfer_of(const SvmMessage& message,
                                       const SvmInstruction& instruction);

/// Errors: kInvalid for what is cut, too long, or names a key that is not there. Tables of a
/// version 0 message are read over: the keys that they stand for are not known here. Source:
/// solana.com/docs/core/transactions (wire format).
Result<SvmMessage> parse_svm_message(std::string_view bytes);

/// A transaction and what became of it. Texts are bytes, not base58.
struct SvmTransaction {
  std::vector<std::string> signatures;  ///< 64 bytes each, not verified
  SvmMessage message;
  std::string wire;
  uint64_t slot = 0;
  uint64_t index = 0;  ///< in its block
  std::optional<size_t> failed_instruction;
  std::vector<uint64_t> balances_before;  ///< of each key
  std::vector<uint64_t> balances_after;

  uint64_t fee() const { return kLamportsPerSignature * message.signature_count; }
};

Result<SvmTransaction> parse_svm_transaction(std::string_view wire);
/// A legacy transaction that moves lamports; balances and place are left open.
SvmTransaction make_svm_transfer(std::string_view signature, std::string_view from,
                                 std::string_view to, uint64_t lamports,
                                 std::string_view blockhash);

}  // namespace sidecar
