#include "net/ws_client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/ws_peer.h"

namespace sidecar::testing {

namespace {

struct Heard final : WsClientSink {
  void on_ws_connected() override { ++connected_count; }
  void on_ws_text(std::string_view text) override { texts.emplace_back(text); }
  void on_ws_failed(const WsFailure& failure) override {
    ++failed_count;
    end = failure.end;
    what = failure.what;
    http_status = failure.http_status;
    retry_after = failure.retry_after;
    close_code = failure.close_code;
  }

  int connected_count = 0;
  std::vector<std::string> texts;
  int failed_count = 0;
  WsFailure::End end = WsFailure::End::kClosed;
  std::string what;
  int http_status = 0;
  std::string retry_after;
  int close_code = 0;
};

struct Bench {
  Bench() : loop(std::move(Loop::create()).value()) { options.url = Secret(peer.url()); }
  ~Bench() {
    client.reset();
    turn(*loop, 16);
  }
  void connect() {
    if (!client) {
      auto made = WsClient::create(*loop, options, 1, heard);
      REQUIRE(made.ok());
      client = std::move(made).value();
    }
    client->connect();
  }
  /// Connects and answers with 101 and what `more` says in the same segment.
  void come_up(std::string_view more = {}) {
    connect();
    REQUIRE(peer.accept(*loop));
    peer.send(peer.upgrade() + std::string(more));
    REQUIRE(until([this]() { return heard.connected_count > 0; }));
  }
  bool until(const std::function<bool()>& is_done) { return turn_until(*loop, is_done); }
  bool fails() {
    return until([this]() { return heard.failed_count > 0; });
  }

  WsPeer peer;
  std::unique_ptr<Loop> loop;
  WsClientOptions options;
  Heard heard;
  WsClientPtr client;
};

}  // namespace

TEST_CASE("WsClient: asks for an upgrade, sends masked text and hears text") {
  Bench bench;
  bench.options.url = Secret(bench.peer.url("/v2/key?x=1"));
  bench.options.headers = {{"X-Token", Secret("abc")}};

  bench.come_up();
  bench.client->send("question");
  CHECK(bench.peer.has_frames(*bench.loop, 1));
  bench.peer.send(server_text("answer"));
  CHECK(bench.until([&bench]() { return !bench.heard.texts.empty(); }));

  CHECK(bench.peer.request.starts_with("GET /v2/key?x=1 HTTP/1.1\r\n"));
  CHECK(bench.peer.request.find("X-Token: abc\r\n") != std::string::npos);
  CHECK(bench.peer.request.find("connection: close") == std::string::npos);
  CHECK(bench.peer.frames() == std::vector<std::string>{"text:question"});
  CHECK(bench.heard.texts == std::vector<std::string>{"answer"});
}

TEST_CASE("WsClient: B04 B05 never offers an extension, refuses one that nobody asked for") {
  Bench bench;

  bench.connect();
  REQUIRE(bench.peer.accept(*bench.loop));
  bench.peer.send(bench.peer.upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n"));

  CHECK(bench.fails());
  CHECK(bench.peer.request.find("Extensions") == std::string::npos);
  CHECK(bench.heard.end == WsFailure::End::kProtocol);
  CHECK(bench.heard.connected_count == 0);
}

TEST_CASE("WsClient: B19 frames in the segment of the 101 are kept") {
  Bench bench;

  bench.come_up(server_text("one") + server_text("two"));

  CHECK(bench.until([&bench]() { return bench.heard.texts.size() == 2; }));
  CHECK(bench.heard.texts == std::vector<std::string>{"one", "two"});
}

TEST_CASE("WsClient: B01 a refused upgrade tells its status and Retry-After") {
  for (const int status : {401, 403, 404, 429, 503, 200, 301, 407}) {
    CAPTURE(status);
    Bench bench;

    bench.connect();
    REQUIRE(bench.peer.accept(*bench.loop));
    bench.peer.send("HTTP/1.1 " + std::to_string(status) +
                    " No\r\nRetry-After: 7\r\nLocation: /\r\nContent-Length: 2\r\n\r\nno");

    CHECK(bench.fails());
    CHECK(bench.heard.end == WsFailure::End::kRefused);
    CHECK(bench.heard.http_status == status);
    CHECK(bench.heard.retry_after == "7");
  }
}

TEST_CASE("WsClient: B02 an upgrade that is never answered ends by its own deadline") {
  Bench bench;
  bench.options.connect_timeout = Millis(50);

  bench.connect();
  REQUIRE(bench.peer.accept(*bench.loop));

  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kConnect);
  CHECK(bench.heard.what == "no answer to the upgrade in time");
}

TEST_CASE("WsClient: nobody on the port is a connect failure, and it can be tried again") {
  Bench bench;
  bench.peer.stop_listening();

  bench.connect();
  CHECK(bench.heard.failed_count == 0);
  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kConnect);
  bench.client->connect();

  CHECK(bench.until([&bench]() { return bench.heard.failed_count == 2; }));
}

}  // namespace sidecar::testing
