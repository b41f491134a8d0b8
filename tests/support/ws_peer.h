#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/loop.h"
// doctest after ours: base/check.h has a CHECK too.
#include <doctest/doctest.h>

#include "tests/support/sha1.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

/// A server's frame. `first_byte`: FIN, reserved bits and opcode.
inline std::string server_frame(int first_byte, std::string_view payload) {
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(payload.size()));
  } else {
    out.push_back('\x7f');
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>((payload.size() >> shift) & 0xff));
    }
  }
  return out.append(payload);
}
inline std::string server_text(std::string_view text) {
  return server_frame(0x81, text);
}
inline std::string server_close(int code) {
  return server_frame(
      0x88,
      {std::array<char, 2>{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}.data(),
       2});
}

/// A client's frames as they came: `text:...`, `ping:...`, `pong:...`, `close:1009`; one without a
/// mask is `unmasked`.
inline std::vector<std::string> client_frames(std::string_view bytes) {
  std::vector<std::string> frames;
  const auto at = [&bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  while (bytes.size() >= 2) {
    size_t length = at(1) & 0x7f;
    size_t head = 2;
    const size_t wide = length == 127 ? 8 : length == 126 ? 2 : 0;
    if (bytes.size() < head + wide) {
      break;
    }
    for (size_t i = 0; i < wide; ++i) {
      length = (i == 0 ? 0 : length << 8) | at(head + i);
    }
    head += wide + 4;
    if (bytes.size() < head + length) {
      break;
    }
    std::string payload(bytes.substr(head, length));
    for (size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<char>(payload[i] ^ bytes[head - 4 + i % 4]);
    }
    const int opcode = at(0) & 0x0f;
    if ((at(1) & 0x80) == 0) {
      frames.emplace_back("unmasked");
    } else if (opcode == 8) {
      frames.push_back("close:" + std::to_string(static_cast<uint8_t>(payload[0]) << 8 |
                                                 static_cast<uint8_t>(payload[1])));
    } else {
      frames.push_back((opcode == 9 ? "ping:" : opcode == 10 ? "pong:" : "text:") + payload);
    }
    bytes.remove_prefix(head + length);
  }
  return frames;
}

/// A WebSocket server on a loopback port that says what the test writes, one connection at a time.
class WsPeer {
 public:
  WsPeer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_, where, length) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    REQUIRE(::getsockname(listener_, where, &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~WsPeer() {
    hang_up();
    stop_listening();
  }
  WsPeer(const WsPeer&) = delete;
  WsPeer& operator=(const WsPeer&) = delete;

  std::string url(std::string_view target = "/") const {
    return "ws://127.0.0.1:" + std::to_string(port_) + std::string(target);
  }
  /// Takes the next connection and its request head.
  bool accept(Loop& loop) {
    hang_up();
    request.clear();
    received_.clear();
    return turn_until(loop, [this]() {
      if (fd_ < 0) {
        fd_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        connection_count += fd_ >= 0 ? 1 : 0;
      }
      request += take();
      return request.find("\r\n\r\n") != std::string::npos;
    });
  }
  /// True when a connection waits for accept().
  bool has_waiting() const {
    pollfd query{listener_, POLLIN, 0};
    return ::poll(&query, 1, 0) == 1;
  }
  /// The 101 that answers the request.
  std::string upgrade(std::string_view more = {}) const {
    constexpr std::string_view kName = "Sec-WebSocket-Key: ";
    const size_t at = request.find(kName);
    REQUIRE(at != std::string::npos);
    const std::string key = request.substr(at + kName.size(), 24);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           sha1_base64(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11") + "\r\n" + std::string(more) +
           "\r\n";
  }
  void send(std::string_view bytes) {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// All frames since the upgrade.
  std::vector<std::string> frames() {
    received_ += take();
    return client_frames(received_);
  }
  bool has_frames(Loop& loop, size_t count) {
    return turn_until(loop, [this, count]() { return frames().size() >= count; });
  }
  /// True once the other side has closed, gently or not.
  bool is_ended(Loop& loop) {
    return turn_until(loop, [this]() {
      frames();
      return is_ended_;
    });
  }
  void hang_up() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = -1;
    is_ended_ = false;
  }
  /// Ends the connection with a reset.
  void reset() {
    const linger now{1, 0};
    REQUIRE(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
    hang_up();
  }
  void stop_listening() {
    if (listener_ >= 0) {
      ::close(listener_);
    }
    listener_ = -1;
  }

  /// Connects until the kernel takes no more before accept() is called.
  std::vector<int> fill_queue() {
    REQUIRE(::listen(listener_, 0) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    std::vector<int> fds;
    for (int i = 0; i < 4; ++i) {
      fds.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      (void)::connect(fds.back(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    }
    return fds;
  }

  std::string request;
  int connection_count = 0;

 private:
  std::string take() {
    std::string got;
    char buffer[65536];
    ssize_t n = 0;
    while (fd_ >= 0 && (n = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      got.append(buffer, static_cast<size_t>(n));
    }
    is_ended_ = is_ended_ || (fd_ >= 0 && (n == 0 || (n < 0 && errno == ECONNRESET)));
    return got;
  }

  int listener_ = -1;
  int fd_ = -1;
  uint16_t port_ = 0;
  bool is_ended_ = false;
  std::string received_;
};

}  // namespace sidecar::testing
