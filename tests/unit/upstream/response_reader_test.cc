#include "upstream/response_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

struct Parts final : AttemptSink {
  Flow on_attempt_part(AttemptId, std::string_view bytes) override {
    parts += bytes;
    return flow;
  }
  void on_attempt_done(AttemptId, const AttemptResult&) override {}
  std::string parts;
  Flow flow = Flow::kOk;
};

struct Read {
  Outcome outcome;
  std::string body;
};

/// What a body comes to when it arrives in pieces of `step` bytes.
Read read(std::string_view text, size_t step = std::string_view::npos) {
  Parts parts;
  ResponseReader reader(1, 42, {1u << 20, true}, parts);
  for (size_t at = 0; at < text.size(); at += step) {
    if (reader.take(text.substr(at, step)) == Flow::kDropped) {
      break;
    }
    if (step == std::string_view::npos) {
      break;
    }
  }
  const AttemptResult result = reader.finish();
  return {result.outcome, std::string(result.body)};
}

}  // namespace

TEST_CASE("ResponseReader: a result is handed on byte for byte, however it was cut") {
  const std::string text =
      "{\"id\":42,\"result\": {\"a\":[1.10, 18446744073709551615]} ,\"jsonrpc\":\"2.0\"}\n";
  for (const size_t step : {size_t{1}, size_t{3}, std::string_view::npos}) {
    const Read got = read(text, step);

    CHECK(got.outcome == Outcome::kResult);
    CHECK(got.body == "{\"a\":[1.10, 18446744073709551615]}");
  }
}

TEST_CASE("ResponseReader: a JSON-RPC error is handed on verbatim") {
  const Read got =
      read(R"({"jsonrpc":"2.0","id":42,"error":{"code":3,"message":"m","data":"0x"}})");

  CHECK(got.outcome == Outcome::kRpcError);
  CHECK(got.body == R"({"code":3,"message":"m","data":"0x"})");
}

TEST_CASE("ResponseReader: what is no answer to our question is named") {
  struct Row {
    std::string what;
    std::string text;
    Outcome outcome;
  };
  for (const Row& row : std::vector<Row>{
           {"A32 empty", "", Outcome::kBadJson},
           {"A32 truncated", R"({"jsonrpc":"2.0","id":42,"result":[1,)", Outcome::kBadJson},
           {"A32 two documents", R"({"jsonrpc":"2.0","id":42,"result":1}{})", Outcome::kBadJson},
           {"A32 BOM", "\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":1}",
            Outcome::kBadJson},
           {"A32 NUL", std::string("{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":1}\0", 38),
            Outcome::kBadJson},
           {"A33 another id", R"({"jsonrpc":"2.0","id":41,"result":1})", Outcome::kProtocol},
           {"A33 retyped id", R"({"jsonrpc":"2.0","id":"42","result":1})", Outcome::kProtocol},
           {"A33 no id", R"({"jsonrpc":"2.0","result":1})", Outcome::kProtocol},
           {"A34 both", R"({"jsonrpc":"2.0","id":42,"result":1,"error":{}})", Outcome::kBadJson},
           {"A34 neither", R"({"jsonrpc":"2.0","id":42})", Outcome::kBadJson},
           {"A34 duplicate", R"({"jsonrpc":"2.0","id":42,"result":1,"result":2})",
            Outcome::kBadJson},
           {"A39 invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":\"\xff\"}",
            Outcome::kBadJson},
           {"A39 lone surrogate", R"({"jsonrpc":"2.0","id":42,"result":"\ud800"})",
            Outcome::kBadJson},
           {"A25 HTML", "<html></html>", Outcome::kBadJson},
           {"A38 deep", "{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":" + std::string(300, '['),
            Outcome::kBadJson}}) {
    CAPTURE(row.what);
    CHECK(read(row.text).outcome == row.outcome);
    CHECK(read(row.text, 1).outcome == row.outcome);
  }
}

TEST_CASE("ResponseReader: an error may bear a null id, since the provider could not read ours") {
  CHECK(read(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})").outcome ==
        Outcome::kRpcError);
  CHECK(read(R"({"jsonrpc":"2.0","id":null,"result":1})").outcome == Outcome::kProtocol);
}

TEST_CASE("ResponseReader: a long result is passed on in parts that add up") {
  const std::string value = "[\"" + std::string(5'000, 'x') + "\",{\"result\":1}]";
  const std::string text = "{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":" + value + "}";
  for (const size_t step : {size_t{1}, size_t{700}, size_t{4'000}}) {
    Parts parts;
    ResponseReader reader(1, 42, {1'000, true}, parts);

    for (size_t at = 0; at < text.size(); at += step) {
      REQUIRE(reader.take(std::string_view(text).substr(at, step)) == Flow::kOk);
    }
    const AttemptResult result = reader.finish();

    CHECK(result.outcome == Outcome::kResult);
    CHECK_FALSE(parts.parts.empty());
    CHECK(parts.parts + std::string(result.body) == value);
  }
}

TEST_CASE("ResponseReader: a long result to somebody who takes no parts is kept whole") {
  const std::string value = "\"" + std::string(5'000, 'x') + "\"";
  Parts parts;
  ResponseReader reader(1, 42, {1'000, false}, parts);

  reader.take("{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":" + value);
  reader.take("}");

  CHECK(parts.parts.empty());
  CHECK(reader.finish().body == value);
}

TEST_CASE(
    "ResponseReader: D01 a full sink holds the result here, and above a bound the transport") {
  const std::string value = "\"" + std::string(5'000, 'x') + "\"";
  const std::string text = "{\"jsonrpc\":\"2.0\",\"id\":42,\"result\":" + value + "}";
  Parts parts;
  parts.flow = Flow::kFull;
  ResponseReader reader(1, 42, {10, true, 3'000}, parts);

  CHECK(reader.take(text.substr(0, 100)) == Flow::kOk);
  CHECK(reader.is_held());
  const std::string before = parts.parts;
  CHECK(reader.take(text.substr(100, 2'000)) == Flow::kOk);
  CHECK(reader.take(text.substr(2'100, text.size() - 2'101)) == Flow::kFull);
  CHECK(parts.parts == before);
  parts.flow = Flow::kOk;
  CHECK(reader.resume() == Flow::kOk);
  CHECK(reader.take("}") == Flow::kOk);

  CHECK_FALSE(reader.is_held());
  CHECK(parts.parts + std::string(reader.finish().body) == value);
}

TEST_CASE("ResponseReader: D01 what was held is passed on once, however little a worker takes") {
  std::string value = "\"";
  while (value.size() < 3'000'000) {
    value += std::to_string(value.size());
  }
  value += '"';
  const std::string text = "{\"jsonrpc\":\"2.0\",\"result\":" + value + ",\"id\":42}";
  Parts parts;
  parts.flow = Flow::kFull;
  ResponseReader reader(1, 42, {10, true}, parts);

  for (size_t at = 0; at < text.size(); at += 500'000) {
    CHECK(reader.take(std::string_view(text).substr(at, 500'000)) == Flow::kOk);
    CHECK(reader.held_bytes() > at / 2);
    CHECK(reader.resume() == Flow::kFull);  // one part more
  }
  parts.flow = Flow::kOk;
  CHECK(reader.resume() == Flow::kOk);

  CHECK(reader.held_bytes() == 0);
  CHECK(parts.parts + std::string(reader.finish().body) == value);
}

TEST_CASE("ResponseReader: A27 another status keeps a JSON-RPC error, whatever the status is") {
  const std::string text = R"({"jsonrpc":"2.0","id":42,"error":{"code":-32602,"message":"m"}})";
  for (const int status : {400, 401, 402, 403, 404, 413, 429, 500, 503, 520}) {
    CAPTURE(status);
    Parts parts;
    ResponseReader reader(1, 42, {1'000, true}, parts);

    (void)reader.take(text);
    const AttemptResult result = reader.finish_with_status(status);

    CHECK(result.outcome == Outcome::kRpcError);
    CHECK(result.http_status == status);
    CHECK(result.body == R"({"code":-32602,"message":"m"})");
  }
}

TEST_CASE("ResponseReader: A27 another status without a JSON-RPC error is the status alone") {
  const std::string a_result = R"({"jsonrpc":"2.0","id":42,"result":"0x1"})";
  const std::string cut = R"({"jsonrpc":"2.0","id":42,"error":{"code":-32602,)";
  const std::string bare = R"({"code":-32007,"message":"300/second request limit reached"})";
  for (const std::string& text : {std::string("busy"), std::string(), a_result, cut, bare}) {
    for (const int status : {302, 401, 429, 503}) {
      CAPTURE(text);
      Parts parts;
      ResponseReader reader(1, 42, {1'000, true}, parts);

      (void)reader.take(text);
      const AttemptResult result = reader.finish_with_status(status);

      CHECK(result.outcome == Outcome::kHttpStatus);
      CHECK(result.http_status == status);
      CHECK(result.body.empty());
    }
  }
}

}  // namespace sidecar::testing
