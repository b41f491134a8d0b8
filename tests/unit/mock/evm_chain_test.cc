#include "mock/evm_chain.h"

#include <doctest/doctest.h>

#include <map>

#include "rpc/byte_text.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kBlockTime{12'000};

EvmChain chain_of(uint64_t seed) {
  return EvmChain(
      {.seed = seed, .chain_id = 1, .block_time = kBlockTime, .genesis_unix = kGenesis});
}

// EIP-155's worked example.
std::string raw_transaction() {
  return *from_hex(
      "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
      "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b"
      "3800ccf555c9f3dc64214b297fb1966a3b6d83");
}

}  // namespace

TEST_CASE("EvmChain: the head follows time") {
  const EvmChain chain = chain_of(1);

  CHECK(chain.head(kGenesis - Millis(5)) == 0);
  CHECK(chain.head(kGenesis) == 0);
  CHECK(chain.head(kGenesis + kBlockTime - Millis(1)) == 0);
  CHECK(chain.head(kGenesis + kBlockTime) == 1);
  CHECK(chain.head(kGenesis + 1'000 * kBlockTime) == 1'000);
  CHECK(chain.block(1'000).unix_seconds == 1'700'012'000);
}

TEST_CASE("EvmChain: the same seed makes the same blocks, another seed others") {
  const EvmChain chain = chain_of(1);
  const EvmChain same = chain_of(1);
  const EvmChain other = chain_of(2);
  for (uint64_t number = 0; number < 40; ++number) {
    CAPTURE(number);
    const EvmBlock block = chain.block(number);
    const EvmBlock again = same.block(number);

    CHECK(block.hash == again.hash);
    CHECK(block.hash != other.block(number).hash);
    CHECK(block.gas_used == again.gas_used);
    REQUIRE(block.transactions.size() == again.transactions.size());
    for (size_t i = 0; i < block.transactions.size(); ++i) {
      CHECK(block.transactions[i].hash == again.transactions[i].hash);
      CHECK(block.transactions[i].value == again.transactions[i].value);
    }
  }
}

TEST_CASE("EvmChain: every block names its parent, and every hash leads back to its place") {
  const EvmChain chain = chain_of(3);
  std::string parent(32, '\0');
  for (uint64_t number = 0; number < 100; ++number) {
    CAPTURE(number);
    const EvmBlock block = chain.block(number);

    CHECK(block.parent_hash == parent);
    CHECK(chain.number_of(block.hash) == number);
    parent = block.hash;
    for (const EvmTransaction& transaction : block.transactions) {
      const auto found = chain.transaction(transaction.hash);
      REQUIRE(found);
      CHECK(found->block == number);
      CHECK(found->index == transaction.index);
      CHECK(chain.transaction_hash(number, transaction.index) == transaction.hash);
    }
  }
  CHECK(!chain.number_of(std::string(32, '\0')));
  CHECK(!chain.transaction(std::string(32, '\0')));
  CHECK(!chain.transaction("short"));
}

TEST_CASE("EvmChain: nonces count each sender's transactions without a gap") {
  const EvmChain chain = chain_of(4);
  std::map<std::string, uint64_t> expected;
  for (uint64_t number = 0; number < 200; ++number) {
    CAPTURE(number);
    for (const EvmTransaction& transaction : chain.block(number).transactions) {
      CHECK(transaction.nonce == expected[transaction.from]++);
    }
  }
  for (const auto& [address, nonce] : expected) {
    CHECK(chain.nonce(address, 199) == nonce);
  }
  CHECK(expected.size() == EvmChain::kAccounts);
  CHECK(chain.nonce(std::string(20, '\x01'), 199) == 0);
}

TEST_CASE("EvmChain: logs() is what the transactions of a block left") {
  const EvmChain chain = chain_of(5);
  size_t log_count = 0;
  size_t failed_count = 0;
  for (uint64_t number = 0; number < 64; ++number) {
    CAPTURE(number);
    std::vector<EvmLog> expected;
    for (const EvmTransaction& transaction : chain.block(number).transactions) {
      failed_count += transaction.is_success ? 0 : 1;
      if (transaction.log) {
        CHECK(transaction.is_success);
        expected.push_back(*transaction.log);
      }
    }
    const std::vector<EvmLog> logs = chain.logs(number);
    REQUIRE(logs.size() == expected.size());
    for (size_t i = 0; i < logs.size(); ++i) {
      CHECK(logs[i].address == expected[i].address);
      CHECK(logs[i].topics == expected[i].topics);
      CHECK(logs[i].payload == expected[i].payload);
      CHECK(logs[i].transaction_index == expected[i].transaction_index);
      CHECK(logs[i].log_index == i);
      CHECK(expected[i].log_index == i);
    }
    log_count += logs.size();
  }
  CHECK(log_count > 100);
  CHECK(failed_count > 0);
}

TEST_CASE("EvmChain: a sent transaction is in the next block, once") {
  EvmChain chain = chain_of(6);
  const Millis now = kGenesis + 5 * kBlockTime;
  const size_t before = chain.block(6).transactions.size();

  const auto hash = chain.send(raw_transaction(), now);
  const auto repeated = chain.send(raw_transaction(), now + kBlockTime);

  REQUIRE(hash.ok());
  const auto found = chain.transaction(hash.value());
  REQUIRE(found);
  CHECK(found->is_sent);
  CHECK(found->block == 6);
  CHECK(found->index == before);
  CHECK(chain.block(6).transactions.back().hash == hash.value());
  CHECK(chain.transaction_hash(6, before) == hash.value());
  CHECK(chain.sent_in(6) == std::vector<std::string>{hash.value()});
  REQUIRE(!repeated.ok());
  CHECK(repeated.error().detail == "already known");
  CHECK(chain.send("nonsense", now).error().code == Errc::kInvalid);
}

TEST_CASE("EvmChain: balances move with the chain and are never negative") {
  const EvmChain chain = chain_of(7);
  const std::string& account = chain.accounts()[0];

  CHECK(chain.balance(account, 10) > chain.balance(account, 100'000));
  CHECK(chain.balance(account, UINT64_MAX / 1'000) == 0);
  CHECK(chain.token_decimals(chain.tokens()[0]) == 6);
  CHECK(chain.token_decimals(chain.tokens()[1]) == 18);
  CHECK(chain.is_token(chain.tokens()[3]));
  CHECK(!chain.is_token(account));
}

TEST_CASE("EvmChain: a reorganisation keeps half of the transactions and answers for no others") {
  constexpr Millis kStart{1'700'000'000'000};
  EvmChain chain({.seed = 5, .block_time = Millis(1'000), .genesis_unix = kStart});
  const Millis now = kStart + Millis(500'000);
  const EvmBlock old = chain.block(500);

  REQUIRE(chain.reorganise(499, 1, now).ok());

  const EvmBlock fresh = chain.block(500);
  REQUIRE(fresh.transactions.size() == old.transactions.size());
  CHECK(fresh.parent_hash == chain.block(499).hash);
  CHECK(chain.block(499).parent_hash == chain.block(498).hash);
  size_t kept_count = 0;
  for (size_t i = 0; i < old.transactions.size(); ++i) {
    CAPTURE(i);
    const std::string& before = old.transactions[i].hash;
    const std::string& after = fresh.transactions[i].hash;
    kept_count += before == after ? 1 : 0;
    CHECK(chain.transaction_hash(500, i) == after);
    REQUIRE(chain.transaction(after));
    CHECK(chain.transaction(after)->index == i);
    CHECK(chain.transaction(before).has_value() == (before == after));
    CHECK(fresh.transactions[i].nonce == old.transactions[i].nonce);
  }
  CHECK(kept_count > 0);
  CHECK(kept_count < old.transactions.size());
  const auto view = chain.orphan_view(old.hash);
  REQUIRE(view);
  chain.set_view(view);
  CHECK(chain.block(500).hash == old.hash);
  CHECK(chain.block(500).transactions.back().hash == old.transactions.back().hash);
}

TEST_CASE("EvmChain: only blocks that are there can be reorganised") {
  EvmChain chain({.seed = 5, .block_time = Millis(1'000), .genesis_unix = Millis(0)});
  const auto refusal = [&chain](uint64_t from) {
    const Status done = chain.reorganise(from, 1, Millis(10'000));
    return done.ok() ? std::optional<Errc>() : done.error().code;
  };

  CHECK(refusal(0) == Errc::kInvalid);
  CHECK(refusal(11) == Errc::kInvalid);
  for (size_t i = 0; i < BlockHashes::kReorganisationsMax; ++i) {
    REQUIRE_FALSE(refusal(10));
  }
  CHECK(refusal(10) == Errc::kLimit);
}

}  // namespace sidecar::testing
