#include "mock/svm_accounts.h"

#include <algorithm>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr uint64_t kLamportsPerByte = 6'960;  // two years of rent
constexpr uint64_t kAccountOverheadBytes = 128;
constexpr size_t kProgramAccountBytes = 64;
constexpr uint64_t kWritePeriod = 8;  // slots from one write to a program account to the next
constexpr size_t kTokenAccountBytes = 165;
constexpr size_t kMintBytes = 82;

std::string key_of(std::string_view base58) {
  return from_base58(base58).value();
}

const std::string& native_loader() {
  static const std::string key = key_of("NativeLoader1111111111111111111111111111111");
  return key;
}

const std::string& program_loader() {
  static const std::string key = key_of("BPFLoader2111111111111111111111111111111111");
  return key;
}

SvmAccount rent_exempt(std::string owner, std::string payload, bool is_executable = false) {
  const uint64_t lamports = rent_exempt_lamports(payload.size());
  return {lamports, std::move(owner), std::move(payload), is_executable};
}

/// Layouts of the SPL token program; absent optional fields are zeros.
std::string payload_of(const SvmTokenAccount& account) {
  std::string payload = account.mint + account.owner + to_little_endian(account.amount, 8);
  payload.resize(kTokenAccountBytes);
  payload[108] = 1;  // state: initialized
  return payload;
}

std::string payload_of(const SvmMint& mint) {
  std::string payload(kMintBytes, '\0');
  payload.replace(36, 8, to_little_endian(mint.supply, 8));
  payload[44] = static_cast<char>(mint.decimals);
  payload[45] = 1;  // initialized
  return payload;
}

}  // namespace

const std::string& token_program() {
  static const std::string key = key_of("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
  return key;
}

uint64_t rent_exempt_lamports(uint64_t payload_bytes) {
  return (payload_bytes + kAccountOverheadBytes) * kLamportsPerByte;
}

SvmAccounts::SvmAccounts(const SvmChain& chain)
    : chain_(chain), program_(chain.derivation().bytes(Domain::kProgram, 0, 32)) {
  const Derivation& derivation = chain.derivation();
  for (uint64_t i = 0; i < kMints; ++i) {
    mints_.push_back(
        {derivation.bytes(Domain::kToken, i, 32), i == 0 ? uint8_t{6} : uint8_t{9}, 0});
    SvmMint& mint = mints_.back();
    for (size_t wallet = 0; wallet < chain.wallets().size(); ++wallet) {
      const uint64_t number = i * SvmChain::kWallets + wallet;
      SvmTokenAccount account;
      account.key = derivation.bytes(Domain::kTokenAccount, number, 32);
      account.mint = mint.key;
      account.owner = chain.wallets()[wallet];
      account.amount = derivation.number(Domain::kBalance, number) % 1'000'000'000'000;
      mint.supply += account.amount;
      token_account_numbers_.emplace(account.key, token_accounts_.size());
      token_accounts_.push_back(std::move(account));
    }
  }
  for (uint64_t i = 0; i < kProgramAccounts; ++i) {
    program_account_numbers_.emplace(derivation.bytes(Domain::kProgramAccount, i, 32), i);
  }
}

const SvmMint* SvmAccounts::mint(std::string_view key) const {
  const auto found = std::find_if(mints_.begin(), mints_.end(),
                                  [key](const SvmMint& mint) { return mint.key == key; });
  return found == mints_.end() ? nullptr : &*found;
}

const SvmTokenAccount* SvmAccounts::token_account(std::string_view key) const {
  const auto found = token_account_numbers_.find(std::string(key));
  return found == token_account_numbers_.end() ? nullptr : &token_accounts_[found->second];
}

std::optional<SvmAccount> SvmAccounts::find(std::string_view key, uint64_t slot) const {
  if (key == kSystemProgram) {
    return SvmAccount{1, native_loader(), "system_program", true};
  }
  if (key == token_program()) {
    return rent_exempt(program_loader(), chain_.derivation().bytes(Domain::kProgram, 1, 256), true);
  }
  if (key == program_) {
    return rent_exempt(program_loader(), chain_.derivation().bytes(Domain::kProgram, 2, 256), true);
  }
  if (const SvmMint* found = mint(key)) {
    return rent_exempt(token_program(), payload_of(*found));
  }
  if (const SvmTokenAccount* found = token_account(key)) {
    return rent_exempt(token_program(), payload_of(*found));
  }
  if (const auto found = program_account_numbers_.find(std::string(key));
      found != program_account_numbers_.end()) {
    return rent_exempt(program_, chain_.derivation().bytes(Domain::kProgramAccount,
                                                           kProgramAccounts + found->second,
                                                           kProgramAccountBytes - 8) +
                                     to_little_endian(written_at(found->second, slot), 8));
  }
  const uint64_t lamports = chain_.balance(key, slot);
  if (lamports == 0) {
    return std::nullopt;
  }
  return SvmAccount{lamports, std::string(kSystemProgram), "", false};
}

uint64_t SvmAccounts::written_at(uint64_t program_account, uint64_t slot) const {
  uint64_t written = slot - std::min(slot, (slot - program_account) % kWritePeriod);
  while (written >= kWritePeriod && chain_.is_skipped(written)) {
    written -= kWritePeriod;
  }
  return written;
}

bool SvmAccounts::has_changed(std::string_view key, uint64_t slot) const {
  if (const auto found = program_account_numbers_.find(std::string(key));
      found != program_account_numbers_.end()) {
    return written_at(found->second, slot) == slot;
  }
  return slot > 0 && chain_.balance(key, slot) != chain_.balance(key, chain_.parent_slot(slot));
}

std::vector<std::string> SvmAccounts::owned_by(std::string_view program) const {
  std::vector<std::string> keys;
  if (program == token_program()) {
    for (const SvmMint& each : mints_) {
      keys.push_back(each.key);
    }
    for (const SvmTokenAccount& each : token_accounts_) {
      keys.push_back(each.key);
    }
  } else if (program == program_) {
    for (uint64_t i = 0; i < kProgramAccounts; ++i) {
      keys.push_back(chain_.derivation().bytes(Domain::kProgramAccount, i, 32));
    }
  }
  return keys;
}

}  // namespace sidecar
