#include "mock/evm_filters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "rpc/byte_text.h"
#include "rpc/json_value.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kBlockTime{1'000};

struct House {
  EvmChain chain{EvmChainOptions{
      .seed = 21, .chain_id = 1, .block_time = kBlockTime, .genesis_unix = kGenesis}};
  EvmFilters filters{chain};
  Millis now = kGenesis + 20'000 * kBlockTime;

  std::string id_of(const MethodReply& reply) {
    REQUIRE(!reply.is_error);
    return std::string(*JsonValue::parse(reply.json)->as_string());
  }
};

JsonValue list_of(const MethodReply& reply) {
  CAPTURE(reply.json.substr(0, 1'000));
  REQUIRE(!reply.is_error);
  auto value = JsonValue::parse(reply.json);
  REQUIRE(value);
  return std::move(*value);
}

int64_t code_of(const MethodReply& reply) {
  REQUIRE(reply.is_error);
  return JsonValue::parse(reply.json).value()["code"].as_int64().value();
}

}  // namespace

TEST_CASE("find_logs: addresses and topics choose, each place on its own") {
  House house;
  const std::vector<EvmLog> all = [&house] {
    std::vector<EvmLog> logs;
    for (uint64_t block = 100; block <= 160; ++block) {
      for (EvmLog& log : house.chain.logs(block)) {
        logs.push_back(std::move(log));
      }
    }
    return logs;
  }();
  REQUIRE(all.size() > 50);
  const auto count_if = [&all](auto predicate) {
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), predicate));
  };
  const std::string token = house.chain.tokens()[1];
  const std::string other = house.chain.tokens()[2];
  const std::string transfer = all[0].topics[0];
  const std::string sender = all[0].topics[1];

  CHECK(list_of(find_logs(house.chain, {}, 100, 160)).size() == all.size());
  CHECK(list_of(find_logs(house.chain, {{token}, {}}, 100, 160)).size() ==
        count_if([&](const EvmLog& log) { return log.address == token; }));
  CHECK(list_of(find_logs(house.chain, {{token, other}, {}}, 100, 160)).size() ==
        count_if([&](const EvmLog& log) { return log.address == token || log.address == other; }));
  CHECK(list_of(find_logs(house.chain, {{}, {{transfer}}}, 100, 160)).size() == all.size());
  CHECK(list_of(find_logs(house.chain, {{}, {{}, {sender}}}, 100, 160)).size() ==
        count_if([&](const EvmLog& log) { return log.topics[1] == sender; }));
  CHECK(list_of(find_logs(house.chain, {{}, {{sender}}}, 100, 160)).size() == 0);
  CHECK(list_of(find_logs(house.chain, {{}, {{}, {}, {}, {}}}, 100, 160)).size() == 0);
  CHECK(list_of(find_logs(house.chain, {{}, {}}, 160, 100)).size() == 0);

  const JsonValue first = list_of(find_logs(house.chain, {}, 100, 160)).at(0);
  CHECK(first["address"].as_string() == to_hex(all[0].address));
  CHECK(first["transactionHash"].as_string() ==
        to_hex(house.chain.transaction_hash(all[0].block, all[0].transaction_index)));
  CHECK(first["blockHash"].as_string() == to_hex(house.chain.block_hash(all[0].block)));
}

TEST_CASE("find_logs: too wide a range and too many results are errors") {
  House house;

  CHECK(code_of(find_logs(house.chain, {}, 0, kLogBlocksMax)) == -32614);
  CHECK(code_of(find_logs(house.chain, {}, 0, kLogBlocksMax - 1)) == -32005);
  CHECK(!find_logs(house.chain, {{std::string(20, 'x')}, {}}, 0, kLogBlocksMax - 1).is_error);
}

TEST_CASE("EvmFilters: a poll answers what came since the one before") {
  House house;
  const std::string blocks = house.id_of(house.filters.add_blocks(house.now));
  const std::string logs =
      house.id_of(house.filters.add_logs({}, {.first = 0, .last = 0, .is_open = true}, house.now));
  CHECK(list_of(house.filters.changes(blocks, house.now)).size() == 0);

  house.now += 3 * kBlockTime;

  const JsonValue fresh = list_of(house.filters.changes(blocks, house.now));
  REQUIRE(fresh.size() == 3);
  CHECK(fresh.at(2).as_string() == to_hex(house.chain.block_hash(20'003)));
  CHECK(list_of(house.filters.changes(blocks, house.now)).size() == 0);
  CHECK(list_of(house.filters.changes(logs, house.now)).size() ==
        house.chain.logs(20'001).size() + house.chain.logs(20'002).size() +
            house.chain.logs(20'003).size());
  CHECK(list_of(house.filters.changes(logs, house.now)).size() == 0);
}

TEST_CASE("EvmFilters: a pending filter tells of sent transactions, each once") {
  House house;
  const std::string raw = *from_hex(
      "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
      "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b"
      "3800ccf555c9f3dc64214b297fb1966a3b6d83");
  const std::string pending = house.id_of(house.filters.add_pending(house.now));
  CHECK(list_of(house.filters.changes(pending, house.now)).size() == 0);

  REQUIRE(house.chain.send(raw, house.now).ok());

  CHECK(list_of(house.filters.changes(pending, house.now)).size() == 1);
  CHECK(list_of(house.filters.changes(pending, house.now)).size() == 0);
  house.now += kBlockTime;
  CHECK(list_of(house.filters.changes(pending, house.now)).size() == 0);
}

TEST_CASE("EvmFilters: unknown, removed and forgotten filters are not found") {
  House house;
  const std::string removed = house.id_of(house.filters.add_blocks(house.now));
  const std::string forgotten = house.id_of(house.filters.add_blocks(house.now));

  CHECK(house.filters.remove(removed).json == "true");
  CHECK(house.filters.remove(removed).json == "false");
  CHECK(code_of(house.filters.changes(removed, house.now)) == -32000);
  CHECK(code_of(house.filters.changes("0x1", house.now)) == -32000);
  CHECK(code_of(house.filters.logs(forgotten, house.now)) == -32000);  // of another kind
  house.now += EvmFilters::kIdleMax + Millis(1);
  CHECK(code_of(house.filters.changes(forgotten, house.now)) == -32000);
}

TEST_CASE("EvmFilters: the count is bounded, and idle ones make room") {
  House house;
  for (size_t i = 0; i < EvmFilters::kFiltersMax; ++i) {
    REQUIRE(!house.filters.add_blocks(house.now).is_error);
  }

  CHECK(code_of(house.filters.add_blocks(house.now)) == -32000);
  house.now += EvmFilters::kIdleMax + Millis(1);
  CHECK(!house.filters.add_blocks(house.now).is_error);
}

TEST_CASE("EvmFilters: after a reorganisation a poll tells what is gone, then what is new") {
  House house;
  const uint64_t head = house.chain.head(house.now);
  const std::string logs = house.id_of(house.filters.add_logs(
      {}, {.first = head, .last = head, .is_open = true, .is_known = true}, house.now));
  const std::string unpolled = house.id_of(house.filters.add_logs(
      {}, {.first = head, .last = head, .is_open = true, .is_known = true}, house.now));
  const std::string blocks = house.id_of(house.filters.add_blocks(house.now));
  const uint64_t from = head + 3;
  const size_t old_count = house.chain.logs(from).size();
  REQUIRE(old_count > 0);
  house.now += 3 * kBlockTime;
  house.filters.changes(logs, house.now);
  house.filters.changes(blocks, house.now);

  house.filters.on_reorganise(from);
  REQUIRE(house.chain.reorganise(from, 1, house.now).ok());

  const JsonValue told = list_of(house.filters.changes(logs, house.now));
  REQUIRE(told.size() == old_count + house.chain.logs(from).size());
  for (size_t i = 0; i < told.size(); ++i) {
    CAPTURE(i);
    CHECK(told.at(i)["removed"].as_bool() == (i < old_count));
    CHECK((told.at(i)["blockHash"].as_string() == to_hex(house.chain.block_hash(from))) ==
          (i >= old_count));
  }
  CHECK(list_of(house.filters.changes(logs, house.now)).size() == 0);
  CHECK(list_of(house.filters.changes(blocks, house.now)).size() == 1);
  const JsonValue all = list_of(house.filters.changes(unpolled, house.now));
  CHECK(std::none_of(all.items().begin(), all.items().end(),
                     [](const JsonValue& log) { return *log["removed"].as_bool(); }));
}

}  // namespace sidecar::testing
