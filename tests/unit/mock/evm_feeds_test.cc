#include "mock/evm_feeds.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/byte_text.h"
#include "tests/unit/mock/feed_notes.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kBlockTime{1'000};
constexpr uint64_t kHead = 300;

struct House {
  Status open(SubscriptionNumber number, std::string_view params) {
    feeds.step({.now = now});
    return feeds.open(number, "eth_subscribe", *JsonValue::parse(params), {.now = now});
  }
  void pass(Millis time, const std::optional<ChainBranch>& branch = {}) {
    now += time;
    feeds.step({.now = now, .branch = branch});
  }
  EvmChain& chain() { return methods.chain(); }

  EvmMethods methods{
      EvmChainOptions{.seed = 21, .block_time = kBlockTime, .genesis_unix = kGenesis}};
  FeedNotes notes;
  EvmFeeds feeds{methods, notes};
  Millis now = kGenesis + kBlockTime * kHead;
};

std::string hash_of(const JsonValue& block) {
  return std::string(block["hash"].as_string().value_or(""));
}

}  // namespace

TEST_CASE("EvmFeeds: a subscriber is told of the blocks after it came, each once") {
  House house;
  REQUIRE(house.open(1, R"(["newHeads"])").ok());
  house.pass(Millis(0));
  CHECK(house.notes.order.empty());

  house.pass(kBlockTime * 2);
  house.pass(Millis(1));

  const auto told = house.notes.take(1);
  REQUIRE(told.size() == 2);
  CHECK(hash_of(told[0]) == to_hex(house.chain().block_hash(kHead + 1)));
  CHECK(told[1]["parentHash"].as_string() == hash_of(told[0]));
  CHECK_FALSE(told[0].has("transactions"));
}

TEST_CASE("EvmFeeds: pending transactions come in the middle, or with their block if it is late") {
  House house;
  REQUIRE(house.open(1, R"(["newPendingTransactions"])").ok());
  REQUIRE(house.open(2, R"(["newHeads"])").ok());
  const size_t next = house.chain().block(kHead + 2).transactions.size();
  CHECK(house.feeds.next_step(house.now) == house.now + kBlockTime / 2);

  house.pass(kBlockTime);
  CHECK(house.notes.take(1).empty());  // those of this block were pending before it came
  house.pass(kBlockTime / 2);
  CHECK(house.notes.take(1).size() == next);
  CHECK(house.feeds.next_step(house.now) == house.now + kBlockTime / 2);
  house.pass(kBlockTime / 2);
  CHECK(house.notes.take(1).empty());
  house.pass(kBlockTime);

  CHECK(house.notes.order.back() == 2);
  CHECK(house.notes.order.front() == 1);
}

TEST_CASE("EvmFeeds: what only the node itself changes to is told as a reorganisation") {
  House house;
  REQUIRE(house.open(1, R"(["newHeads"])").ok());
  REQUIRE(house.open(2, R"(["logs"])").ok());
  house.pass(kBlockTime * 3);
  const uint64_t from = kHead + 2;
  size_t count = house.chain().logs(from).size() + house.chain().logs(from + 1).size();
  house.notes.forget();

  house.pass(Millis(0), ChainBranch{from, 1});

  const auto told = house.notes.texts;
  REQUIRE(told.size() == 2 * count + 2);
  CHECK(told.front().find("\"removed\":true") != std::string::npos);
  CHECK(told.back().find("\"removed\":true") == std::string::npos);
  CHECK(house.chain().block(from).parent_hash == house.chain().block_hash(from - 1));
  house.notes.forget();
  house.pass(Millis(0));
  CHECK(house.notes.take(1).size() == 2);
}

TEST_CASE("EvmFeeds: blocks that were not told yet are not told as removed") {
  House house;
  REQUIRE(house.open(1, R"(["newHeads"])").ok());
  REQUIRE(house.open(2, R"(["logs"])").ok());
  const FeedMoment behind{.now = house.now};
  house.now += kBlockTime * 3;

  REQUIRE(house.feeds.reorganise(kHead + 2, 1, house.now, behind).ok());
  CHECK(house.notes.order.empty());
  house.pass(Millis(0));

  const auto told = house.notes.take(1);
  REQUIRE(told.size() == 3);
  CHECK(hash_of(told[2]) == to_hex(house.chain().block_hash(kHead + 3)));
  CHECK_FALSE(house.feeds.reorganise(kHead + 9, 1, house.now, {.now = house.now}).ok());
}

TEST_CASE("EvmFeeds: a subscriber may go while it is told") {
  House house;
  for (const SubscriptionNumber number : {1u, 2u, 3u}) {
    REQUIRE(house.open(number, R"(["newHeads"])").ok());
  }
  house.notes.on_told = [&house](SubscriptionNumber told) {
    house.feeds.close(told);
    house.feeds.close(2);
  };

  house.pass(kBlockTime * 2);

  CHECK(house.notes.order == std::vector<SubscriptionNumber>{1, 3});
  CHECK_FALSE(house.feeds.next_step(house.now));
}

TEST_CASE("EvmFeeds: after a long pause only the newest are told") {
  House house;
  REQUIRE(house.open(1, R"(["newHeads"])").ok());
  house.notes.on_told = [&house](SubscriptionNumber told) { house.feeds.close(told); };

  house.pass(kBlockTime * (EvmFeeds::kCatchUpMax + 5));

  const auto told = house.notes.take(1);
  REQUIRE(told.size() == 1);
  CHECK(told[0]["number"].as_string() == to_quantity(kHead + 6));
}

TEST_CASE("EvmFeeds: kinds that are not there and wrong filters are refused") {
  House house;
  const auto code = [&house](std::string_view params) {
    const Status opened = house.open(1, params);
    return opened.ok() ? std::optional<Errc>() : opened.error().code;
  };

  CHECK(code(R"(["newThings"])") == Errc::kNotFound);
  CHECK(code("[]") == Errc::kInvalid);
  CHECK(code(R"(["logs",{"topics":["0x1"]}])") == Errc::kInvalid);
  CHECK_FALSE(house.feeds.next_step(house.now));
}

}  // namespace sidecar::testing
