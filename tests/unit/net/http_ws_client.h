#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

constexpr const char* kClientMask = "\x12\x34\x56\x78";

inline std::string handshake(std::string_view more = {}) {
  return "GET /ethereum HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more) + "\r\n";
}

/// A client's frame. `first_byte`: FIN, reserved bits and opcode.
inline std::string frame(int first_byte, std::string_view payload, bool is_masked = true) {
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
    out.append(kClientMask, 4);
  }
  for (size_t i = 0; i < payload.size(); ++i) {
    out.push_back(is_masked ? static_cast<char>(payload[i] ^ kClientMask[i & 3]) : payload[i]);
  }
  return out;
}
inline std::string text_frame(std::string_view text) {
  return frame(0x81, text);
}
inline std::string close_frame(std::string_view payload) {
  return frame(0x88, payload);
}

/// What the server sent: messages with their fragments joined, and control frames as `ping:...`.
struct Received {
  std::vector<std::string> messages;
  std::vector<size_t> frame_bytes;
  int close_code = 0;
  std::string rest;
};

inline Received read_frames(std::string bytes) {
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

}  // namespace sidecar::testing
