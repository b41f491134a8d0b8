#include <doctest/doctest.h>

#include <string>

#include "rpc/envelope.h"

namespace sidecar::testing {
namespace {

std::string request_with_id(const std::string& id) {
  return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"m\",\"params\":[]}";
}

}  // namespace

TEST_CASE("RequestView: every legal id comes back byte for byte") {
  for (const std::string id :
       {"0", "1", "42", "-7", "1.0", "1.5e+3", "123456789012345678901234567890", "null", "\"a\"",
        "\"\"", "\"1\"", "\"\\u0041\\n\"", "\"\xc3\xa9\"",
        "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\""}) {
    CAPTURE(id);
    const std::string text = request_with_id(id);
    const RequestView view = parse_request(text);
    CHECK(view.kind == RequestKind::kCall);
    CHECK(view.id == id);
    CHECK(view.fault.empty());
  }
}

TEST_CASE("RequestView: an id of another type is an invalid request with a null id") {
  for (const std::string id : {"true", "false", "{}", "[]", "[1]", "{\"a\":1}"}) {
    CAPTURE(id);
    const std::string text = request_with_id(id);
    const RequestView view = parse_request(text);
    CHECK(view.kind == RequestKind::kInvalid);
    CHECK(view.code == -32600);
    CHECK(view.id == "null");
  }
}

TEST_CASE("RequestView: members come in any order, the id behind long params too") {
  const std::string params = "[\"" + std::string(100'000, 'f') + "\"]";
  const std::string text = "{\"params\":" + params +
                           ",\"method\":\"eth_call\",\"jsonrpc\":\"2.0\",\"id\":9,\"extra\":1}";

  const RequestView view = parse_request(text);

  CHECK(view.kind == RequestKind::kCall);
  CHECK(view.method == "eth_call");
  CHECK(view.params == params);
  CHECK(view.id == "9");
}

TEST_CASE("RequestView: what real clients send is understood") {
  const struct {
    const char* text;  // as viem, ethers, web3, cast, kit and web3.js write it
    const char* id;
    const char* method;
    const char* params;
  } rows[] = {
      {R"({"jsonrpc":"2.0","id":0,"method":"eth_blockNumber"})", "0", "eth_blockNumber", ""},
      {R"({"method":"eth_chainId","params":[],"id":1,"jsonrpc":"2.0"})", "1", "eth_chainId", "[]"},
      {R"({"jsonrpc":"2.0","method":"eth_getBalance","params":["0x1","latest"],"id":"2"})", "\"2\"",
       "eth_getBalance", R"(["0x1","latest"])"},
      {R"({"method":"eth_gasPrice","id":3,"jsonrpc":"2.0"})", "3", "eth_gasPrice", ""},
      {R"({"id":"0","jsonrpc":"2.0","method":"getSlot","params":[{"commitment":"finalized"}]})",
       "\"0\"", "getSlot", R"([{"commitment":"finalized"}])"},
      {R"({"jsonrpc":"2.0","id":null,"method":"net_version","params":[]})", "null", "net_version",
       "[]"},
      {R"( { "jsonrpc" : "2.0" , "id" : 7 , "method" : "m" , "params" : { "a" : 1 } } )", "7", "m",
       R"({ "a" : 1 })"},
      {R"({"jsonrpc":"2.0","id":8,"method":"m","params":null})", "8", "m", ""},
      {R"({"jsonrpc":"2\u002e0","id":8,"method":"\u006d\"","params":[]})", "8", "m\"", "[]"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const RequestView view = parse_request(row.text);
    CHECK(view.kind == RequestKind::kCall);
    CHECK(view.id == row.id);
    CHECK(view.method == row.method);
    CHECK(view.params == row.params);
  }
}

TEST_CASE("RequestView: a missing id makes a notification, a null id does not") {
  const RequestView ping = parse_request(R"({"jsonrpc":"2.0","method":"ping"})");
  CHECK(ping.kind == RequestKind::kNotification);
  CHECK(ping.method == "ping");
  CHECK(ping.id.empty());

  CHECK(parse_request(R"({"jsonrpc":"2.0","method":"ping","id":null})").kind == RequestKind::kCall);
}

TEST_CASE("RequestView: says what is wrong, with the id when it is usable") {
  const struct {
    const char* text;
    int code;
    const char* id;
    const char* fault;
  } rows[] = {
      {"", -32700, "null", "empty text"},
      {"  ", -32700, "null", "empty text"},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\"", -32700, "null", "unexpected end"},
      {"{\"jsonrpc\": \"2.0\", \"method\": \"foobar, \"params\": \"bar\", \"baz]", -32700, "null",
       "unexpected byte"},
      {R"({"jsonrpc":"2.0","id":1,"method":"\ud800"})", -32700, "null",
       "lone surrogate escape in a string"},
      {R"({"jsonrpc":"2.0","id":1,"method":"m"}{})", -32700, "null", "bytes after the JSON text"},
      {"1", -32600, "null", "a request must be an object"},
      {"\"x\"", -32600, "null", "a request must be an object"},
      {"[]", -32600, "null", "a request must be an object"},
      {"{}", -32600, "null", "jsonrpc must be \"2.0\""},
      {R"({"jsonrpc":"2.0","method":1,"params":"bar"})", -32600, "null", "method must be a string"},
      {R"({"id":4,"method":"m"})", -32600, "4", "jsonrpc must be \"2.0\""},
      {R"({"jsonrpc":"1.0","id":4,"method":"m"})", -32600, "4", "jsonrpc must be \"2.0\""},
      {R"({"jsonrpc":2.0,"id":4,"method":"m"})", -32600, "4", "jsonrpc must be \"2.0\""},
      {R"({"jsonrpc":"2.0","id":4})", -32600, "4", "method is missing"},
      {R"({"jsonrpc":"2.0","id":4,"method":null})", -32600, "4", "method must be a string"},
      {R"({"jsonrpc":"2.0","id":4,"method":"m","params":"x"})", -32600, "4",
       "params must be an array or an object"},
      {R"({"jsonrpc":"2.0","id":4,"method":"m","params":7})", -32600, "4",
       "params must be an array or an object"},
      {R"({"jsonrpc":"2.0","id":4,"id":5,"method":"m"})", -32600, "null", "a member is repeated"},
      {R"({"jsonrpc":"2.0","id":4,"method":"m","method":"n"})", -32600, "4",
       "a member is repeated"},
      {R"({"jsonrpc":"2.0","id":4,"method":"m","params":[],"param\u0073":[]})", -32600, "4",
       "a member is repeated"},
      {R"({"jsonrpc":"2.0","jsonrpc":"2.0","id":4,"method":"m"})", -32600, "4",
       "a member is repeated"},
      {R"({"jsonrpc":"2.0","id":4,"result":1})", -32600, "4", "method is missing"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const RequestView view = parse_request(row.text);
    CHECK(view.kind == RequestKind::kInvalid);
    CHECK(view.code == row.code);
    CHECK(view.id == row.id);
    CHECK(view.fault == row.fault);
  }
}

TEST_CASE("RequestView: the depth allowed is the caller's") {
  const std::string text = R"({"jsonrpc":"2.0","id":1,"method":"m","params":)" +
                           std::string(9, '[') + std::string(9, ']') + "}";

  CHECK(parse_request(text, 9).fault == "nested too deep");
  CHECK(parse_request(text, 10).kind == RequestKind::kCall);
}

TEST_CASE("CallView: reads method, params and deadline of a framed call") {
  const CallView bare = parse_call(R"({"method":"eth_chainId"})");
  CHECK(bare.fault.empty());
  CHECK(bare.method == "eth_chainId");
  CHECK(bare.params.empty());
  CHECK_FALSE(bare.deadline_ms.has_value());
  CHECK(bare.provider.empty());
  CHECK_FALSE(bare.explain);

  const CallView full =
      parse_call(R"({"deadline_ms":250,"params":{"a":[1.10]},"method":"x","id":"ignored"})");
  CHECK(full.fault.empty());
  CHECK(full.params == R"({"a":[1.10]})");
  CHECK(full.deadline_ms == 250);
}

TEST_CASE("CallView: reads whom the worker wants asked, and whether it wants to know why") {
  const CallView pinned = parse_call(R"({"provider":"al\u0070ha","method":"m","explain":true})");
  CHECK(pinned.fault.empty());
  CHECK(pinned.provider == "alpha");
  CHECK(pinned.explain);

  const CallView plain = parse_call(R"({"method":"m","provider":"","explain":false})");
  CHECK(plain.fault.empty());
  CHECK(plain.provider.empty());
  CHECK_FALSE(plain.explain);
}

TEST_CASE("CallView: says what is wrong") {
  const struct {
    const char* text;
    int code;
    const char* fault;
  } rows[] = {
      {"", -32700, "empty text"},
      {"{\"method\":\"m\"", -32700, "unexpected end"},
      {"{\"method\":\"m\"}x", -32700, "bytes after the JSON text"},
      {"[\"m\"]", -32600, "a call must be an object"},
      {"{}", -32600, "method is missing"},
      {"{\"method\":\"m\",\"params\":1}", -32600, "params must be an array or an object"},
      {"{\"method\":\"m\",\"deadline_ms\":1.5}", -32600, "deadline_ms must be a whole number"},
      {"{\"method\":\"m\",\"deadline_ms\":-1}", -32600, "deadline_ms must be a whole number"},
      {"{\"method\":\"m\",\"deadline_ms\":\"1\"}", -32600, "deadline_ms must be a whole number"},
      {"{\"method\":\"m\",\"deadline_ms\":99999999999999999999}", -32600,
       "deadline_ms must be a whole number"},
      {"{\"method\":\"m\",\"provider\":1}", -32600, "provider must be a string"},
      {"{\"method\":\"m\",\"provider\":null}", -32600, "provider must be a string"},
      {"{\"method\":\"m\",\"explain\":1}", -32600, "explain must be true or false"},
      {"{\"method\":\"m\",\"explain\":\"true\"}", -32600, "explain must be true or false"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const CallView view = parse_call(row.text);
    CHECK(view.code == row.code);
    CHECK(view.fault == row.fault);
  }
}

TEST_CASE("BatchView: splits in order and leaves the judging to parse_request") {
  const BatchView view = split_batch(" [ {\"id\":1}, 1 ,[2,3],\"x\" , null ] ", 5);

  CHECK(view.fault == BatchFault::kNone);
  CHECK(view.items == std::vector<std::string_view>{"{\"id\":1}", "1", "[2,3]", "\"x\"", "null"});
  for (const std::string_view item : view.items) {
    CHECK(parse_request(item).kind == RequestKind::kInvalid);
  }
}

TEST_CASE("BatchView: A batch of one is a batch, an empty one is a fault, D14 a long one too") {
  CHECK(split_batch("[{}]", 1000).items.size() == 1);
  CHECK(split_batch("[]", 1000).fault == BatchFault::kEmpty);
  CHECK(split_batch(" [ ] ", 1000).fault == BatchFault::kEmpty);
  CHECK(split_batch("[1,2]", 2).fault == BatchFault::kNone);
  CHECK(split_batch("[1,2,3]", 2).fault == BatchFault::kTooLong);
  CHECK(split_batch("[1,2,3]", 2).items.empty());
  CHECK(split_batch("{}", 2).fault == BatchFault::kNotArray);
}

TEST_CASE("BatchView: a text that is no JSON says so") {
  CHECK(split_batch("[1,2", 9).fault == BatchFault::kParseError);
  CHECK(split_batch("[1,2", 9).detail == "unexpected end");
  CHECK(split_batch("", 9).detail == "empty text");
  CHECK(split_batch("[1] [2]", 9).detail == "bytes after the JSON text");
  CHECK(split_batch("[[[[]]]]", 9, 3).detail == "nested too deep");
}

TEST_CASE("BatchView: is told from an object by the first byte") {
  CHECK(is_batch("[]"));
  CHECK(is_batch(" \r\n\t[{"));
  CHECK_FALSE(is_batch("{\"a\":[]}"));
  CHECK_FALSE(is_batch(""));
  CHECK_FALSE(is_batch("  "));
}

TEST_CASE("append_request: writes our integer id, escapes the method, never leaves params out") {
  std::string out = "x";
  append_request(out, 18446744073709551615U, "eth_\"call", "{\"a\":1.10}");
  CHECK(out ==
        "x{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,\"method\":\"eth_\\\"call\","
        "\"params\":{\"a\":1.10}}");

  std::string absent;
  append_request(absent, 1, "m", "");
  CHECK(absent == "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[]}");

  std::string pieces;
  append_request_head(pieces, 1);
  append_request_tail(pieces, "m", "");
  CHECK(pieces == absent);
  CHECK(parse_request(pieces).kind == RequestKind::kCall);
}

}  // namespace sidecar::testing
