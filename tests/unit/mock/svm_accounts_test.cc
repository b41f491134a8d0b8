#include "mock/svm_accounts.h"

#include <doctest/doctest.h>

#include "rpc/byte_text.h"

namespace sidecar::testing {

namespace {

struct House {
  SvmChain chain{SvmChainOptions{.seed = 5, .slot_time = Millis(400), .genesis_unix = Millis(0)}};
  SvmAccounts accounts{chain};
};

}  // namespace

TEST_CASE("SvmAccounts: wallets, tokens, programs, and nothing elsewhere") {
  House house;
  const auto wallet = house.accounts.find(house.chain.wallets()[3], 1'000);
  REQUIRE(wallet);
  CHECK(wallet->owner == kSystemProgram);
  CHECK(wallet->lamports == house.chain.balance(house.chain.wallets()[3], 1'000));
  CHECK(house.accounts.find(kSystemProgram, 0)->is_executable);
  CHECK(house.accounts.find(token_program(), 0)->is_executable);
  CHECK(house.accounts.find(house.accounts.program(), 0)->is_executable);
  CHECK(!house.accounts.find(std::string(32, 'x'), 1'000));
}

TEST_CASE("SvmAccounts: token accounts have the layout of the token program") {
  House house;
  const SvmTokenAccount& account = house.accounts.token_accounts()[70];
  const SvmMint& mint = *house.accounts.mint(account.mint);

  const auto found = house.accounts.find(account.key, 0);
  const auto found_mint = house.accounts.find(mint.key, 0);

  REQUIRE(found);
  CHECK(found->owner == token_program());
  CHECK(found->payload.size() == 165);
  CHECK(found->payload.substr(0, 32) == mint.key);
  CHECK(found->payload.substr(32, 32) == account.owner);
  CHECK(from_little_endian(std::string_view(found->payload).substr(64, 8)) == account.amount);
  CHECK(found->payload[108] == 1);
  CHECK(found->lamports == 2'039'280);  // what every token account on the real network holds
  REQUIRE(found_mint);
  CHECK(found_mint->payload.size() == 82);
  CHECK(from_little_endian(std::string_view(found_mint->payload).substr(36, 8)) == mint.supply);
  CHECK(found_mint->payload[44] == mint.decimals);
  uint64_t sum = 0;
  for (const SvmTokenAccount& each : house.accounts.token_accounts()) {
    sum += each.mint == mint.key ? each.amount : 0;
  }
  CHECK(sum == mint.supply);
}

TEST_CASE("SvmAccounts: owned_by lists what find() says the program owns") {
  House house;
  CHECK(house.accounts.owned_by(token_program()).size() ==
        SvmAccounts::kMints * (SvmChain::kWallets + 1));
  CHECK(house.accounts.owned_by(house.accounts.program()).size() == SvmAccounts::kProgramAccounts);
  CHECK(house.accounts.owned_by(kSystemProgram).empty());
  for (const std::string& program : {token_program(), house.accounts.program()}) {
    for (const std::string& key : house.accounts.owned_by(program)) {
      REQUIRE(house.accounts.find(key, 0));
      CHECK(house.accounts.find(key, 0)->owner == program);
    }
  }
}

TEST_CASE("rent_exempt_lamports: the known minimum of an empty account") {
  CHECK(rent_exempt_lamports(0) == 890'880);
}

}  // namespace sidecar::testing
