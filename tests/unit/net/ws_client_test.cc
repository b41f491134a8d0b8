#include "net/ws_client.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
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

TEST_CASE("WsClient: B06 fragments with pings between are joined, and the ping is answered") {
  Bench bench;
  bench.come_up();

  bench.peer.send(server_frame(0x01, "one ") + server_frame(0x89, "p") + server_frame(0x00, "") +
                  server_frame(0x00, "two ") + server_frame(0x8a, "") +
                  server_frame(0x80, "three"));

  CHECK(bench.peer.has_frames(*bench.loop, 1));
  CHECK(bench.peer.frames() == std::vector<std::string>{"pong:p"});
  CHECK(bench.heard.texts == std::vector<std::string>{"one two three"});
}

TEST_CASE("WsClient: a message arrives whole wherever its bytes are split") {
  Bench bench;
  bench.come_up();
  const std::string bytes = server_text(std::string(130, 'x')) + server_text("") + server_text("y");

  for (const char byte : bytes) {
    bench.peer.send({&byte, 1});
    turn(*bench.loop, 2);
  }

  CHECK(bench.until([&bench]() { return bench.heard.texts.size() == 3; }));
  CHECK(bench.heard.texts == std::vector<std::string>{std::string(130, 'x'), "", "y"});
}

TEST_CASE("WsClient: B07 a frame that says it is huge is refused with 1009, before its bytes") {
  for (const char* length : {"\x7f\x00\x00\x01\x00\x00\x00\x00\x00",     // 2^40
                             "\x7f\x00\x00\x00\x00\x00\x00\x04\x01"}) {  // 1,025
    Bench bench;
    bench.options.message_bytes_max = 1'024;
    bench.come_up();

    bench.peer.send("\x81" + std::string(length, 9));

    CHECK(bench.fails());
    CHECK(bench.heard.end == WsFailure::End::kTooLarge);
    CHECK(bench.peer.has_frames(*bench.loop, 1));
    CHECK(bench.peer.frames() == std::vector<std::string>{"close:1009"});
  }
}

TEST_CASE("WsClient: B07 fragments are refused once their sum is too large") {
  Bench bench;
  bench.options.message_bytes_max = 1'024;
  bench.come_up();

  bench.peer.send(server_frame(0x01, std::string(1'024, 'x')));
  turn(*bench.loop);
  CHECK(bench.heard.failed_count == 0);
  bench.peer.send(server_frame(0x80, "x"));

  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kTooLarge);
}

TEST_CASE("WsClient: frames that no server may send end the connection") {
  struct Row {
    std::string bytes;
    int code;
  };
  const std::vector<Row> rows = {
      {server_frame(0xc1, "reserved bit"), 1002},
      {server_frame(0x83, "opcode 3"), 1002},
      {server_frame(0x80, "no beginning"), 1002},
      {server_frame(0x09, "ping in parts"), 1002},
      {std::string("\x89\x7e\x00\x7e", 4), 1002},
      {std::string("\x81\x81mask!", 7), 1002},
      {server_frame(0x01, "a") + server_frame(0x81, "b"), 1002},
      {server_frame(0x82, "binary"), 1003},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    Bench bench;
    bench.come_up();

    bench.peer.send(row.bytes);

    CHECK(bench.fails());
    CHECK(bench.heard.end == WsFailure::End::kProtocol);
    CHECK(bench.peer.has_frames(*bench.loop, 1));
    CHECK(bench.peer.frames().front() == "close:" + std::to_string(row.code));
  }
}

TEST_CASE("WsClient: B10 each close code is told and echoed") {
  for (const int code : {1000, 1001, 1011, 1012, 1013, 4001}) {
    CAPTURE(code);
    Bench bench;
    bench.come_up();

    bench.peer.send(server_text("last") + server_close(code));

    CHECK(bench.fails());
    CHECK(bench.heard.texts == std::vector<std::string>{"last"});
    CHECK(bench.heard.end == WsFailure::End::kClosed);
    CHECK(bench.heard.close_code == code);
    CHECK(bench.peer.has_frames(*bench.loop, 1));
    CHECK(bench.peer.frames().front() == "close:" + std::to_string(code));
  }
}

TEST_CASE("WsClient: B10 FIN and RST end the connection, and it can be made again") {
  for (const bool is_reset : {false, true}) {
    CAPTURE(is_reset);
    Bench bench;
    bench.come_up(server_text("one"));
    REQUIRE(bench.until([&bench]() { return bench.heard.texts.size() == 1; }));

    is_reset ? bench.peer.reset() : bench.peer.hang_up();
    CHECK(bench.fails());
    CHECK(bench.heard.end == WsFailure::End::kClosed);
    CHECK(bench.heard.close_code == 0);
    bench.heard.connected_count = 0;
    bench.come_up(server_text("two"));

    CHECK(bench.until([&bench]() { return bench.heard.texts.size() == 2; }));
  }
}

TEST_CASE("WsClient: B11 a silent connection is pinged and then given up") {
  Bench bench;
  bench.options.ping_interval = Millis(20);
  bench.come_up();

  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kClosed);
  CHECK(bench.heard.what == "no sign of life");
  CHECK(bench.peer.is_ended(*bench.loop));
  CHECK(bench.peer.frames() == std::vector<std::string>{"ping:", "ping:"});
}

TEST_CASE("WsClient: B11 whoever answers pings, or only talks, lives on") {
  for (const bool is_pong : {true, false}) {
    CAPTURE(is_pong);
    Bench bench;
    bench.options.ping_interval = Millis(20);
    bench.come_up();

    for (size_t pings = 1; pings <= 5; ++pings) {
      REQUIRE(bench.peer.has_frames(*bench.loop, pings));
      bench.peer.send(is_pong ? server_frame(0x8a, "") : server_text("x"));
    }

    CHECK(bench.heard.failed_count == 0);
  }
}

TEST_CASE("WsClient: B12 a flood of pings is answered, the last one too, but not each") {
  Bench bench;
  bench.come_up();

  for (int i = 0; i < 1'000; ++i) {
    bench.peer.send(server_frame(0x89, std::to_string(i)));
    turn(*bench.loop, 1);
  }

  CHECK(bench.until([&bench]() {
    const auto frames = bench.peer.frames();
    return !frames.empty() && frames.back() == "pong:999";
  }));
  CHECK(bench.peer.frames().size() < 100);
}

TEST_CASE("WsClient: closing tells the code, and nothing is heard afterwards") {
  Bench bench;
  bench.come_up();

  bench.client->close(1007);
  bench.peer.send(server_text("late"));
  CHECK(bench.peer.has_frames(*bench.loop, 1));

  CHECK(bench.peer.frames() == std::vector<std::string>{"close:1007"});
  CHECK(bench.heard.texts.empty());
  CHECK(bench.heard.failed_count == 0);
  CHECK(bench.peer.is_ended(*bench.loop));
}

TEST_CASE("WsClient: a large message goes out whole to a peer that reads slowly") {
  Bench bench;
  bench.come_up();
  const std::string large(20u << 20, 'x');

  bench.client->send(large);
  bench.client->send("end");
  turn(*bench.loop, 32);
  CHECK(bench.client->queued_bytes() > 0);

  CHECK(bench.peer.has_frames(*bench.loop, 2));
  CHECK(bench.peer.frames()[0] == "text:" + large);
  CHECK(bench.peer.frames()[1] == "text:end");
  CHECK(bench.client->queued_bytes() == 0);
}

TEST_CASE("WsClient: can be destroyed by what it tells, at every stage") {
  struct Ender final : WsClientSink {
    void on_ws_connected() override {
      if (stage == 0) {
        client.reset();
      }
    }
    void on_ws_text(std::string_view) override {
      if (stage == 1) {
        client.reset();
      }
    }
    void on_ws_failed(const WsFailure&) override { client.reset(); }
    int stage = 0;
    WsClientPtr client;
  };
  for (int stage = 0; stage < 3; ++stage) {
    CAPTURE(stage);
    Bench bench;
    Ender ender;
    ender.stage = stage;
    ender.client = std::move(WsClient::create(*bench.loop, bench.options, 1, ender)).value();

    ender.client->connect();
    REQUIRE(bench.peer.accept(*bench.loop));
    bench.peer.send(bench.peer.upgrade() + server_text("one") + server_close(1000));

    CHECK(bench.until([&ender]() { return ender.client == nullptr; }));
    CHECK(bench.peer.is_ended(*bench.loop));
  }
}

TEST_CASE("WsClient: can be destroyed while it resolves, dials and waits for the upgrade") {
  for (const int turns : {0, 1, 3, 30}) {
    CAPTURE(turns);
    Bench bench;
    bench.options.url = Secret("ws://localhost" + bench.peer.url().substr(14));
    bench.connect();
    turn(*bench.loop, turns);

    bench.client.reset();
    turn(*bench.loop, 32);

    CHECK(bench.heard.failed_count == 0);
    CHECK(bench.heard.connected_count == 0);
  }
}

TEST_CASE("WsClient: a name is resolved off the loop and kept for Host") {
  Bench bench;
  const std::string rest = bench.peer.url("/a").substr(14);
  bench.options.url = Secret("ws://user:p%40ss@localhost" + rest);

  bench.come_up();

  CHECK(bench.peer.request.find("Host: localhost" + rest.substr(0, rest.find('/')) + "\r\n") !=
        std::string::npos);
  CHECK(bench.peer.request.find("Authorization: Basic dXNlcjpwQHNz\r\n") != std::string::npos);
}

TEST_CASE("WsClient: a name that does not exist is a connect failure") {
  Bench bench;
  bench.options.url = Secret("ws://nobody.invalid/");
  bench.options.connect_timeout = Millis(5'000);

  bench.connect();

  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kConnect);
  CHECK(bench.heard.what.find("resolved") != std::string::npos);
}

TEST_CASE("WsClient: a number that cannot be routed fails at once, and again") {
  Bench bench;
  bench.options.url = Secret("ws://255.255.255.255:9/");

  bench.connect();
  CHECK(bench.fails());
  bench.client->connect();

  CHECK(bench.until([&bench]() { return bench.heard.failed_count == 2; }));
  CHECK(bench.heard.end == WsFailure::End::kConnect);
}

TEST_CASE("WsClient: a port whose queue is full swallows the dial, which ends in time") {
  Bench bench;
  bench.options.connect_timeout = Millis(50);
  const std::vector<int> waiting = bench.peer.fill_queue();

  bench.connect();
  CHECK(bench.fails());

  CHECK(bench.heard.end == WsFailure::End::kConnect);
  CHECK(bench.heard.what == "not connected in time");
  for (const int fd : waiting) {
    ::close(fd);
  }
}

TEST_CASE("WsClient: no proxy of the environment is asked") {
  Bench bench;
  WsPeer proxy;
  ::setenv("http_proxy", proxy.url().substr(5, proxy.url().size() - 6).c_str(), 1);

  bench.come_up();

  ::unsetenv("http_proxy");
  CHECK(bench.peer.connection_count == 1);
  CHECK(bench.peer.request.starts_with("GET / HTTP/1.1"));
}

TEST_CASE("WsClient: an answer that is no handshake never comes up") {
  for (const char* answer : {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                             "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
                             "HTTP/1.1 100 Continue\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n",
                             "\x15\x03\x01\x00\x02\x02", "\r\n\r\n", "HTTP/1.1 101"}) {
    CAPTURE(answer);
    Bench bench;
    bench.options.connect_timeout = Millis(300);

    bench.connect();
    REQUIRE(bench.peer.accept(*bench.loop));
    bench.peer.send(answer);

    CHECK(bench.fails());
    CHECK(bench.heard.connected_count == 0);
    CHECK(bench.peer.is_ended(*bench.loop));
  }
}

TEST_CASE("WsClient: a head that is too long, or a broken URL, is refused when it is made") {
  Bench bench;
  for (const std::string& url :
       {std::string("http://a/"), std::string("ws://"), std::string("ws://a:0/"),
        std::string("ws://a:99999/"), std::string("ws://a/b c"),
        "ws://a/" + std::string(2'000, 'x'), "ws://" + std::string(200, 'a') + "/"}) {
    CAPTURE(url);
    bench.options.url = Secret(url);

    const auto made = WsClient::create(*bench.loop, bench.options, 1, bench.heard);

    REQUIRE_FALSE(made.ok());
    CHECK(made.error().detail.find("xx") == std::string::npos);
    CHECK(made.error().detail.find("aa") == std::string::npos);
  }
}

}  // namespace sidecar::testing
