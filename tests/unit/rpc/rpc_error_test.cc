#include "rpc/rpc_error.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "rpc/json_value.h"

namespace sidecar::testing {
namespace {

std::vector<ErrorName> all_names() {
  std::vector<ErrorName> names;
  for (int i = 0; i <= static_cast<int>(ErrorName::kSubOverflow); ++i) {
    names.push_back(static_cast<ErrorName>(i));
  }
  return names;
}

std::string written(const ErrorSpec& spec) {
  std::string out;
  write_error_object(out, spec);
  return out;
}

}  // namespace

TEST_CASE("ErrorRow: the names are the published ones") {
  const std::vector<std::string_view> published = {"UPSTREAM_CONNECT",
                                                   "UPSTREAM_TLS",
                                                   "UPSTREAM_TIMEOUT",
                                                   "UPSTREAM_CLOSED",
                                                   "UPSTREAM_PROTOCOL",
                                                   "UPSTREAM_HTTP_STATUS",
                                                   "UPSTREAM_RATE_LIMITED",
                                                   "UPSTREAM_BAD_JSON",
                                                   "UPSTREAM_TOO_LARGE",
                                                   "NO_UPSTREAM",
                                                   "OVERLOADED",
                                                   "CLIENT_LIMIT",
                                                   "POLICY_DENIED",
                                                   "BAD_REQUEST",
                                                   "SHUTTING_DOWN",
                                                   "SUB_GAP",
                                                   "SUB_OVERFLOW"};
  std::vector<std::string_view> ours;
  for (const ErrorName name : all_names()) {
    ours.push_back(error_row(name).text);
    CHECK(error_name_of(error_row(name).text) == name);
  }

  CHECK(ours == published);
  CHECK_FALSE(error_name_of("UPSTREAM").has_value());
}

TEST_CASE("ErrorRow: no code or message makes a client send the call again") {
  const std::set<int> resent = {-1, 429, -32005, -32603};  // viem, alloy
  const std::vector<std::string> phrases = {"rate limit",      "rate exceeded", "too many requests",
                                            "credits limited", "request limit", "header not found"};
  for (const ErrorName name : all_names()) {
    const ErrorRow& row = error_row(name);
    CAPTURE(row.text);
    CHECK(resent.count(row.code) == 0);
    for (const std::string& phrase : phrases) {
      CHECK(row.message.find(phrase) == std::string_view::npos);
    }
  }
}

TEST_CASE("error_code: is -32000 once bytes may have left, whatever was asked for") {
  for (const ErrorName name : all_names()) {
    for (const SentState sent : {SentState::kMaybe, SentState::kYes}) {
      CHECK(error_code({.name = name, .sent = sent, .code = -32005}) == -32000);
    }
  }
  CHECK(error_code({.name = ErrorName::kBadRequest}) == -32600);
  CHECK(error_code({.name = ErrorName::kBadRequest, .code = -32700}) == -32700);
  CHECK(error_code({.name = ErrorName::kPolicyDenied}) == -32601);
  CHECK(error_code({.name = ErrorName::kOverloaded}) == -32000);
}

TEST_CASE("write_error_object: writes the row and nothing tried") {
  CHECK(written({.name = ErrorName::kNoUpstream}) ==
        R"({"code":-32000,"message":"no provider can be reached","data":{"name":"NO_UPSTREAM",)"
        R"("retryable":true,"sent":"no","tried":[]}})");
}

TEST_CASE("write_error_object: writes what was tried, in order and escaped") {
  const std::vector<TriedUpstream> tried = {{"eri\"gon", "connect"}, {"alchemy", "timeout\n"}};

  const std::string text = written({.name = ErrorName::kUpstreamTimeout,
                                    .sent = SentState::kMaybe,
                                    .message = "no answer \xff",
                                    .tried = tried,
                                    .retry_after_ms = 1500});

  CHECK(text ==
        "{\"code\":-32000,\"message\":\"no answer \xef\xbf\xbd\",\"data\":{\"name\":"
        "\"UPSTREAM_TIMEOUT\",\"retryable\":false,\"sent\":\"maybe\",\"tried\":["
        "{\"provider\":\"eri\\\"gon\",\"outcome\":\"connect\"},"
        "{\"provider\":\"alchemy\",\"outcome\":\"timeout\\n\"}],\"retry_after_ms\":1500}}");
  CHECK(JsonValue::parse(text).has_value());
}

TEST_CASE("write_error_object: retryable is the row's only while nothing was sent") {
  const auto retryable = [](const ErrorSpec& spec) {
    return (*JsonValue::parse(written(spec)))["data"]["retryable"].as_bool();
  };

  CHECK(retryable({.name = ErrorName::kUpstreamTimeout}) == true);
  CHECK(retryable({.name = ErrorName::kUpstreamTimeout, .sent = SentState::kYes}) == false);
  CHECK(retryable(
            {.name = ErrorName::kUpstreamTimeout, .sent = SentState::kYes, .is_retryable = true}) ==
        true);
  CHECK(retryable({.name = ErrorName::kBadRequest}) == false);
}

TEST_CASE("error_view: reads a provider's error as slices") {
  const ErrorView view =
      error_view(R"({"code":-32000,"data":{"code":5,"logs":[]},"message":"nonce \"too\" low"})");

  CHECK(view.code == -32000);
  CHECK(view.message == R"("nonce \"too\" low")");
  CHECK(view.data == R"({"code":5,"logs":[]})");
}

TEST_CASE("error_view: a code that is no integer is only a lexeme") {
  CHECK_FALSE(error_view(R"({"code":-32000.0})").code.has_value());
  CHECK(error_view(R"({"code":-32000.0})").code_lexeme == "-32000.0");
  CHECK(error_view(R"({"code":"429"})").code_lexeme == "\"429\"");
  CHECK_FALSE(error_view(R"({"code":"429"})").code.has_value());
  CHECK(error_view(R"({"message":null})").message == "null");
  CHECK(error_view("{}").code_lexeme.empty());
  CHECK(error_view("[1]").message.empty());
  CHECK(error_view("{\"code\":1").code_lexeme.empty());
}

}  // namespace sidecar::testing
