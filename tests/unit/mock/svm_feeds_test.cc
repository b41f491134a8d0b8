#include "mock/svm_feeds.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "rpc/byte_text.h"
#include "tests/unit/mock/feed_notes.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kSlotTime{400};
constexpr int64_t kSlot = 2'000;

struct House {
  Status open(SubscriptionNumber number, std::string_view method, std::string_view params = "[]") {
    feeds.step({.now = now});
    return feeds.open(number, method, *JsonValue::parse(params), {.now = now});
  }
  void pass(int64_t slots) {
    now += kSlotTime * slots;
    feeds.step({.now = now});
  }
  std::string wallet(size_t number) { return to_base58(chain().wallets()[number]); }
  SvmChain& chain() { return methods.chain(); }

  SvmMethods methods{SvmChainOptions{.seed = 4, .slot_time = kSlotTime, .genesis_unix = kGenesis}};
  FeedNotes notes;
  SvmFeeds feeds{methods, notes};
  Millis now = kGenesis + kSlotTime * kSlot;
};

}  // namespace

TEST_CASE("SvmFeeds: each commitment is told every block once, in order") {
  for (const std::string_view commitment : {"processed", "confirmed", "finalized"}) {
    CAPTURE(commitment);
    House house;
    const std::string params = R"([")" + to_base58(house.methods.accounts().program()) +
                               R"(",{"encoding":"base64",)" + R"("commitment":")" +
                               std::string(commitment) + "\"}]";
    REQUIRE(house.open(1, "programSubscribe", params).ok());
    const Commitment level = commitment == "processed"   ? Commitment::kProcessed
                             : commitment == "confirmed" ? Commitment::kConfirmed
                                                         : Commitment::kFinalized;
    uint64_t expected = house.chain().slot(house.now, level);

    for (int i = 0; i < 130; ++i) {
      house.pass(i % 3);
    }

    std::set<uint64_t> slots;
    for (const JsonValue& event : house.notes.take(1)) {
      slots.insert(*event["context"]["slot"].as_uint64());
    }
    REQUIRE(slots.size() > 100);
    for (const uint64_t slot : slots) {
      expected = house.chain().next_block_slot(expected);
      CHECK(slot == expected);
    }
    CHECK(expected == house.chain().slot(house.now, level));
  }
}

TEST_CASE("SvmFeeds: accounts that a program writes to differ from what they were, others do not") {
  House house;
  const SvmAccounts& accounts = house.methods.accounts();
  for (const std::string& key : accounts.owned_by(accounts.program())) {
    for (uint64_t slot = 500; slot < 600; slot = house.chain().next_block_slot(slot)) {
      const auto before = accounts.find(key, house.chain().parent_slot(slot));
      const auto after = accounts.find(key, slot);
      CHECK((before->payload != after->payload) == accounts.has_changed(key, slot));
    }
  }
  for (const std::string& key : house.chain().wallets()) {
    for (uint64_t slot = 500; slot < 520; slot = house.chain().next_block_slot(slot)) {
      const auto before = accounts.find(key, house.chain().parent_slot(slot));
      const auto after = accounts.find(key, slot);
      CHECK((before->lamports != after->lamports) == accounts.has_changed(key, slot));
    }
  }
}

TEST_CASE("SvmFeeds: a signature that is there already is told at once, and no more") {
  House house;
  const auto transactions =
      house.chain().transactions(house.chain().slot(house.now, Commitment::kConfirmed));
  REQUIRE_FALSE(transactions.empty());
  const std::string signature = to_base58(transactions[0].signatures[0]);

  REQUIRE(
      house.open(1, "signatureSubscribe", R"([")" + signature + R"(",{"commitment":"confirmed"}])")
          .ok());
  CHECK(house.notes.order.size() == 1);
  CHECK(house.notes.ended == 1);
  REQUIRE(house.open(2, "signatureSubscribe", R"([")" + signature + R"("])").ok());
  CHECK(house.notes.ended == 1);
  house.pass(20);
  CHECK(house.notes.ended == 1);
  house.pass(30);

  CHECK(house.notes.ended == 2);
  CHECK(house.notes.order == std::vector<SubscriptionNumber>{1, 2});
  CHECK_FALSE(house.feeds.next_step(house.now));
}

TEST_CASE("SvmFeeds: filters and slices of programs hold for events too") {
  House house;
  const std::string program = to_base58(house.methods.accounts().program());
  REQUIRE(house
              .open(1, "programSubscribe",
                    R"([")" + program + R"(",{"commitment":"processed","encoding":"base64",)" +
                        R"("filters":[{"dataSize":64}],"dataSlice":{"offset":56,"length":8}}])")
              .ok());
  REQUIRE(house
              .open(2, "programSubscribe",
                    R"([")" + program + R"(",{"commitment":"processed",)" +
                        R"("filters":[{"dataSize":65}]}])")
              .ok());

  house.pass(3);

  CHECK_FALSE(house.notes.order.empty());
  const auto told = house.notes.take(1);
  REQUIRE_FALSE(told.empty());
  const JsonValue& event = told.back();
  const auto written =
      from_base64(event["value"]["account"]["data"].at(0).as_string().value_or(""));
  REQUIRE(written);
  CHECK(from_little_endian(*written) == event["context"]["slot"].as_uint64());
}

TEST_CASE("SvmFeeds: an account is told when its balance moves, and only then") {
  House house;
  REQUIRE(house
              .open(1, "accountSubscribe",
                    R"([")" + house.wallet(9) + R"(",{"commitment":"processed"}])")
              .ok());
  uint64_t slot = house.chain().slot(house.now, Commitment::kProcessed);
  std::vector<uint64_t> expected;
  for (int i = 0; i < 100; ++i) {
    const uint64_t before = house.chain().balance(house.chain().wallets()[9], slot);
    slot = house.chain().next_block_slot(slot);
    if (house.chain().balance(house.chain().wallets()[9], slot) != before) {
      expected.push_back(slot);
    }
  }
  REQUIRE(expected.size() > 2);

  house.pass(static_cast<int64_t>(slot) - kSlot);

  std::vector<uint64_t> told;
  for (const JsonValue& event : house.notes.take(1)) {
    told.push_back(*event["context"]["slot"].as_uint64());
  }
  CHECK(told == expected);
}

TEST_CASE("SvmFeeds: methods that are not there and wrong params are refused") {
  House house;
  const auto code = [&house](std::string_view method, std::string_view params) {
    const Status opened = house.open(1, method, params);
    return opened.ok() ? std::optional<Errc>() : opened.error().code;
  };

  CHECK(code("thingSubscribe", "[]") == Errc::kNotFound);
  CHECK(code("accountSubscribe", "[\"short\"]") == Errc::kInvalid);
  CHECK(code("logsSubscribe", R"([{"mentions":[]}])") == Errc::kInvalid);
  CHECK(code("blockSubscribe", R"(["all",{"commitment":"processed"}])") == Errc::kInvalid);
  CHECK(code("logsSubscribe", R"(["all",{"commitment":"never"}])") == Errc::kInvalid);
  CHECK_FALSE(house.feeds.next_step(house.now));
}

}  // namespace sidecar::testing
