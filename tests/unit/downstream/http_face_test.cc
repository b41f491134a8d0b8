#include "downstream/http_face.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/fake_host.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

namespace {

struct Face {
  Face() : loop(std::move(Loop::create()).value()), host(*loop) {
    auto made = HttpFace::create(*loop, {}, host, *sessions, []() { return std::string("{}"); });
    REQUIRE(made.ok());
    face = std::move(made).value();
    face->adopt(client.ours());
  }
  ~Face() {
    bool is_closed = false;
    face->close([&is_closed]() { is_closed = true; });
    const bool is_done = turn_until(*loop, [&is_closed]() { return is_closed; });
    CHECK(is_done);
    sessions.reset();  // exchanges take themselves off the face's list
  }

  void post(std::string_view body, std::string_view headers, std::string_view path = "/") {
    client.send("POST " + std::string(path) +
                " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                std::string(headers) + "Content-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + std::string(body));
  }
  bool until_submitted(size_t count) {
    return turn_until(*loop, [&]() { return calls().size() >= count; });
  }
  /// All up to FIN.
  std::string refusal() {
    std::string got;
    const bool is_ended = turn_until(*loop, [&]() {
      got += client.receive();
      return client.is_ended();
    });
    CHECK(is_ended);
    return got;
  }
  const std::vector<FakeCalls::Submitted>& calls() const { return host.fake_calls.submitted; }
  /// Ends the last call, so that the connection can be used again.
  void answer() {
    const FakeCalls::Submitted last = calls().back();
    sessions->on_reply(last.session, last.token, {Reply::Kind::kResult, "1"});
    const bool is_answered =
        turn_until(*loop, [&]() { return client.receive().find("200 OK") != std::string::npos; });
    CHECK(is_answered);
  }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  std::unique_ptr<SessionTable> sessions = std::make_unique<SessionTable>();
  SocketPair client;
  std::unique_ptr<HttpFace> face;
};

constexpr std::string_view kCall = R"({"jsonrpc":"2.0","id":1,"method":"a"})";

}  // namespace

TEST_CASE("HttpFace: X-Rpc headers are the terms of every call in the body") {
  Face http;

  http.post(R"([{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"b"}])",
            "X-Rpc-Deadline-Ms: 250\r\nX-Rpc-Provider: alpha\r\nX-Rpc-Explain: 1\r\n", "/solana");
  REQUIRE(http.until_submitted(2));

  for (const auto& call : http.calls()) {
    CHECK(call.chain == 2);
    CHECK(call.deadline == Millis(250));
    CHECK(call.provider == "alpha");
    CHECK(call.explain);
    CHECK_FALSE(call.may_stream);
  }
}

TEST_CASE("HttpFace: terms end with their request") {
  Face http;
  http.post(kCall, "X-Rpc-Deadline-Ms: 250\r\nX-Rpc-Provider: alpha\r\nX-Rpc-Explain: 1\r\n");
  REQUIRE(http.until_submitted(1));
  http.answer();

  http.post(kCall, "X-Rpc-Explain: 0\r\nX-Rpc-Deadline-Ms: 0\r\n");
  REQUIRE(http.until_submitted(2));

  const auto& call = http.calls()[1];
  CHECK(call.chain == 0);
  CHECK(call.deadline == Millis(0));
  CHECK(call.provider.empty());
  CHECK_FALSE(call.explain);
  CHECK(call.may_stream);
}

TEST_CASE("HttpFace: a deadline past 32 bits is as long as can be") {
  Face http;

  http.post(kCall, "X-Rpc-Deadline-Ms: 18446744073709551615\r\n");
  REQUIRE(http.until_submitted(1));

  CHECK(http.calls()[0].deadline == Millis(UINT32_MAX));
  CHECK_FALSE(http.calls()[0].explain);
}

TEST_CASE("HttpFace: terms that cannot be read are refused with 400 and a word on what is wrong") {
  const struct {
    const char* header;
    const char* text;
  } rows[] = {
      {"X-Rpc-Deadline-Ms: soon\r\n", "X-Rpc-Deadline-Ms must be a whole number"},
      {"X-Rpc-Deadline-Ms: -1\r\n", "X-Rpc-Deadline-Ms must be a whole number"},
      {"X-Rpc-Deadline-Ms: 1.5\r\n", "X-Rpc-Deadline-Ms must be a whole number"},
      {"X-Rpc-Deadline-Ms: 250ms\r\n", "X-Rpc-Deadline-Ms must be a whole number"},
      {"X-Rpc-Deadline-Ms: 99999999999999999999\r\n", "X-Rpc-Deadline-Ms must be a whole number"},
      {"X-Rpc-Explain: yes\r\n", "X-Rpc-Explain must be 0 or 1"},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.header));
    Face http;

    http.post(kCall, row.header);
    const std::string got = http.refusal();

    CHECK(got.starts_with("HTTP/1.1 400 "));
    CHECK(got.find(row.text) != std::string::npos);
    CHECK(http.calls().empty());
  }
}

}  // namespace sidecar::testing
