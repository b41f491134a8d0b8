#include <doctest/doctest.h>

#include <string>

#include "rpc/envelope.h"

namespace sidecar::testing {

using namespace std::string_literals;

TEST_CASE("ResponseView: a result's bytes are the provider's own") {
  const struct {
    const char* text;
    const char* id;
    const char* result;
  } rows[] = {
      {R"({"jsonrpc":"2.0","id":1,"result":"0x10"})", "1", "\"0x10\""},
      {"{\"jsonrpc\":\"2.0\",\"result\":18446744073709551615,\"id\":2}\n", "2",
       "18446744073709551615"},
      {R"({"jsonrpc":"2.0","id":3,"result":null})", "3", "null"},
      {R"({"result":{ "b" : 1.10, "a" : [ ] },"id":"x"})", "\"x\"", R"({ "b" : 1.10, "a" : [ ] })"},
      {R"({"id":4,"result":false,"extra":{"error":1}})", "4", "false"},
      {R"({"result":0})", "", "0"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const ResponseView view = parse_response(row.text);
    CHECK(view.kind == ResponseKind::kResult);
    CHECK(view.id == row.id);
    CHECK(view.result == row.result);
    CHECK(view.error.empty());
  }
}

TEST_CASE("ResponseView: an error object's bytes are the provider's own") {
  const ResponseView view = parse_response(
      R"({"jsonrpc":"2.0","id":5,"error":{"code":3,"message":"execution reverted","data":"0x08c3"}})");

  CHECK(view.kind == ResponseKind::kError);
  CHECK(view.error == R"({"code":3,"message":"execution reverted","data":"0x08c3"})");
  CHECK(view.result.empty());
}

TEST_CASE("ResponseView: a message with a method and no id is a notification") {
  const ResponseView view = parse_response(
      R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{}}})");

  CHECK(view.kind == ResponseKind::kNotification);
  CHECK(view.method == "eth_subscription");
  CHECK(view.params == R"({"subscription":"0x1","result":{}})");
  CHECK(view.id.empty());
}

TEST_CASE("ResponseView: A32 A34 A38 A39 what is no response is refused for its reason") {
  const struct {
    std::string text;
    ResponseFault fault;
  } rows[] = {
      {"", ResponseFault::kEmptyText},
      {" \r\n", ResponseFault::kEmptyText},
      {"{\"id\":1,\"result\":[1,2", ResponseFault::kNotJson},
      {"\xef\xbb\xbf{\"id\":1,\"result\":1}", ResponseFault::kNotJson},
      {"\0{\"id\":1,\"result\":1}"s, ResponseFault::kNotJson},
      {"{\"id\":1,\"result\":1}\0"s, ResponseFault::kTrailingBytes},
      {"{\"id\":1,\"result\":1}{\"id\":2,\"result\":1}", ResponseFault::kTrailingBytes},
      {"{\"id\":1,\"result\":1}\n{\"id\":1,\"result\":1}", ResponseFault::kTrailingBytes},
      {"{\"id\":1,\"result\":1}x", ResponseFault::kTrailingBytes},
      {"<html>429</html>", ResponseFault::kNotJson},
      {"{\"id\":1,\"result\":\"\\ud83d\"}", ResponseFault::kNotJson},
      {"{\"id\":1,\"result\":\"\xff\"}", ResponseFault::kNotJson},
      {"{\"id\":1,\"result\":" + std::string(300, '[') + std::string(300, ']') + "}",
       ResponseFault::kNotJson},
      {"[{\"id\":1,\"result\":1}]", ResponseFault::kNotObject},
      {"\"0x1\"", ResponseFault::kNotObject},
      {"null", ResponseFault::kNotObject},
      {"17", ResponseFault::kNotObject},
      {"{\"id\":1,\"id\":1,\"result\":1}", ResponseFault::kDuplicateMember},
      {"{\"id\":1,\"result\":1,\"result\":1}", ResponseFault::kDuplicateMember},
      {"{\"id\":1,\"error\":{},\"err\\u006fr\":{}}", ResponseFault::kDuplicateMember},
      {"{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"result\":1}", ResponseFault::kDuplicateMember},
      {"{\"id\":1,\"result\":1,\"error\":{\"code\":1}}", ResponseFault::kResultAndError},
      {"{\"id\":1,\"result\":null,\"error\":{\"code\":1}}", ResponseFault::kResultAndError},
      {"{\"id\":1,\"result\":1,\"error\":null}", ResponseFault::kResultAndError},
      {"{\"id\":1}", ResponseFault::kNeither},
      {"{}", ResponseFault::kNeither},
      {"{\"id\":1,\"method\":\"m\"}", ResponseFault::kNeither},
      {"{\"method\":7}", ResponseFault::kNeither},
      {"{\"id\":1,\"error\":null}", ResponseFault::kErrorNotObject},
      {"{\"id\":1,\"error\":\"rate limited\"}", ResponseFault::kErrorNotObject},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const ResponseView view = parse_response(row.text);
    CHECK(view.kind == ResponseKind::kBad);
    CHECK(view.fault == row.fault);
    CHECK(view.result.empty());
    CHECK(view.error.empty());
  }
}

TEST_CASE("ResponseView: has words for every fault") {
  for (int fault = 0; fault <= static_cast<int>(ResponseFault::kErrorNotObject); ++fault) {
    CHECK(response_fault_text(static_cast<ResponseFault>(fault)).size() > 4);
  }
}

TEST_CASE("judge_response: says the same of a text that was streamed away") {
  const std::string text = R"({"jsonrpc":"2.0","result":[1,2,3],"id":77})";
  JsonScanner scanner;
  for (const char byte : text) {
    scanner.feed(std::string(1, byte));
  }

  REQUIRE(scanner.status() == ScanStatus::kDone);
  CHECK(judge_response(scanner).kind == ResponseKind::kResult);
  CHECK(scanner.id_lexeme() == "77");
}

TEST_CASE("append_result_reply: keeps id and value as they are, a null result too") {
  std::string out;
  append_result_reply(out, "1.0", "null");
  CHECK(out == R"({"jsonrpc":"2.0","id":1.0,"result":null})");

  std::string pieces;
  append_result_head(pieces, "1.0");
  pieces += "null}";
  CHECK(pieces == out);
}

TEST_CASE("append_error_reply: writes an error and no result") {
  std::string out;
  append_error_reply(out, "null", R"({"code":-32700,"message":"parse error"})");

  CHECK(out == R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}})");
  CHECK(parse_response(out).kind == ResponseKind::kError);
}

}  // namespace sidecar::testing
