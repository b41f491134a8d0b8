#include "mock/mock_calls.h"

#include <doctest/doctest.h>

#include <string>

#include "rpc/json_value.h"

namespace sidecar::testing {

namespace {

constexpr Millis kGenesis{1'700'000'000'000};

struct House {
  explicit House(MockFamily family = MockFamily::kEvm)
      : calls(MockOptions{.family = family, .host = "", .block_time = {}, .head = {}}, kGenesis,
              faults, stats) {}

  MockAnswer answer(std::string_view text, CallsAre become = CallsAre::kAnswered) {
    return calls.answer(text, become, kGenesis + Millis(120'000));
  }

  MockFaults faults{1, false};
  MockStats stats;
  MockCalls calls;
};

std::string call(std::string_view id, std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) +
         R"(","params":)" + std::string(params) + "}";
}

}  // namespace

TEST_CASE("MockCalls: a call of each family, ids as they came") {
  House evm;
  House svm(MockFamily::kSvm);

  CHECK(evm.answer(call("1", "eth_blockNumber", "[]")).body ==
        R"({"jsonrpc":"2.0","id":1,"result":"0xa"})");
  CHECK(evm.answer(R"({"method":"eth_chainId","id":"a\u0062","jsonrpc":"2.0"})").body ==
        R"({"jsonrpc":"2.0","id":"a\u0062","result":"0x1"})");
  CHECK(svm.answer(call("null", "getHealth", "[]")).body ==
        R"({"jsonrpc":"2.0","id":null,"result":"ok"})");
  CHECK(svm.answer(call("1.50", "getSlot", R"([{"commitment":"processed"}])")).body ==
        R"({"jsonrpc":"2.0","id":1.50,"result":300})");
  CHECK(evm.calls.head(kGenesis + Millis(120'000)) == 10);
}

TEST_CASE("MockCalls: unknown methods, broken texts and notifications") {
  House evm;
  House svm(MockFamily::kSvm);

  CHECK(
      evm.answer(call("1", "getHealth", "[]")).body ==
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method getHealth does not exist/is not available"}})");
  CHECK(svm.answer(call("1", "eth_chainId", "[]")).body ==
        R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}})");
  CHECK(evm.answer("{").body.starts_with(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,)"));
  CHECK(evm.answer("").body.starts_with(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,)"));
  CHECK(evm.answer(R"({"id":7})")
            .body.starts_with(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32600,)"));
  CHECK(evm.answer(R"({"jsonrpc":"2.0","method":"eth_chainId"})").body.empty());
  CHECK(evm.stats.notifications == 1);
  CHECK(evm.stats.invalid == 3);
  CHECK(evm.stats.calls == 1);
  CHECK(evm.stats.by_method.at("other") == 1);
}

TEST_CASE("MockCalls: batches answer in order, without the notifications") {
  House evm;

  const MockAnswer answer = evm.answer("[" + call("1", "eth_chainId", "[]") +
                                       R"(, {"jsonrpc":"2.0","method":"eth_chainId"}, 5, )" +
                                       call("\"x\"", "mock_echo", "[2]") + "]");

  const auto replies = JsonValue::parse(answer.body);
  REQUIRE(replies);
  REQUIRE(replies->size() == 3);
  CHECK(replies->at(0)["id"].as_uint64() == 1);
  CHECK(replies->at(1)["error"]["code"].as_int64() == -32600);
  CHECK(replies->at(2)["id"].as_string() == "x");
  CHECK(replies->at(2)["result"].at(0).as_uint64() == 2);
  CHECK(evm.stats.batches == 1);
  CHECK(evm.answer(R"([{"jsonrpc":"2.0","method":"eth_chainId"}])").body.empty());
  CHECK(evm.answer("[]").body.find("empty batch") != std::string::npos);
  CHECK(evm.answer("[1,").body.find("-32700") != std::string::npos);
  std::string many = "[1";
  for (size_t i = 0; i < MockCalls::kBatchMax; ++i) {
    many += ",1";
  }
  CHECK(evm.answer(many + "]").body.find("batch too large") != std::string::npos);
}

TEST_CASE("MockCalls: the methods for tests") {
  House evm;

  CHECK(evm.answer(call("1", "mock_echo", R"({"a":1.0,"b":[]})")).body ==
        R"({"jsonrpc":"2.0","id":1,"result":{"a":1.0,"b":[]}})");
  const MockAnswer sleep = evm.answer(call("1", "mock_sleep", "[250]"));
  CHECK(sleep.wait == Millis(250));
  CHECK(sleep.body == R"({"jsonrpc":"2.0","id":1,"result":true})");
  CHECK(
      evm.answer(call("1", "mock_error", R"([-32005,"slow down",{"see":"x"}])")).body ==
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"slow down","data":{"see":"x"}}})");
  const MockAnswer raw = evm.answer(call("1", "mock_raw", R"([503,"<html>","text/html"])"));
  CHECK(raw.status == 503);
  CHECK(raw.body == "<html>");
  CHECK(raw.content_type == "text/html");
  const MockAnswer blob = evm.answer(call("1", "mock_blob", "[1073741824]"));
  CHECK(blob.body == R"({"jsonrpc":"2.0","id":1,"result":")");
  CHECK(blob.blob_bytes == 1u << 30);
  CHECK(blob.body_end == "\"}");
  CHECK(MockCalls::blob_pattern().size() == MockCalls::kBlobPatternBytes);
  CHECK(MockCalls::blob_pattern().substr(24, 4) == "yzab");
}

TEST_CASE("MockCalls: the methods for tests refuse what is out of range") {
  House evm;
  struct Case {
    const char* method;
    const char* params;
  };
  constexpr Case kCases[] = {
      {"mock_sleep", "[]"},         {"mock_sleep", "[-1]"},
      {"mock_sleep", "[600001]"},   {"mock_blob", "[]"},
      {"mock_blob", "[-5]"},        {"mock_blob", "[1073741825]"},
      {"mock_error", "[1]"},        {"mock_error", R"([4294967296,"x"])"},
      {"mock_raw", R"([100,"x"])"}, {"mock_raw", "[200]"},
      {"mock_raw", R"([600,"x"])"},
  };
  for (const Case& each : kCases) {
    CAPTURE(each.method);
    CAPTURE(each.params);
    const auto reply = JsonValue::parse(evm.answer(call("1", each.method, each.params)).body);
    REQUIRE(reply);
    CHECK((*reply)["error"]["code"].as_int64() == -32602);
  }
  CHECK(evm.answer(call("1", "mock_nothing", "[]")).body.find("-32601") != std::string::npos);
}

TEST_CASE("MockCalls: in a batch blobs are small, sleeps add up to the longest, raw is refused") {
  House evm;

  const MockAnswer answer = evm.answer(
      "[" + call("1", "mock_blob", "[70000]") + "," + call("2", "mock_blob", "[1048577]") + "," +
      call("3", "mock_raw", R"([200,"x"])") + "," + call("4", "mock_sleep", "[50]") + "," +
      call("5", "mock_sleep", "[20]") + "]");

  const auto replies = JsonValue::parse(answer.body);
  REQUIRE(replies);
  CHECK(replies->at(0)["result"].as_string()->size() == 70'000);
  CHECK(replies->at(1)["error"]["code"].as_int64() == -32602);
  CHECK(replies->at(2)["error"]["code"].as_int64() == -32602);
  CHECK(answer.wait == Millis(50));
  CHECK(answer.status == 200);
}

TEST_CASE("MockCalls: a failing request answers -32603 to each call") {
  House evm;

  const auto replies = JsonValue::parse(
      evm.answer("[" + call("1", "eth_chainId", "[]") + "," + call("2", "mock_blob", "[9]") + "]",
                 CallsAre::kFailed)
          .body);

  REQUIRE(replies);
  CHECK(replies->at(0)["error"]["code"].as_int64() == -32603);
  CHECK(replies->at(1)["error"]["code"].as_int64() == -32603);
}

TEST_CASE("MockStats: calls are counted by method, the last ids are kept as they came") {
  House evm;
  for (int i = 0; i < 20; ++i) {
    evm.answer(call(std::to_string(i), "eth_chainId", "[]"));
  }
  evm.answer(call('"' + std::string(200, 'x') + '"', "eth_gasPrice", "[]"));

  const auto stats = JsonValue::parse(evm.stats.json(R"("family":"evm",)"));

  REQUIRE(stats);
  CHECK((*stats)["family"].as_string() == "evm");
  CHECK((*stats)["calls"].as_uint64() == 21);
  CHECK((*stats)["by_method"]["eth_chainId"].as_uint64() == 20);
  CHECK((*stats)["by_method"]["eth_gasPrice"].as_uint64() == 1);
  REQUIRE((*stats)["last_ids"].size() == MockStats::kIdsKept);
  CHECK((*stats)["last_ids"].at(14).as_uint64() == 19);
  CHECK((*stats)["last_ids"].at(15).as_string() == "too long to keep");
}

}  // namespace sidecar::testing
