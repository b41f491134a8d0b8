#include "net/ws_client.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/net/ws_client_bench.h"

namespace sidecar::testing {

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

TEST_CASE("WsClient: B19 frames in the segment of the 101 are kept") {
  Bench bench;

  bench.come_up(server_text("one") + server_text("two"));

  CHECK(bench.until([&bench]() { return bench.heard.texts.size() == 2; }));
  CHECK(bench.heard.texts == std::vector<std::string>{"one", "two"});
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

}  // namespace sidecar::testing
