#include "mock/mock_node.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/byte_text.h"
#include "rpc/json_value.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};

/// A node 1,000 blocks or slots after its genesis.
struct House {
  explicit House(MockFamily family = MockFamily::kEvm)
      : node(MockOptions{.family = family, .host = "", .block_time = Millis(1'000), .head = {}},
             kGenesis) {}

  std::string ask(std::string_view method, std::string_view params = "[]",
                  const CallFaults& faults = {}) {
    const auto reply = node.call(method, *JsonValue::parse(params), now, faults);
    REQUIRE(reply);
    return (reply->is_error ? "error " : "") + reply->json;
  }
  JsonValue read(std::string_view method, std::string_view params, const CallFaults& faults = {}) {
    return JsonValue::parse(ask(method, params, faults)).value_or(JsonValue());
  }
  std::string block_by_hash(const std::string& hash, const CallFaults& faults = {}) {
    return ask("eth_getBlockByHash", "[" + hash + ",false]", faults);
  }

  MockNode node;
  Millis now = kGenesis + Millis(1'000 * 1'000);
};

CallFaults behind(uint64_t blocks) {
  CallFaults faults;
  faults.blocks_behind = blocks;
  return faults;
}

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

}  // namespace

TEST_CASE("MockNode: one that lags has none of the newest blocks, their transactions or state") {
  House house;
  const std::string newest = R"(["0x3e8",true])";  // block 1000, which is there for everyone else
  const JsonValue block = house.read("eth_getBlockByNumber", newest);
  const std::string hash = quoted(*block["hash"].as_string());
  const std::string transaction =
      "[" + quoted(*block["transactions"].at(0)["hash"].as_string()) + "]";
  const std::string account = quoted(*block["miner"].as_string());
  const CallFaults lag = behind(3);

  CHECK(house.ask("eth_blockNumber", "[]", lag) == "\"0x3e5\"");
  CHECK(house.ask("eth_getBlockByNumber", newest, lag) == "null");
  CHECK(house.block_by_hash(hash, lag) == "null");
  CHECK(house.ask("eth_getTransactionReceipt", transaction, lag) == "null");
  CHECK(house.ask("eth_getTransactionByHash", transaction, lag) == "null");
  CHECK(house.ask("eth_getBalance", "[" + account + ",\"0x3e8\"]", lag) ==
        R"(error {"code":-32000,"message":"header not found"})");
  CHECK(house.ask("eth_getBalance", "[" + account + ",\"0x3e5\"]", lag) ==
        house.ask("eth_getBalance", "[" + account + ",\"0x3e5\"]"));
  CHECK(house.ask("eth_getTransactionReceipt", transaction) != "null");
  CHECK(house.node.head(house.now) == 1'000);
  CHECK(house.ask("eth_blockNumber", "[]", behind(5'000)) == "\"0x0\"");
}

TEST_CASE("MockNode: one that is stuck stays where it was, and lags from there") {
  House house;
  CallFaults stuck;
  stuck.stuck_at = house.now;
  house.now += Millis(20'000);

  CHECK(house.ask("eth_blockNumber") == "\"0x3fc\"");
  CHECK(house.ask("eth_blockNumber", "[]", stuck) == "\"0x3e8\"");
  stuck.blocks_behind = 1;
  CHECK(house.ask("eth_blockNumber", "[]", stuck) == "\"0x3e7\"");
}

TEST_CASE("MockNode: on a branch hashes differ and parents lead back to the common chain") {
  House house;
  CallFaults fork;
  fork.branch = ChainBranch{999, 1};

  const JsonValue tip = house.read("eth_getBlockByNumber", R"(["0x3e8",false])", fork);
  const JsonValue first = house.read("eth_getBlockByNumber", R"(["0x3e7",false])", fork);
  const JsonValue common = house.read("eth_getBlockByNumber", R"(["0x3e6",false])");
  const std::string common_tip =
      quoted(*house.read("eth_getBlockByNumber", R"(["0x3e8",false])")["hash"].as_string());
  const std::string own_tip = quoted(*tip["hash"].as_string());

  CHECK(own_tip != common_tip);
  CHECK(tip["parentHash"].as_string() == first["hash"].as_string());
  CHECK(first["parentHash"].as_string() == common["hash"].as_string());
  CHECK(house.block_by_hash(common_tip, fork) == "null");
  CHECK(house.block_by_hash(own_tip, fork) != "null");
  CHECK(house.block_by_hash(own_tip) == "null");
  const std::string receipts = house.ask("eth_getBlockReceipts", R"(["0x3e8"])", fork);
  CHECK(receipts.find(own_tip) != std::string::npos);
  CHECK(receipts.find(common_tip) == std::string::npos);
}

TEST_CASE("MockNode: null for what is in the newest blocks, and for nothing older") {
  House house;
  const JsonValue block = house.read("eth_getBlockByNumber", R"(["0x3e7",false])");
  const std::string hash = quoted(*block["hash"].as_string());
  const std::string transaction = "[" + quoted(*block["transactions"].at(0).as_string()) + "]";
  CallFaults recent;
  recent.null_blocks = 2;
  CallFaults newest;
  newest.null_blocks = 1;

  CHECK(house.ask("eth_blockNumber", "[]", recent) == "\"0x3e8\"");
  for (const auto& row :
       {std::pair<std::string, std::string>{"eth_getBlockByNumber", R"(["0x3e7",false])"},
        {"eth_getBlockByHash", "[" + hash + ",false]"},
        {"eth_getBlockReceipts", R"(["0x3e7"])"},
        {"eth_getBlockTransactionCountByNumber", R"(["0x3e7"])"},
        {"eth_getUncleCountByBlockHash", "[" + hash + "]"},
        {"eth_getTransactionByBlockHashAndIndex", "[" + hash + ",\"0x0\"]"},
        {"eth_getTransactionByHash", transaction},
        {"eth_getTransactionReceipt", transaction}}) {
    CAPTURE(row.first);
    const auto& [method, params] = row;
    CHECK(house.ask(method, params, recent) == "null");
    CHECK(house.ask(method, params, newest) == house.ask(method, params));
  }
  CHECK(house.ask("eth_getBlockByNumber", R"(["latest",false])", newest) == "null");
}

TEST_CASE("MockNode: says that it is of another chain, or not in step") {
  House house;
  CallFaults wrong;
  wrong.is_wrong_chain = true;
  CHECK(house.ask("eth_chainId", "[]", wrong) == "\"0x2\"");
  wrong.chain_id = 137;
  CHECK(house.ask("eth_chainId", "[]", wrong) == "\"0x89\"");
  CHECK(house.ask("net_version", "[]", wrong) == "\"137\"");

  CallFaults syncing;
  syncing.syncing_blocks = 10;
  CHECK(house.ask("eth_syncing", "[]", syncing) ==
        R"({"startingBlock":"0x0","currentBlock":"0x3de","highestBlock":"0x3e8"})");
  CHECK(house.ask("eth_syncing") == "false");
}

TEST_CASE("MockNode: what is sent to one that lags is in the block after the true head") {
  House house;
  const std::string raw =
      "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080"
      "25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb7"
      "03304b3800ccf555c9f3dc64214b297fb1966a3b6d83";  // the example of EIP-155

  const std::string hash = house.ask("eth_sendRawTransaction", "[" + quoted(raw) + "]", behind(50));
  house.now += Millis(1'000);

  CHECK(house.read("eth_getTransactionReceipt", "[" + hash + "]")["blockNumber"].as_string() ==
        "0x3e9");
  CHECK(house.ask("eth_getTransactionReceipt", "[" + hash + "]", behind(1)) == "null");
}

TEST_CASE("MockNode: Solana lags, forks, is unhealthy, of another cluster, without newest blocks") {
  House house(MockFamily::kSvm);
  const std::string processed = R"([{"commitment":"processed"}])";
  const uint64_t newest = *JsonValue::parse(house.ask("getSlot", processed))->as_uint64();
  const uint64_t lagged =
      *JsonValue::parse(house.ask("getSlot", processed, behind(20)))->as_uint64();
  const uint64_t confirmed =
      *JsonValue::parse(house.ask("getSlot", R"([{"commitment":"confirmed"}])"))->as_uint64();
  const std::string confirmed_block =
      "[" + std::to_string(confirmed) +
      R"(,{"commitment":"confirmed","maxSupportedTransactionVersion":0}])";
  CallFaults odd;
  odd.is_wrong_chain = true;
  odd.syncing_blocks = 153;
  odd.branch = ChainBranch{newest - 40, 1};
  CallFaults recent;
  recent.null_blocks = 50;

  CHECK(newest - lagged >= 17);
  CHECK(newest - lagged <= 23);  // skipped slots
  CHECK(house.ask("getBlock", confirmed_block, behind(20)).starts_with("error {\"code\":-32004,"));
  CHECK(
      house.ask("getHealth", "[]", odd) ==
      R"(error {"code":-32005,"message":"Node is behind by 153 slots","data":{"numSlotsBehind":153}})");
  CHECK(house.ask("getHealth", "[]", behind(128)) == "\"ok\"");
  CHECK(house.ask("getHealth", "[]", behind(129)).ends_with(R"({"numSlotsBehind":129}})"));
  CHECK(house.ask("getGenesisHash", "[]", odd) != house.ask("getGenesisHash"));
  CHECK(house.ask("getLatestBlockhash", processed, odd) !=
        house.ask("getLatestBlockhash", processed));

  const JsonValue block = house.read("getBlock", confirmed_block);
  const std::string signature =
      quoted(*block["transactions"].at(0)["transaction"]["signatures"].at(0).as_string());
  const std::string transaction =
      "[" + signature + R"(,{"commitment":"confirmed","maxSupportedTransactionVersion":0}])";
  CHECK(house.ask("getBlock", confirmed_block, recent) == "null");
  CHECK(house.ask("getTransaction", transaction) != "null");
  CHECK(house.ask("getTransaction", transaction, recent) == "null");
  const JsonValue statuses = house.read("getSignatureStatuses", "[[" + signature + "]]", recent);
  CHECK(statuses["value"].at(0).is_null());
  CHECK_FALSE(house.read("getSignatureStatuses", "[[" + signature + "]]")["value"].at(0).is_null());
}

}  // namespace sidecar::testing
