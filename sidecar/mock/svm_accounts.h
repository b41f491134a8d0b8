#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mock/svm_chain.h"

namespace sidecar {

struct SvmAccount {
  uint64_t lamports = 0;
  std::string owner;
  std::string payload;
  bool is_executable = false;
};

/// An SPL token account in plain words.
struct SvmTokenAccount {
  std::string key;
  std::string mint;
  std::string owner;
  uint64_t amount = 0;
};

struct SvmMint {
  std::string key;
  uint8_t decimals = 0;
  uint64_t supply = 0;
};

/// What lies at each address of the mock cluster: wallets, two SPL mints with an account of each
/// wallet, a program with kProgramAccounts accounts of its own, and the native programs. Any other
/// address is there once it has been sent lamports. The program writes to a few of its accounts in
/// every block: their last 8 bytes are the slot of that, little-endian.
/// Owner: SvmMethods, by value.
class SvmAccounts {
 public:
  static constexpr size_t kMints = 2;
  static constexpr size_t kProgramAccounts = 32;

  /// `chain` outlives this.
  explicit SvmAccounts(const SvmChain& chain);

  std::optional<SvmAccount> find(std::string_view key, uint64_t slot) const;
  /// Whether it is another one after this slot than before. Requires: a block is in the slot.
  bool has_changed(std::string_view key, uint64_t slot) const;
  /// The addresses of all accounts that this program owns; wallets are not listed.
  std::vector<std::string> owned_by(std::string_view program) const;

  const std::string& program() const { return program_; }
  const std::vector<SvmMint>& mints() const { return mints_; }
  const std::vector<SvmTokenAccount>& token_accounts() const { return token_accounts_; }
  const SvmMint* mint(std::string_view key) const;
  const SvmTokenAccount* token_account(std::string_view key) const;

 private:
  uint64_t written_at(uint64_t program_account, uint64_t slot) const;

  const SvmChain& chain_;
  std::string program_;
  std::vector<SvmMint> mints_;
  std::vector<SvmTokenAccount> token_accounts_;
  std::unordered_map<std::string, size_t> token_account_numbers_;
  std::unordered_map<std::string, uint64_t> program_account_numbers_;
};

const std::string& token_program();
/// What an account of this size must own to be free of rent.
uint64_t rent_exempt_lamports(uint64_t payload_bytes);

}  // namespace sidecar
