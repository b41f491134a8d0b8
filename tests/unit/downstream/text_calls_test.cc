#include "downstream/text_calls.h"

#include "base/check.h"  // before doctest, which has a CHECK of its own

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/fake_access.h"
#include "tests/support/fake_ports.h"

namespace sidecar::testing {

namespace {

/// Keeps what a wire would get.
class FakeTexts final : public TextSink {
 public:
  void on_text_reply(uint64_t, std::string_view reply) override { replies.emplace_back(reply); }
  Flow on_text_piece(uint64_t, std::string_view piece, bool is_first, bool is_last) override {
    pieces += is_first ? "<" : "";
    pieces += piece;
    pieces += is_last ? ">" : "|";
    return Flow::kOk;
  }
  void on_text_broken(uint64_t) override { ++broken; }
  void on_text_silent(uint64_t) override { ++silent; }
  void on_limit(std::string_view limit) override { ++limits[std::string(limit)]; }

  std::vector<std::string> replies;
  std::string pieces;
  int broken = 0;
  int silent = 0;
  std::map<std::string, int> limits;
};

struct Desk {
  Desk() : calls(limits, {port, access}, texts) {}

  void submit(std::string_view text) { calls.submit(7, 0, text, true); }
  void answer(size_t index, std::string_view result) {
    calls.on_reply(port.submitted[index].token, {Reply::Kind::kResult, result});
  }

  SessionLimits limits;
  FakeAccess access;
  FakeCalls port;
  FakeTexts texts;
  TextCalls calls;
};

}  // namespace

TEST_CASE("TextCalls: ids of every legal type come back byte for byte") {
  for (const std::string id : {"1", "0", "\"1\"", "null", "1.0", "-3", "18446744073709551616",
                               "\"a\\u0062\"", "1e3", "\"\""}) {
    CAPTURE(id);
    Desk desk;

    desk.submit(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"eth_chainId"})");
    desk.answer(0, "\"0x1\"");

    REQUIRE(desk.texts.replies.size() == 1);
    CHECK(desk.texts.replies[0] == R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":"0x1"})");
  }
}

TEST_CASE("TextCalls: a notification is answered with nothing and forwarded to nobody") {
  Desk desk;

  desk.submit(R"({"jsonrpc":"2.0","method":"ping"})");

  CHECK(desk.port.submitted.empty());
  CHECK(desk.texts.replies.empty());
  CHECK(desk.texts.silent == 1);
}

TEST_CASE("TextCalls: what is wrong is answered under the right code and id") {
  struct Row {
    std::string text;
    std::string code;
    std::string id;
  };
  for (const Row& row :
       std::vector<Row>{{"{", "-32700", "null"},
                        {"", "-32700", "null"},
                        {"{} {}", "-32700", "null"},
                        {"[]", "-32600", "null"},
                        {"1", "-32600", "null"},
                        {R"({"jsonrpc":"2.0","id":5})", "-32600", "5"},
                        {R"({"jsonrpc":"2.0","id":{},"method":"a"})", "-32600", "null"},
                        {R"({"jsonrpc":"2.0","id":5,"method":1})", "-32600", "5"},
                        {R"({"jsonrpc":"2.0","id":5,"method":"a","params":3})", "-32600", "5"},
                        {R"({"jsonrpc":"1.0","id":5,"method":"a"})", "-32600", "5"}}) {
    CAPTURE(row.text);
    Desk desk;

    desk.submit(row.text);

    REQUIRE(desk.texts.replies.size() == 1);
    CHECK(desk.texts.replies[0].find("\"code\":" + row.code) != std::string::npos);
    CHECK(desk.texts.replies[0].find("\"id\":" + row.id + ",") != std::string::npos);
    CHECK(desk.port.submitted.empty());
  }
}

TEST_CASE("TextCalls: the carrier's terms are every call's, and an explanation comes whole") {
  Desk desk;
  desk.submit(R"({"jsonrpc":"2.0","id":1,"method":"a"})");
  desk.calls.set_terms({Millis(250), "alpha", false});
  desk.submit(R"([{"jsonrpc":"2.0","id":2,"method":"b"},{"jsonrpc":"2.0","id":3,"method":"c"}])");
  desk.submit(R"({"jsonrpc":"2.0","id":4,"method":"d"})");
  desk.calls.set_terms({Millis(0), "", true});
  desk.submit(R"({"jsonrpc":"2.0","id":5,"method":"e"})");

  const auto& calls = desk.port.submitted;
  REQUIRE(calls.size() == 5);
  CHECK(calls[0].deadline == Millis(0));
  CHECK(calls[0].provider.empty());
  CHECK(calls[0].may_stream);
  for (size_t i = 1; i < 4; ++i) {
    CAPTURE(i);
    CHECK(calls[i].deadline == Millis(250));
    CHECK(calls[i].provider == "alpha");
    CHECK_FALSE(calls[i].explain);
    CHECK(calls[i].may_stream == (i == 3));
  }
  CHECK(calls[4].explain);
  CHECK_FALSE(calls[4].may_stream);
}

TEST_CASE("TextCalls: a batch comes back in its own order, whatever the order of answers") {
  Desk desk;

  desk.submit(R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"quiet"},
                  {"jsonrpc":"2.0","id":2,"method":"b"},7])");
  REQUIRE(desk.port.submitted.size() == 2);
  desk.answer(1, "\"second\"");
  CHECK(desk.texts.replies.empty());
  desk.answer(0, "\"first\"");

  REQUIRE(desk.texts.replies.size() == 1);
  const std::string& reply = desk.texts.replies[0];
  CHECK(reply.starts_with(R"([{"jsonrpc":"2.0","id":1,"result":"first"},)"
                          R"({"jsonrpc":"2.0","id":2,"result":"second"},)"));
  CHECK(reply.find("-32600") != std::string::npos);
  CHECK(reply.ends_with("]"));
}

TEST_CASE("TextCalls: a batch of one is answered with an array of one") {
  Desk desk;

  desk.submit(R"([{"jsonrpc":"2.0","id":1,"method":"a"}])");
  desk.answer(0, "1");

  CHECK(desk.texts.replies == std::vector<std::string>{R"([{"jsonrpc":"2.0","id":1,"result":1}])"});
}

TEST_CASE("TextCalls: a batch of notifications is answered with nothing") {
  Desk desk;

  desk.submit(R"([{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}])");

  CHECK(desk.texts.replies.empty());
  CHECK(desk.texts.silent == 1);
  CHECK(desk.calls.is_idle());
}

TEST_CASE("TextCalls: D14 over batch_items_max the batch is refused and counted") {
  Desk desk;
  desk.limits.batch_items_max = 2;

  desk.submit(R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"a"},
                  {"jsonrpc":"2.0","id":3,"method":"a"}])");

  CHECK(desk.port.submitted.empty());
  CHECK(desk.texts.replies.size() == 1);
  CHECK(desk.texts.limits["batch_items_max"] == 1);
}

TEST_CASE("TextCalls: D14 over batch_reply_bytes_max an item becomes an error in its place") {
  Desk desk;
  desk.limits.batch_reply_bytes_max = 1'000;

  desk.submit(R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"a"}])");
  desk.answer(0, "\"" + std::string(2'000, 'x') + "\"");
  desk.answer(1, "2");

  REQUIRE(desk.texts.replies.size() == 1);
  CHECK(desk.texts.replies[0].find("CLIENT_LIMIT") != std::string::npos);
  CHECK(desk.texts.replies[0].find(R"("id":2)") != std::string::npos);
  CHECK(desk.texts.limits["batch_reply_bytes_max"] == 1);
}

TEST_CASE("TextCalls: D13 over calls_in_flight_max a call is refused, the others go on") {
  Desk desk;
  desk.limits.calls_in_flight_max = 1;

  desk.submit(R"({"jsonrpc":"2.0","id":1,"method":"a"})");
  desk.submit(R"({"jsonrpc":"2.0","id":2,"method":"a"})");
  CHECK(desk.port.submitted.size() == 1);
  CHECK(desk.texts.replies[0].find("CLIENT_LIMIT") != std::string::npos);
  desk.answer(0, "1");

  CHECK(desk.texts.replies[1] == R"({"jsonrpc":"2.0","id":1,"result":1})");
}

TEST_CASE("TextCalls: a long result is put together from its parts") {
  Desk desk;

  desk.submit(R"({"jsonrpc":"2.0","id":"x","method":"a"})");
  const uint64_t token = desk.port.submitted[0].token;
  desk.calls.on_reply_part(token, "[1,");
  desk.calls.on_reply_part(token, "2,");
  desk.calls.on_reply(token, {Reply::Kind::kResult, "3]"});

  CHECK(desk.texts.pieces == R"(<{"jsonrpc":"2.0","id":"x","result":[1,|2,|3]}>)");
}

TEST_CASE("TextCalls: a long result that fails midway is reported broken") {
  Desk desk;

  desk.submit(R"({"jsonrpc":"2.0","id":1,"method":"a"})");
  const uint64_t token = desk.port.submitted[0].token;
  desk.calls.on_reply_part(token, "[1,");
  desk.calls.on_reply(token, {Reply::Kind::kError, "{}"});

  CHECK(desk.texts.broken == 1);
  CHECK(desk.calls.is_idle());
}

TEST_CASE("TextCalls: D05 destroying it cancels what is open") {
  FakeAccess access;
  FakeCalls port;
  FakeTexts texts;
  const SessionLimits limits;
  {
    TextCalls calls(limits, {port, access}, texts);
    calls.submit(7, 0, R"({"jsonrpc":"2.0","id":1,"method":"a"})", true);
    calls.submit(7, 0, R"({"jsonrpc":"2.0","id":2,"method":"a"})", true);
  }

  CHECK(port.cancelled.size() == 2);
  CHECK(access.quota.inflight_count() == 0);
}

TEST_CASE("TextCalls: D22 what is refused gets its error in its place of the batch") {
  Desk desk;
  desk.access.refused_method = "personal_sign";

  desk.submit(R"([{"jsonrpc":"2.0","id":1,"method":"a"},)"
              R"({"jsonrpc":"2.0","id":2,"method":"personal_sign"}])");
  desk.answer(0, "7");

  REQUIRE(desk.texts.replies.size() == 1);
  CHECK(desk.texts.replies[0] == R"([{"jsonrpc":"2.0","id":1,"result":7},)"
                                 R"({"jsonrpc":"2.0","id":2,"error":)" +
                                     desk.access.refusal_text + "}]");
  CHECK(desk.port.submitted.size() == 1);
}

TEST_CASE("TextCalls: a call holds its place in the quota until it is answered") {
  Desk desk;

  desk.submit(R"({"jsonrpc":"2.0","id":1,"method":"a"})");
  desk.submit(R"({"jsonrpc":"2.0","id":2,"method":"a"})");
  CHECK(desk.access.quota.inflight_count() == 2);
  desk.answer(0, "7");

  CHECK(desk.access.quota.inflight_count() == 1);
}

}  // namespace sidecar::testing
