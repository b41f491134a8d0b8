#include "mock/svm_chain.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kSlotTime{400};
constexpr uint64_t kSol = 1'000'000'000;

SvmChain chain_of(uint64_t seed) {
  return SvmChain({.seed = seed, .slot_time = kSlotTime, .genesis_unix = kGenesis});
}

Millis time_of(uint64_t slot) {
  return kGenesis + kSlotTime * static_cast<int64_t>(slot);
}

/// The next slot that has a block.
uint64_t filled(const SvmChain& chain, uint64_t slot) {
  return chain.is_skipped(slot) ? chain.next_block_slot(slot) : slot;
}

SvmTransaction transfer(const SvmChain& chain, std::string_view from, std::string_view to,
                        uint64_t lamports, uint64_t slot, char signature) {
  return make_svm_transfer(std::string(64, signature), from, to, lamports, chain.blockhash(slot));
}

}  // namespace

TEST_CASE("SvmChain: slots follow time, commitments lag behind, none is on a skipped slot") {
  const SvmChain chain = chain_of(1);
  CHECK(chain.slot(kGenesis - Millis(1), Commitment::kProcessed) == 0);
  CHECK(chain.slot(kGenesis, Commitment::kFinalized) == 0);

  size_t skipped_count = 0;
  for (uint64_t slot = 100; slot < 400; ++slot) {
    CAPTURE(slot);
    const uint64_t processed = chain.slot(time_of(slot), Commitment::kProcessed);
    const uint64_t confirmed = chain.slot(time_of(slot), Commitment::kConfirmed);
    const uint64_t finalized = chain.slot(time_of(slot), Commitment::kFinalized);
    skipped_count += chain.is_skipped(slot) ? 1 : 0;
    CHECK(processed <= slot);
    CHECK(confirmed <= slot - 1);
    CHECK(finalized <= slot - 32);
    CHECK(finalized >= slot - 40);
    for (const uint64_t each : {processed, confirmed, finalized}) {
      CHECK(!chain.is_skipped(each));
    }
  }
  CHECK(skipped_count > 0);
  CHECK(skipped_count < 30);
}

TEST_CASE("SvmChain: heights count blocks, and each block names the one before") {
  const SvmChain chain = chain_of(2);
  CHECK(chain.block_height(0) == 0);
  CHECK(chain.parent_slot(0) == 0);
  uint64_t before = 0;
  uint64_t height = 0;
  for (uint64_t slot = 1; slot < 500; ++slot) {
    CAPTURE(slot);
    if (chain.is_skipped(slot)) {
      CHECK(chain.transactions(slot).empty());
      continue;
    }
    CHECK(chain.block_height(slot) == ++height);
    CHECK(chain.parent_slot(slot) == before);
    CHECK(chain.next_block_slot(before) == slot);
    CHECK(chain.slot_of(chain.blockhash(slot)) == slot);
    before = slot;
  }
  CHECK(!chain.slot_of(std::string(32, 'x')));
}

TEST_CASE("SvmChain: the same seed makes the same transactions, and signatures lead back to them") {
  const SvmChain chain = chain_of(3);
  const SvmChain same = chain_of(3);
  const SvmChain other = chain_of(4);
  uint64_t count = 0;
  size_t failed_count = 0;
  for (uint64_t slot = 0; slot < 200; ++slot) {
    CAPTURE(slot);
    const auto transactions = chain.transactions(slot);
    const auto again = same.transactions(slot);
    REQUIRE(transactions.size() == again.size());
    for (size_t i = 0; i < transactions.size(); ++i) {
      const SvmTransaction& each = transactions[i];
      CHECK(each.wire == again[i].wire);
      CHECK(!other.transaction(each.signatures[0]));
      const auto found = chain.transaction(each.signatures[0]);
      REQUIRE(found);
      CHECK(found->slot == slot);
      CHECK(found->index == i);
      const uint64_t before = each.balances_before[0] + each.balances_before[1];
      CHECK(before == each.balances_after[0] + each.balances_after[1] + each.fee());
      failed_count += each.failed_instruction ? 1 : 0;
    }
    count += transactions.size();
    CHECK(chain.transaction_count(slot) == count);
  }
  CHECK(failed_count > 0);
}

TEST_CASE("SvmChain: a blockhash is good for 150 blocks") {
  const SvmChain chain = chain_of(5);
  const uint64_t made = filled(chain, 1'000);
  const std::string blockhash = chain.blockhash(made);
  uint64_t last = made;
  for (int i = 0; i < 150; ++i) {
    last = chain.next_block_slot(last);
  }

  CHECK(chain.is_blockhash_valid(blockhash, made));
  CHECK(chain.is_blockhash_valid(blockhash, last));
  CHECK(!chain.is_blockhash_valid(blockhash, chain.next_block_slot(last)));
  CHECK(!chain.is_blockhash_valid(blockhash, made - 1));
  CHECK(!chain.is_blockhash_valid(std::string(32, 'x'), made));
}

TEST_CASE("SvmChain: history lists an address's transactions, newest first, in pages") {
  const SvmChain chain = chain_of(6);
  const std::string& wallet = chain.wallets()[9];
  std::vector<std::string> expected;
  for (uint64_t slot = 0; slot <= 300; ++slot) {
    for (const SvmTransaction& each : chain.transactions(slot)) {
      const auto& keys = each.message.keys;
      if (std::find(keys.begin(), keys.end(), wallet) != keys.end()) {
        expected.push_back(each.signatures[0]);
      }
    }
  }
  std::reverse(expected.begin(), expected.end());
  REQUIRE(expected.size() > 10);
  const auto signatures = [&chain](const SvmChain::HistoryQuery& query) {
    std::vector<std::string> list;
    for (const SvmTransaction& each : chain.history(query)) {
      list.push_back(each.signatures[0]);
    }
    return list;
  };

  CHECK(signatures({.address = wallet, .slot_max = 300}) == expected);
  CHECK(signatures({.address = wallet, .slot_max = 300, .limit = 3}) ==
        std::vector(expected.begin(), expected.begin() + 3));
  CHECK(signatures({.address = wallet, .slot_max = 300, .before = expected[2], .limit = 3}) ==
        std::vector(expected.begin() + 3, expected.begin() + 6));
  CHECK(signatures({.address = wallet, .slot_max = 300, .before = {}, .until = expected[4]}) ==
        std::vector(expected.begin(), expected.begin() + 4));
  CHECK(signatures({.address = wallet, .slot_max = 300, .before = std::string(64, 'x')}).empty());
  CHECK(signatures({.address = std::string(32, 'x'), .slot_max = 300}).empty());
  CHECK(signatures({.address = kSystemProgram, .slot_max = 300, .limit = 50}).size() == 50);
}

TEST_CASE("SvmChain: an airdrop and a transfer move lamports in the block after") {
  SvmChain chain = chain_of(7);
  const Millis now = time_of(2'000);
  const std::string alice(32, 'a');
  const std::string bob(32, 'b');
  const uint64_t landing = chain.next_block_slot(chain.slot(now, Commitment::kProcessed));

  const auto airdrop = chain.airdrop(alice, 2 * kSol, now);
  REQUIRE(airdrop.ok());
  CHECK(chain.balance(alice, landing - 1) == 0);
  CHECK(chain.balance(alice, landing) == 2 * kSol);
  CHECK(chain.transaction(airdrop.value())->slot == landing);

  const Millis later = time_of(landing);
  REQUIRE(chain.send(transfer(chain, alice, bob, kSol, landing, 't'), later).ok());

  const auto sent = chain.transaction(std::string(64, 't'));
  REQUIRE(sent);
  CHECK(sent->slot == chain.next_block_slot(landing));
  CHECK(!sent->failed_instruction);
  CHECK(chain.balance(alice, sent->slot) == kSol - 5'000);
  CHECK(chain.balance(bob, sent->slot) == kSol);
  CHECK(chain.transactions(sent->slot).back().signatures[0] == std::string(64, 't'));
  CHECK(chain.transactions(sent->slot).back().index == chain.transactions(sent->slot).size() - 1);
  const auto history = chain.history({.address = alice, .slot_max = sent->slot});
  REQUIRE(history.size() == 2);
  CHECK(history[0].signatures[0] == std::string(64, 't'));
  CHECK(history[1].signatures[0] == airdrop.value());
}

TEST_CASE("SvmChain: what cannot run is refused, lost, or lands as failed") {
  using Fault = SvmExecution::Fault;
  SvmChain chain = chain_of(8);
  const uint64_t slot = filled(chain, 3'000);
  const std::string alice(32, 'a');
  const std::string bob(32, 'b');
  const std::string& rich = chain.wallets()[1];
  const auto fault = [&chain, slot](const SvmTransaction& each) {
    return chain.execute(each, slot).fault;
  };

  CHECK(fault(transfer(chain, rich, bob, kSol, slot, 'r')) == Fault::kNone);
  CHECK(fault(transfer(chain, alice, bob, kSol, slot, 'r')) == Fault::kAccountNotFound);
  CHECK(fault(transfer(chain, rich, bob, kSol, slot + 1, 'r')) == Fault::kBlockhashNotFound);
  const SvmTransaction too_much = transfer(chain, rich, bob, 5'000 * kSol, slot, 'm');
  CHECK(fault(too_much) == Fault::kInstruction);

  const uint64_t before = chain.balance(rich, slot);
  REQUIRE(chain.send(too_much, time_of(slot)).ok());
  const auto landed = chain.transaction(std::string(64, 'm'));
  REQUIRE(landed);
  CHECK(landed->failed_instruction == 0);
  CHECK(chain.balance(bob, landed->slot) == 0);
  CHECK(chain.balance(rich, landed->slot) < before);
  CHECK(fault(too_much) == Fault::kAlreadyProcessed);

  REQUIRE(chain.send(transfer(chain, alice, bob, kSol, slot, 'l'), time_of(slot)).ok());
  CHECK(!chain.transaction(std::string(64, 'l')));

  REQUIRE(chain.airdrop(alice, 4'999, time_of(slot)).ok());
  const uint64_t after = chain.next_block_slot(slot);
  CHECK(chain.execute(transfer(chain, alice, bob, 1, slot, 'p'), after).fault ==
        Fault::kInsufficientFundsForFee);
}

}  // namespace sidecar::testing
