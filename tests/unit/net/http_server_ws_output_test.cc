#include "net/http_server.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/unit/net/http_ws_client.h"

namespace sidecar::testing {

TEST_CASE("HttpServer: long WebSocket messages go out in fragments") {
  HttpServerOptions options;
  options.ws_frame_bytes_max = 1000;
  Socket socket(options);

  socket.served.server->ws_send(socket.id, std::string(2500, 'a'));
  socket.served.server->ws_send(socket.id, std::string(2000, 'b'));
  socket.served.server->ws_send(socket.id, "");

  const Received got = socket.receive_messages(3);
  CHECK(got.frame_bytes == std::vector<size_t>{1000, 1000, 500, 1000, 1000, 0});
  CHECK(got.messages ==
        std::vector<std::string>{std::string(2500, 'a'), std::string(2000, 'b'), ""});
}

TEST_CASE("HttpServer: a WebSocket message in parts is one message, and whole ones wait for it") {
  Socket socket;
  HttpServer& server = *socket.served.server;

  server.ws_send_part(socket.id, "{\"result\":", true, false);
  server.ws_send(socket.id, "event 1");
  turn(*socket.served.loop, 3);
  server.ws_send_part(socket.id, "[1,2", false, false);
  server.ws_send(socket.id, "event 2");
  server.ws_send_part(socket.id, "]}", false, true);
  server.ws_send(socket.id, "event 3");

  CHECK(socket.receive_messages(4).messages ==
        std::vector<std::string>{"{\"result\":[1,2]}", "event 1", "event 2", "event 3"});
}

TEST_CASE("HttpServer: D02 a WebSocket that does not read is full, then closed with 1012") {
  HttpServerOptions options;
  options.ws_output_bytes_max = 1u << 20;
  options.ws_output_mark_bytes = 512u << 10;
  Socket socket(options);
  HttpServer& server = *socket.served.server;
  std::vector<Flow> flows;

  for (int i = 0; i < 30 && (flows.empty() || flows.back() != Flow::kDropped); ++i) {
    flows.push_back(server.ws_send(socket.id, std::string(100'000, 'x')));
    turn(*socket.served.loop, 3);
    CHECK(server.ws_queued_bytes(socket.id) <= options.ws_output_bytes_max + 1000);
  }

  CHECK(flows[0] == Flow::kOk);
  CHECK(flows[flows.size() - 2] == Flow::kFull);
  CHECK(flows.back() == Flow::kDropped);
  CHECK(socket.is_closed());
  const Received got = socket.receive_all();
  CHECK(got.close_code == 1012);
  CHECK(got.messages.size() == flows.size() - 1);
}

TEST_CASE("HttpServer: a WebSocket tells when there is room again") {
  HttpServerOptions options;
  options.ws_output_bytes_max = 1u << 20;
  options.ws_output_mark_bytes = 512u << 10;
  Socket socket(options);
  HttpServer& server = *socket.served.server;
  size_t sent = 0;
  Flow flow = Flow::kOk;
  while (flow == Flow::kOk) {
    flow = server.ws_send(socket.id, std::string(100'000, 'x'));
    ++sent;
    turn(*socket.served.loop, 3);
  }
  REQUIRE(flow == Flow::kFull);
  REQUIRE(socket.served.drained_count == 0);

  const Received got = socket.receive_messages(sent);

  CHECK(got.messages.size() == sent);
  CHECK(socket.served.until([&]() { return socket.served.drained_count == 1; }));
  CHECK(server.ws_send(socket.id, "more") == Flow::kOk);
}

TEST_CASE("HttpServer: a reader that keeps up may be sent a message of any size") {
  HttpServerOptions options;
  options.ws_output_bytes_max = 1u << 20;
  options.ws_output_mark_bytes = 512u << 10;
  Socket socket(options);

  CHECK(socket.served.server->ws_send(socket.id, std::string(3'000'000, 'x')) == Flow::kFull);

  const Received got = socket.receive_messages(1);
  REQUIRE(got.messages.size() == 1);
  CHECK(got.messages[0].size() == 3'000'000);
}

TEST_CASE("HttpServer: a WebSocket closed by us ends with FIN when the client closes") {
  Socket socket;

  socket.served.server->ws_send(socket.id, "last");
  socket.served.server->ws_close(socket.id, 1012);
  CHECK(socket.served.closed.empty());
  const Received got = socket.receive_all();
  const int connections_before = socket.served.connections_closed;
  socket.client.send(close_frame(std::string("\x03\xf4", 2)));
  socket.client.close_far();

  CHECK(got.messages == std::vector<std::string>{"last"});
  CHECK(got.close_code == 1012);
  CHECK(socket.served.closed == std::vector<WebSocketId>{socket.id});
  CHECK(connections_before == 0);
  CHECK(socket.served.until([&]() { return socket.served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: D20 a WebSocket client that ignores Close is cut") {
  HttpServerOptions options;
  options.request_timeout = Millis(100);
  Socket socket(options);

  socket.served.server->ws_close(socket.id, 1012);

  CHECK(socket.served.until([&]() { return socket.served.connections_closed == 1; }));
  CHECK(socket.receive_all().close_code == 1012);
}

TEST_CASE("HttpServer: pings that are not read are answered up to half the queue only") {
  HttpServerOptions options;
  options.ws_output_bytes_max = 64u << 10;
  options.ws_output_mark_bytes = 32u << 10;
  Socket socket(options);
  const std::string ping = frame(0x89, std::string(125, 'p'));
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += ping;
  }

  for (int i = 0; i < 100; ++i) {
    socket.client.send(many);
    turn(*socket.served.loop, 3);
  }

  CHECK(socket.served.server->ws_queued_bytes(socket.id) <= 64u << 10);
  CHECK(socket.served.closed.empty());
}

TEST_CASE("HttpServer: closing it tells every WebSocket 1012") {
  Socket socket;

  socket.served.close();

  CHECK(socket.receive_all().close_code == 1012);
  CHECK(socket.served.closed.empty());
}

}  // namespace sidecar::testing
