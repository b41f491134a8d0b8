#include "downstream/http_face.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/fake_host.h"
#include "tests/support/fake_views.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

namespace {

struct Face {
  Face() : loop(std::move(Loop::create()).value()), host(*loop) {
    auto made = HttpFace::create(*loop, {}, host, *sessions, views);
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

  void get(std::string_view target, std::string_view headers = "",
           std::string_view method = "GET") {
    client.send(std::string(method) + " " + std::string(target) +
                " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n");
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
  FakeViews views;
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

TEST_CASE("HttpFace: each request is its visitor's, whom the kernel knows") {
  Face http;

  http.post(kCall, "");
  REQUIRE(http.until_submitted(1));

  CHECK(http.calls()[0].worker == FakeAccess::kKnownWorker);
  CHECK(http.host.fake_access.greeted_pids == std::vector<pid_t>{::getpid()});
  CHECK(http.host.fake_access.asked[0].user == 1);
  CHECK(http.host.fake_access.asked[0].pid == ::getpid());
  http.answer();
}

TEST_CASE("HttpFace: a deadline of months is as long as can be") {
  Face http;

  http.post(kCall, "X-Rpc-Deadline-Ms: 18446744073709551615\r\n");
  REQUIRE(http.until_submitted(1));

  CHECK(http.calls()[0].deadline == Millis((1 << 22) - 1));
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

TEST_CASE("HttpFace: a GET goes to the views with path, query and Accept") {
  Face http;

  http.get("/v1/a%20b?x=1&y=%41", "Accept: text/html,*/*;q=0.8\r\n");
  REQUIRE(turn_until(*http.loop, [&]() { return !http.views.asked.empty(); }));

  const FakeViews::Asked& asked = http.views.asked[0];
  CHECK(asked.path == "/v1/a b");
  CHECK(asked.query == "x=1&y=A");
  CHECK(asked.accept == "text/html,*/*;q=0.8");
  CHECK_FALSE(asked.is_head_only);
}

TEST_CASE("HttpFace: a view is answered on a later turn, with its headers and its length") {
  Face http;
  http.get("/view");
  REQUIRE(turn_until(*http.loop, [&]() { return !http.views.asked.empty(); }));

  const FakeViews::Asked asked = http.views.asked[0];
  asked.out->reply(asked.id, {503, "text/x", "X-More: 1\r\n"}, "four");
  const std::string got = http.refusal();

  CHECK(got.starts_with("HTTP/1.1 503 "));
  CHECK(got.find("Content-Type: text/x\r\n") != std::string::npos);
  CHECK(got.find("X-More: 1\r\n") != std::string::npos);
  CHECK(got.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(got.ends_with("\r\n\r\nfour"));
  CHECK(http.views.gone.empty());
}

TEST_CASE("HttpFace: HEAD of a view gets the head alone") {
  Face http;
  http.get("/view", "", "HEAD");
  REQUIRE(turn_until(*http.loop, [&]() { return !http.views.asked.empty(); }));

  const FakeViews::Asked asked = http.views.asked[0];
  CHECK(asked.is_head_only);
  asked.out->reply(asked.id, {}, "four");
  const std::string got = http.refusal();

  CHECK(got.find("Content-Length: 4\r\n") != std::string::npos);
  CHECK(got.ends_with("\r\n\r\n"));
}

TEST_CASE("HttpFace: a view that streams tells what is unread and hears that its reader left") {
  Face http;
  http.get("/view");
  REQUIRE(turn_until(*http.loop, [&]() { return !http.views.asked.empty(); }));
  const FakeViews::Asked asked = http.views.asked[0];
  asked.out->begin(asked.id, {.content_type = "text/event-stream"});

  const std::string big(64 * 1024, 'x');
  size_t sent = 0;
  while (asked.out->unread_bytes(asked.id) == 0 && sent < (64u << 20)) {  // the kernel takes some
    CHECK(asked.out->send(asked.id, big) == Flow::kOk);
    sent += big.size();
    turn_until(*http.loop, []() { return true; });
  }
  CHECK(asked.out->unread_bytes(asked.id) > 0);
  http.client.close_far();
  const bool is_told = turn_until(*http.loop, [&]() { return !http.views.gone.empty(); });

  CHECK(is_told);
  CHECK(asked.out->unread_bytes(asked.id) == 0);
  CHECK(asked.out->send(asked.id, "x") == Flow::kDropped);
}

TEST_CASE(
    "HttpFace: a path that is a view refuses other methods with 405 and says which it takes") {
  Face http;

  http.post("{}", "", "/view");
  const std::string got = http.refusal();

  CHECK(got.starts_with("HTTP/1.1 405 "));
  CHECK(got.find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK(got.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(got.find(R"({"error":{"status":405)") != std::string::npos);
  CHECK(http.views.asked.empty());
}

TEST_CASE("HttpFace: a foreign Host or Origin sees no view") {
  for (const std::string headers :
       {"Host: evil.example\r\n", "Host: localhost\r\nOrigin: http://evil.example\r\n"}) {
    CAPTURE(headers);
    Face http;

    http.client.send("GET /view HTTP/1.1\r\n" + headers + "\r\n");
    const std::string got = http.refusal();

    CHECK(got.starts_with("HTTP/1.1 403 "));
    CHECK(http.views.asked.empty());
  }
}

}  // namespace sidecar::testing
