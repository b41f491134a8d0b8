#include "mock/evm_methods.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/byte_text.h"
#include "rpc/json_value.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};
constexpr Millis kBlockTime{12'000};
constexpr uint64_t kHead = 20'000;

/// A node whose head is block kHead.
struct Node {
  EvmMethods methods{EvmChainOptions{
      .seed = 11, .chain_id = 1, .block_time = kBlockTime, .genesis_unix = kGenesis}};
  Millis now = kGenesis + kBlockTime * static_cast<int64_t>(kHead);

  MethodReply call(std::string_view method, const std::string& params = "[]") {
    const auto parsed = JsonValue::parse(params);
    REQUIRE(parsed);
    auto reply = methods.call(method, *parsed, now);
    REQUIRE(reply);
    return *reply;
  }
  JsonValue result(std::string_view method, const std::string& params = "[]") {
    CAPTURE(method);
    CAPTURE(params);
    const MethodReply reply = call(method, params);
    CAPTURE(reply.json.substr(0, 1'000));
    REQUIRE(!reply.is_error);
    auto value = JsonValue::parse(reply.json);
    REQUIRE(value);
    return std::move(*value);
  }
  JsonValue error(std::string_view method, const std::string& params = "[]") {
    CAPTURE(method);
    CAPTURE(params);
    const MethodReply reply = call(method, params);
    REQUIRE(reply.is_error);
    auto value = JsonValue::parse(reply.json);
    REQUIRE(value);
    return std::move(*value);
  }
  std::string account(size_t index) const { return to_hex(methods.chain().accounts()[index]); }
  std::string token(size_t index) const { return to_hex(methods.chain().tokens()[index]); }
};

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

std::string params_of(std::initializer_list<std::string> values) {
  std::string text = "[";
  for (const std::string& value : values) {
    text += text.size() > 1 ? "," + value : value;
  }
  return text + "]";
}

uint64_t number(const JsonValue& quantity) {
  const auto value = from_quantity(quantity.as_string().value_or(""));
  REQUIRE(value);
  return *value;
}

// EIP-155's worked example.
constexpr const char* kRaw =
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028"
    "ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800"
    "ccf555c9f3dc64214b297fb1966a3b6d83";
constexpr const char* kRawHash =
    "0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788";

}  // namespace

TEST_CASE("EvmMethods: what the node says of itself and its head") {
  Node node;

  CHECK(node.call("eth_chainId").json == R"("0x1")");
  CHECK(node.call("net_version").json == R"("1")");
  CHECK(node.call("eth_blockNumber").json == R"("0x4e20")");
  CHECK(node.call("eth_syncing").json == "false");
  CHECK(node.call("net_listening").json == "true");
  CHECK(node.call("net_peerCount").json == R"("0x32")");
  CHECK(node.call("eth_accounts").json == "[]");
  CHECK(node.call("web3_clientVersion").json == R"("rpc-sidecar-mock/evm/seed-11")");
  CHECK(node.call("web3_sha3", R"(["0x"])").json ==
        R"("0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")");
  node.now += kBlockTime;
  CHECK(node.call("eth_blockNumber").json == R"("0x4e21")");
}

TEST_CASE("EvmMethods: unknown methods and wrong parameters, as geth says them") {
  Node node;
  struct Case {
    const char* method;
    const char* params;
    const char* message;
  };
  constexpr Case kCases[] = {
      {"eth_getBalance", "[]", "missing value for required argument 0"},
      {"eth_getBalance", R"(["0x12"])", "invalid argument 0: want 0x and 40 hex digits"},
      {"eth_getBalance", "[7]", "invalid argument 0: want 0x and 40 hex digits"},
      {"eth_getBalance", R"({"address":"0x12"})", "non-array args"},
      {"eth_blockNumber", "[1]", "too many arguments, want at most 0"},
      {"eth_getBlockByNumber", R"(["newest"])",
       "invalid argument 0: want a block number, hash or tag"},
      {"eth_getBlockByNumber", R"(["0x01"])",
       "invalid argument 0: want a block number, hash or tag"},
      {"eth_getTransactionByHash", R"(["0x1234"])",
       "invalid argument 0: want 0x and 64 hex digits"},
      {"eth_call", R"(["x"])", "invalid argument 0: want a transaction object"},
      {"eth_call", R"([{"to":"0x1"}])", "invalid argument 0: to is no address"},
      {"eth_call", R"([{"data":"1"}])", "invalid argument 0: input is not hex"},
      {"eth_getLogs", R"([[]])", "invalid argument 0: want a filter object"},
      {"eth_getLogs", R"([{"topics":"0x1"}])",
       "invalid argument 0: topics: want a list of at most 4"},
      {"eth_getLogs", R"([{"fromBlock":"0x9","toBlock":"0x8"}])", "invalid block range params"},
      {"eth_getLogs", R"([{"fromBlock":"0x9","blockHash":"0x8"}])",
       "invalid argument 0: blockHash cannot go with fromBlock or toBlock"},
      {"eth_feeHistory", R"(["0x1","latest",[50,10]])", "invalid reward percentile"},
      {"eth_sendRawTransaction", R"(["f86c"])", "invalid argument 0: want hex bytes"},
  };
  for (const Case& each : kCases) {
    const JsonValue error = node.error(each.method, each.params);
    CHECK(error["code"].as_int64() == -32602);
    CHECK(error["message"].as_string() == each.message);
  }
  CHECK(!node.methods.call("eth_nothing", JsonValue(), node.now));
  CHECK(!node.methods.call("~", JsonValue(), node.now));
  CHECK(!node.methods.call("", JsonValue(), node.now));
  CHECK(node.error("eth_subscribe", R"(["newHeads"])")["code"].as_int64() == -32601);
}

TEST_CASE("EvmMethods: a block by number, tag and hash, with hashes or whole transactions") {
  Node node;

  const JsonValue latest = node.result("eth_getBlockByNumber", R"(["latest",false])");
  CHECK(number(latest["number"]) == kHead);
  CHECK(number(latest["timestamp"]) == 1'700'000'000 + 12 * kHead);
  const std::string hash(*latest["hash"].as_string());
  CHECK(node.call("eth_getBlockByHash", params_of({quoted(hash), "false"})).json ==
        node.call("eth_getBlockByNumber", R"(["0x4e20",false])").json);
  const JsonValue parent = node.result("eth_getBlockByNumber", R"(["0x4e1f",true])");
  CHECK(parent["hash"].as_string() == latest["parentHash"].as_string());
  CHECK(number(node.result("eth_getBlockByNumber", R"(["safe"])")["number"]) == kHead - 32);
  CHECK(number(node.result("eth_getBlockByNumber", R"(["finalized"])")["number"]) == kHead - 64);
  CHECK(number(node.result("eth_getBlockByNumber", R"(["earliest"])")["number"]) == 0);

  uint64_t gas = 0;
  const JsonValue receipts = node.result("eth_getBlockReceipts", R"(["0x4e1f"])");
  REQUIRE(parent["transactions"].size() == receipts.size());
  REQUIRE(receipts.size() > 0);
  for (size_t i = 0; i < receipts.size(); ++i) {
    const JsonValue& receipt = receipts.at(i);
    const JsonValue& transaction = parent["transactions"].at(i);
    gas += number(receipt["gasUsed"]);
    CHECK(number(receipt["cumulativeGasUsed"]) == gas);
    CHECK(receipt["transactionHash"].as_string() == transaction["hash"].as_string());
    CHECK(receipt["blockHash"].as_string() == parent["hash"].as_string());
    CHECK(number(receipt["effectiveGasPrice"]) == number(transaction["gasPrice"]));
    const std::string by_hash = params_of({quoted(*transaction["hash"].as_string())});
    CHECK(node.result("eth_getTransactionReceipt", by_hash)["logs"].size() ==
          receipt["logs"].size());
    CHECK(number(node.result("eth_getTransactionByHash", by_hash)["nonce"]) ==
          number(transaction["nonce"]));
    CHECK(node.result("eth_getTransactionByBlockNumberAndIndex",
                      params_of({R"("0x4e1f")", quoted(to_quantity(i))}))["hash"]
              .as_string() == transaction["hash"].as_string());
  }
  CHECK(number(parent["gasUsed"]) == gas);
  CHECK(number(node.result("eth_getBlockTransactionCountByNumber", R"(["0x4e1f"])")) ==
        receipts.size());
}

TEST_CASE("EvmMethods: what is not there is null") {
  Node node;
  const std::string no_hash = params_of({quoted(to_hex(std::string(32, '\x07')))});
  const std::string next_hash =
      params_of({quoted(to_hex(node.methods.chain().block_hash(kHead + 1)))});
  const std::string next_transaction =
      params_of({quoted(to_hex(node.methods.chain().block(kHead + 2).transactions.at(0).hash))});

  CHECK(node.call("eth_getBlockByNumber", R"(["0x4e21",false])").json == "null");
  CHECK(node.call("eth_getBlockByHash", no_hash).json == "null");
  CHECK(node.call("eth_getBlockByHash", next_hash).json == "null");
  CHECK(node.call("eth_getBlockReceipts", R"(["0x4e21"])").json == "null");
  CHECK(node.call("eth_getTransactionByHash", no_hash).json == "null");
  CHECK(node.call("eth_getTransactionReceipt", no_hash).json == "null");
  CHECK(node.call("eth_getTransactionByHash", next_transaction).json == "null");
  CHECK(node.call("eth_getTransactionReceipt", next_transaction).json == "null");
  CHECK(node.call("eth_getTransactionByBlockNumberAndIndex", R"(["latest","0x3e7"])").json ==
        "null");
  CHECK(node.error("eth_getBalance", params_of({quoted(node.account(0)), R"("0x4e21")"}))["message"]
            .as_string() == "header not found");
}

TEST_CASE("EvmMethods: state at a block, by number and by EIP-1898 object") {
  Node node;
  const std::string account = quoted(node.account(3));
  const std::string hash = to_hex(node.methods.chain().block_hash(100));

  const uint64_t then = number(node.result("eth_getTransactionCount", params_of({account, "100"})));
  CHECK(number(node.result("eth_getTransactionCount",
                           params_of({account, R"({"blockHash":")" + hash + R"("})"}))) == then);
  CHECK(number(node.result("eth_getTransactionCount",
                           params_of({account, R"({"blockNumber":"0x64"})"}))) == then);
  CHECK(number(node.result("eth_getTransactionCount", params_of({account}))) > then);
  CHECK(node.call("eth_getTransactionCount", params_of({account, R"("pending")"})).json ==
        node.call("eth_getTransactionCount", params_of({account, R"("latest")"})).json);
  CHECK(node.call("eth_getBalance", params_of({account, R"("0x64")"})).json !=
        node.call("eth_getBalance", params_of({account})).json);
  CHECK(node.call("eth_getCode", params_of({account})).json == R"("0x")");
  CHECK(node.result("eth_getCode", params_of({quoted(node.token(1))})).as_string()->size() > 100);
  CHECK(node.result("eth_getStorageAt", params_of({quoted(node.token(1)), R"("0x0")"}))
            .as_string()
            ->size() == 66);
}

TEST_CASE("EvmMethods: log ranges, from beyond the head to one block by its hash") {
  Node node;
  const std::string hash = to_hex(node.methods.chain().block_hash(kHead));
  const std::string unknown = to_hex(std::string(32, '\x07'));

  CHECK(node.call("eth_getLogs", R"([{"fromBlock":"0x4e21"}])").json == "[]");
  CHECK(node.call("eth_getLogs", R"([{"fromBlock":"0x4e21","toBlock":"0x4e30"}])").json == "[]");
  CHECK(node.call("eth_getLogs", R"([{"blockHash":")" + hash + R"("}])").json ==
        node.call("eth_getLogs", R"([{"fromBlock":"0x4e20","toBlock":"0x4e30"}])").json);
  CHECK(node.call("eth_getLogs", "[{}]").json ==
        node.call("eth_getLogs", R"([{"fromBlock":"latest","toBlock":"latest"}])").json);
  for (const char* method : {"eth_getLogs", "eth_newFilter"}) {
    CHECK(node.error(method, R"([{"blockHash":")" + unknown + R"("}])")["message"].as_string() ==
          "unknown block");
  }
}

TEST_CASE("EvmMethods: eth_call answers ERC-20 questions and reverts with data") {
  Node node;
  const auto call = [&node](const std::string& input, const std::string& from) {
    return params_of({R"({"to":")" + node.token(0) + R"(","from":")" + from + R"(","data":")" +
                      input + R"("})"});
  };
  const std::string account = node.account(0);
  const std::string account_word = std::string(24, '0') + account.substr(2);

  CHECK(node.result("eth_call", call("0x313ce567", account)).as_string() ==
        "0x" + std::string(63, '0') + "6");
  CHECK(node.result("eth_call", call("0x95d89b41", account)).as_string()->find("4d4f434b30") !=
        std::string_view::npos);
  const std::string balance(
      *node.result("eth_call", call("0x70a08231" + account_word, account)).as_string());
  CHECK(balance.size() == 66);

  const JsonValue too_much =
      node.error("eth_call", call("0xa9059cbb" + account_word + std::string(64, 'f'), account));
  CHECK(too_much["code"].as_int64() == 3);
  CHECK(too_much["data"].as_string() ==
        "0xe450d38c" + account_word + balance.substr(2) + std::string(64, 'f'));
  const JsonValue failed = node.error("eth_estimateGas", call("0xa9cc4718", account));
  CHECK(failed["message"].as_string() == "execution reverted: failed on request");
  CHECK(failed["data"].as_string()->starts_with("0x08c379a0"));
  CHECK(node.error("eth_call", call("0xdeadbeef", account))["data"].as_string() == "0x");
  CHECK(node.call("eth_call", params_of({R"({"to":")" + account + R"("})"})).json == R"("0x")");
  CHECK(node.call("eth_estimateGas", params_of({R"({"to":")" + account + R"("})"})).json ==
        R"("0x5208")");
}

TEST_CASE("EvmMethods: fees, with the history's lists in step") {
  Node node;

  CHECK(number(node.result("eth_gasPrice")) > number(node.result("eth_maxPriorityFeePerGas")));
  const JsonValue history = node.result("eth_feeHistory", R"(["0x5","latest",[10, 50.0, 90]])");
  CHECK(number(history["oldestBlock"]) == kHead - 4);
  CHECK(history["baseFeePerGas"].size() == 6);
  CHECK(history["gasUsedRatio"].size() == 5);
  REQUIRE(history["reward"].size() == 5);
  CHECK(history["reward"].at(0).size() == 3);
  CHECK(history["baseFeePerGas"].at(4).as_string() ==
        node.result("eth_getBlockByNumber", R"(["latest"])")["baseFeePerGas"].as_string());
  CHECK(node.result("eth_feeHistory", R"([3,"0x1"])")["baseFeePerGas"].size() == 3);
}

TEST_CASE("EvmMethods: a raw transaction is pending, then mined, and known afterwards") {
  Node node;
  const std::string by_hash = params_of({quoted(kRawHash)});

  CHECK(node.result("eth_sendRawTransaction", params_of({quoted(kRaw)})).as_string() == kRawHash);
  CHECK(node.error("eth_sendRawTransaction", params_of({quoted(kRaw)}))["message"].as_string() ==
        "already known");
  CHECK(node.error("eth_sendRawTransaction", R"(["0x05"])")["code"].as_int64() == -32000);
  const JsonValue pending = node.result("eth_getTransactionByHash", by_hash);
  CHECK(pending["blockNumber"].is_null());
  CHECK(number(pending["chainId"]) == 1);
  CHECK(node.call("eth_getTransactionReceipt", by_hash).json == "null");
  const JsonValue next = node.result("eth_getBlockByNumber", R"(["pending",false])");
  CHECK(next["hash"].is_null());
  REQUIRE(next["transactions"].size() == 1);
  CHECK(next["transactions"].at(0).as_string() == kRawHash);

  node.now += kBlockTime;
  CHECK(number(node.result("eth_getTransactionByHash", by_hash)["blockNumber"]) == kHead + 1);
  const JsonValue receipt = node.result("eth_getTransactionReceipt", by_hash);
  CHECK(number(receipt["status"]) == 1);
  CHECK(number(receipt["gasUsed"]) == 21'000);
  CHECK(receipt["blockHash"].as_string() ==
        node.result("eth_getBlockByNumber", R"(["latest"])")["hash"].as_string());
}

}  // namespace sidecar::testing
