#include "net/http_server.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

namespace {

constexpr const char* kMask = "\x12\x34\x56\x78";

std::string handshake(std::string_view more = {}) {
  return "GET /ethereum HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more) + "\r\n";
}

/// A client's frame. `first_byte`: FIN, reserved bits and opcode.
std::string frame(int first_byte, std::string_view payload, bool is_masked = true) {
  std::string out;
  out.push_back(static_cast<char>(first_byte));
  const char mask_bit = is_masked ? '\x80' : '\0';
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(mask_bit | static_cast<char>(payload.size())));
  } else {
    out.push_back(static_cast<char>(mask_bit | 127));
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>((payload.size() >> shift) & 0xff));
    }
  }
  if (is_masked) {
    out.append(kMask, 4);
  }
  for (size_t i = 0; i < payload.size(); ++i) {
    out.push_back(is_masked ? static_cast<char>(payload[i] ^ kMask[i & 3]) : payload[i]);
  }
  return out;
}
std::string text_frame(std::string_view text) {
  return frame(0x81, text);
}
std::string close_frame(std::string_view payload) {
  return frame(0x88, payload);
}

/// What the server sent: messages with their fragments joined, and control frames as `ping:...`.
struct Received {
  std::vector<std::string> messages;
  std::vector<size_t> frame_bytes;
  int close_code = 0;
  std::string rest;
};

Received read_frames(std::string bytes) {
  Received got;
  std::string message;
  while (bytes.size() >= 2) {
    const auto at = [&bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    size_t length = at(1);
    size_t head = 2;
    if (length >= 126) {
      const size_t count = length == 126 ? 2 : 8;
      head += count;
      length = 0;
      for (size_t i = 0; i < count && bytes.size() >= head; ++i) {
        length = length << 8 | at(2 + i);
      }
    }
    if (bytes.size() < head + length) {
      break;
    }
    const int opcode = at(0) & 0x0f;
    const std::string payload = bytes.substr(head, length);
    if (opcode == 8) {
      got.close_code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
    } else if (opcode >= 8) {
      got.messages.push_back((opcode == 9 ? "ping:" : "pong:") + payload);
    } else {
      CHECK((opcode == 1) == message.empty());
      message += payload;
      got.frame_bytes.push_back(length);
      if ((at(0) & 0x80) != 0) {
        got.messages.push_back(message);
        message.clear();
      }
    }
    bytes.erase(0, head + length);
  }
  got.rest = bytes;
  return got;
}

/// A served client whose handshake is done.
class Socket {
 public:
  explicit Socket(const HttpServerOptions& options = {}) : served(options) {
    served.adopt(client);
    client.send(handshake());
    REQUIRE(served.until([this]() { return !served.opened.empty(); }));
    id = served.opened[0];
    std::string head;
    REQUIRE(served.until([&]() {
      head += client.receive();
      return head.find("\r\n\r\n") != std::string::npos;
    }));
    REQUIRE(starts_with(head, "HTTP/1.1 101 "));
  }

  /// Frames that come until `is_enough` of them.
  Received receive(const std::function<bool(const Received&)>& is_enough) {
    std::string bytes;
    served.until([&]() {
      bytes += client.receive();
      return is_enough(read_frames(bytes));
    });
    return read_frames(bytes);
  }
  Received receive_messages(size_t count) {
    return receive([count](const Received& got) { return got.messages.size() >= count; });
  }
  /// Everything up to FIN.
  Received receive_all() { return read_frames(served.receive_all(client)); }
  bool is_closed() {
    return served.until([this]() { return !served.closed.empty(); });
  }

  Served served;
  SocketPair client;
  WebSocketId id = 0;
};

}  // namespace

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
  options.output_bytes_max = 1u << 20;
  Socket socket(options);
  HttpServer& server = *socket.served.server;
  std::vector<Flow> flows;

  for (int i = 0; i < 30 && (flows.empty() || flows.back() != Flow::kDropped); ++i) {
    flows.push_back(server.ws_send(socket.id, std::string(100'000, 'x')));
    turn(*socket.served.loop, 3);
    CHECK(server.ws_queued_bytes(socket.id) <= options.output_bytes_max + 1000);
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
  options.output_bytes_max = 1u << 20;
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
  options.output_bytes_max = 1u << 20;
  Socket socket(options);

  CHECK(socket.served.server->ws_send(socket.id, std::string(3'000'000, 'x')) == Flow::kFull);

  const Received got = socket.receive_messages(1);
  REQUIRE(got.messages.size() == 1);
  CHECK(got.messages[0].size() == 3'000'000);
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
  options.output_bytes_max = 64u << 10;
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
