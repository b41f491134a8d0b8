#include "net/http_server.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/unit/net/http_ws_client.h"

namespace sidecar::testing {

TEST_CASE("HttpServer: upgrades to a WebSocket with the right accept key and no extension") {
  Served served;
  SocketPair client;
  served.adopt(client);

  client.send(
      handshake("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                "Origin: http://page\r\n"));
  std::string got;
  const bool is_done = served.until([&]() {
    got += client.receive();
    return got.find("\r\n\r\n") != std::string::npos;
  });

  CHECK(is_done);
  CHECK(starts_with(got, "HTTP/1.1 101 Switching Protocols\r\n"));
  // The example of RFC 6455 section 1.3.
  CHECK(got.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
  CHECK(got.find("Extensions") == std::string::npos);
  CHECK(got.find("Server") == std::string::npos);
  CHECK(served.opened.size() == 1);
  CHECK(served.last_tag == 7);
  CHECK(served.heads ==
        std::vector<std::string>{"GET /ethereum host=localhost origin=http://page type= upgrade"});
}

TEST_CASE("HttpServer: D21 a refused upgrade is an HTTP answer") {
  struct Row {
    std::string request;
    HttpVerdict verdict;
    const char* status;
  };
  const std::string good = handshake();
  const auto without = [&good](std::string_view line) {
    std::string request = good;
    request.erase(request.find(line), line.size());
    return request;
  };
  std::string old_version = good;
  old_version.replace(old_version.find("Version: 13"), 11, "Version: 8 ");
  const std::array<Row, 4> rows = {{
      {good, {403, "this Origin is not allowed\n", 0}, "HTTP/1.1 403 "},
      {without("Connection: Upgrade\r\n"), {}, "HTTP/1.1 400 "},
      {without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), {}, "HTTP/1.1 400 "},
      {old_version, {}, "HTTP/1.1 426 "},
  }};
  for (const Row& row : rows) {
    CAPTURE(row.request);
    Served served;
    served.verdict = row.verdict;
    SocketPair client;
    served.adopt(client);

    client.send(row.request);

    CHECK(starts_with(served.receive_all(client), row.status));
    CHECK(served.opened.empty());
    client.close_far();
    CHECK(served.until([&]() { return served.connections_closed == 1; }));
  }
}

TEST_CASE("HttpServer: a connection becomes a WebSocket after ordinary requests too") {
  Served served;
  SocketPair client;
  served.adopt(client);
  client.send(post("1"));
  REQUIRE(served.receive(client, answer("1").size()) == answer("1"));

  client.send(handshake());
  REQUIRE(served.until([&]() { return !served.opened.empty(); }));
  client.send(text_frame("{}"));

  CHECK(served.until([&]() { return served.texts == std::vector<std::string>{"{}"}; }));
}

TEST_CASE("HttpServer: WebSocket messages come and go, of every length form") {
  Socket socket;
  for (const size_t size : {0u, 1u, 7u, 8u, 125u, 126u, 127u, 65'535u, 65'536u, 200'000u}) {
    CAPTURE(size);
    std::string text(size, 't');
    for (size_t i = 0; i < size; ++i) {
      text[i] = static_cast<char>('a' + i % 26);
    }

    const std::string bytes = text_frame(text);
    socket.client.send(bytes.substr(0, bytes.size() / 2));
    turn(*socket.served.loop, 3);
    socket.client.send(bytes.substr(bytes.size() / 2));

    const Received got = socket.receive_messages(1);
    REQUIRE(got.messages.size() == 1);
    const bool is_equal = got.messages[0] == text;
    CHECK(is_equal);
  }
}

TEST_CASE("HttpServer: WebSocket input may be split at any byte and joined in one read") {
  const std::string bytes = text_frame("{\"id\":1}") + frame(0x01, "{\"i") + frame(0x89, "hi") +
                            frame(0x00, "d\":") + frame(0x80, "2}") + text_frame("3");
  const std::vector<std::string> wanted = {"{\"id\":1}", "{\"id\":2}", "3"};
  Socket socket;

  for (size_t split = 0; split < bytes.size(); ++split) {
    socket.served.texts.clear();
    socket.client.send(bytes.substr(0, split));
    turn(*socket.served.loop, 2);
    socket.client.send(bytes.substr(split));
    REQUIRE(socket.served.until([&]() { return socket.served.texts.size() == 3; }));
    REQUIRE(socket.served.texts == wanted);
  }

  const Received got = socket.receive_messages(4 * bytes.size());
  CHECK(got.messages.size() == 4 * bytes.size());
  CHECK(socket.served.closed.empty());
}

TEST_CASE("HttpServer: a ping is answered with its payload") {
  Socket socket;

  socket.client.send(frame(0x89, "") + frame(0x89, std::string(125, 'p')) + frame(0x8a, "pong"));

  const Received got = socket.receive_messages(2);
  CHECK(got.messages == std::vector<std::string>{"pong:", "pong:" + std::string(125, 'p')});
}

TEST_CASE("HttpServer: a client's Close is echoed, and the connection ends with FIN") {
  struct Row {
    std::string payload;
    int echoed;
  };
  const std::array<Row, 6> rows = {{
      {std::string("\x03\xe8", 2), 1000},
      {std::string("\x03\xe9 bye", 6), 1001},
      {std::string("\x0f\xa0", 2), 4000},
      {"", 1000},
      {"\x03", 1002},
      {std::string("\x03\xed", 2), 1002},
  }};
  for (const Row& row : rows) {
    CAPTURE(row.echoed);
    Socket socket;

    socket.client.send(text_frame("1") + close_frame(row.payload) + text_frame("never seen"));

    const Received got = socket.receive_all();
    CHECK(got.messages == std::vector<std::string>{"1"});
    CHECK(got.close_code == row.echoed);
    CHECK(socket.is_closed());
    CHECK(socket.served.texts.size() == 1);
    CHECK(socket.served.server->ws_send(socket.id, "late") == Flow::kDropped);
    socket.client.close_far();
    CHECK(socket.served.until([&]() { return socket.served.connections_closed == 1; }));
  }
}

TEST_CASE("HttpServer: a client that leaves without Close is told of once") {
  for (const bool is_half_closed : {true, false}) {
    CAPTURE(is_half_closed);
    Socket socket;

    if (is_half_closed) {
      socket.client.finish_sending();
    } else {
      socket.client.close_far();
    }

    CHECK(socket.is_closed());
    CHECK(socket.served.until([&]() { return socket.served.connections_closed == 1; }));
    CHECK(socket.served.closed == std::vector<WebSocketId>{socket.id});
  }
}

TEST_CASE("HttpServer: D20 frames that no client may send close with the code that says why") {
  struct Row {
    const char* name;
    std::string bytes;
    int code;
  };
  std::string huge = frame(0x81, std::string(200, 'x')).substr(0, 14);
  huge[2] = '\x7f';
  std::string negative = huge;
  negative[2] = '\x80';
  const std::array<Row, 13> rows = {{
      {"unmasked", frame(0x81, "{}", false), 1002},
      {"unmasked and empty", frame(0x81, "", false), 1002},
      {"unmasked ping", frame(0x89, "", false), 1002},
      {"binary", frame(0x82, "{}"), 1003},
      {"longer than the limit", frame(0x81, std::string(1001, 'x')).substr(0, 20), 1009},
      {"fragments longer than the limit",
       frame(0x01, std::string(900, 'x')) + frame(0x00, "y") +
           frame(0x80, std::string(100, 'z')).substr(0, 14),
       1009},
      {"length of 2^63 - 1", huge, 1009},
      {"length of 2^63", negative, 1002},
      {"compressed", frame(0xc1, "{}"), 1002},
      {"unknown opcode", frame(0x83, "{}"), 1002},
      {"continuation of nothing", frame(0x80, "{}"), 1002},
      {"text inside a message", frame(0x01, "{") + frame(0x81, "}"), 1002},
      {"fragmented ping", frame(0x09, "hi"), 1002},
  }};
  for (const Row& row : rows) {
    CAPTURE(std::string(row.name));
    HttpServerOptions options;
    options.body_bytes_max = 1000;
    Socket socket(options);

    socket.client.send(row.bytes);

    CHECK(socket.receive_all().close_code == row.code);
    CHECK(socket.is_closed());
    CHECK(socket.served.texts.empty());
  }
}

TEST_CASE("HttpServer: D20 a message as long as the limit passes") {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  Socket socket(options);

  socket.client.send(frame(0x01, std::string(900, 'x')) + frame(0x80, std::string(100, 'y')));

  CHECK(socket.receive_messages(1).messages.size() == 1);
}

TEST_CASE("HttpServer: a paused WebSocket brings nothing until it is resumed") {
  Socket socket;
  Served& served = socket.served;
  served.on_text = [&](WebSocketId id, std::string_view) { served.server->ws_pause_reading(id); };

  socket.client.send(text_frame("1") + text_frame("2") + text_frame("3"));
  REQUIRE(served.until([&]() { return !served.texts.empty(); }));
  socket.client.send(text_frame("4"));
  turn(*served.loop, 20);
  const size_t before = served.texts.size();
  for (int i = 0; i < 3; ++i) {
    served.server->ws_resume_reading(socket.id);
    turn(*served.loop, 5);
  }

  CHECK(before == 1);
  CHECK(served.texts == std::vector<std::string>{"1", "2", "3", "4"});
}

}  // namespace sidecar::testing
