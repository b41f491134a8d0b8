#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "client/rpcsidecar.h"
#include "proto/frame.h"
#include "tests/support/temp_folder.h"

namespace sidecar::testing {

/// Longer than anything here takes, even on a busy machine; a test that waits so long has failed.
constexpr int kPatienceMs = 20000;

struct Frame {
  int type = 0;
  int flags = 0;
  int chain = 0;
  uint64_t id = 0;
  std::string payload;
};

inline const char* const kWelcome =
    R"({"version":1,"server":"fake","chains":[{"number":1,"name":"ethereum","family":"evm"},)"
    R"({"family":"svm","number":2,"name":"solana"}],)"
    R"("limits":{"frame_bytes_max":16777216,"calls_in_flight_max":1024}})";

/// The sidecar's end of one connection: the test reads and writes its frames.
/// Errors: a failed check, and from then on empty frames; it never throws, so threads may use it.
class FakeSession {
 public:
  explicit FakeSession(int fd) : fd_(fd) {}
  FakeSession(FakeSession&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FakeSession& operator=(FakeSession&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FakeSession() { hang_up(); }

  void send(const Frame& frame) {
    const rpcs_frame header{static_cast<uint32_t>(frame.payload.size()),
                            static_cast<uint8_t>(frame.type), static_cast<uint8_t>(frame.flags),
                            static_cast<uint16_t>(frame.chain), frame.id};
    uint8_t encoded[RPCS_HEADER_BYTES];
    rpcs_encode_header(&header, encoded);
    send_bytes(std::string(reinterpret_cast<char*>(encoded), sizeof(encoded)) + frame.payload);
  }
  void result(uint64_t id, const std::string& value, int flags = 0) {
    send({RPCS_RESULT, flags, 0, id, value});
  }
  void error(uint64_t id, const std::string& value) { send({RPCS_ERROR, 0, 0, id, value}); }
  void send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EINTR) {
        return; /* the client has gone: what matters is what it says */
      }
      bytes.remove_prefix(sent > 0 ? static_cast<size_t>(sent) : 0);
    }
  }

  Frame receive() {
    std::string header = receive_bytes(RPCS_HEADER_BYTES);
    rpcs_frame decoded{};
    if (header.size() != RPCS_HEADER_BYTES ||
        rpcs_decode_header(reinterpret_cast<const uint8_t*>(header.data()), RPCS_PAYLOAD_MAX,
                           &decoded) != RPCS_FRAME_OK) {
      CHECK_MESSAGE(false, "no whole frame came");
      return {};
    }
    return {decoded.type, decoded.flags, decoded.chain, decoded.id,
            receive_bytes(decoded.payload_length)};
  }
  std::string receive_bytes(size_t count) {
    std::string got;
    while (got.size() < count) {
      const std::string some = receive_some(count - got.size());
      if (some.empty()) {
        break;
      }
      got += some;
    }
    return got;
  }
  /// At least a byte, unless the client has gone or says nothing more.
  std::string receive_some(size_t count_max) {
    char buffer[65536];
    pollfd polled{fd_, POLLIN, 0};
    if (::poll(&polled, 1, kPatienceMs) <= 0) {
      return {};
    }
    const ssize_t n = ::recv(fd_, buffer, std::min(sizeof(buffer), count_max), 0);
    return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
  }

  /// Takes HELLO and answers it.
  Frame greet(const std::string& welcome = kWelcome) {
    Frame hello = receive();
    CHECK(hello.type == RPCS_HELLO);
    send({RPCS_WELCOME, 0, 0, hello.id, welcome});
    return hello;
  }

  void hang_up() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  bool has_input() const {
    pollfd polled{fd_, POLLIN, 0};
    return ::poll(&polled, 1, 0) == 1;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

/// A socket that a client takes for a sidecar's.
class FakeSidecar {
 public:
  explicit FakeSidecar(std::string path, int backlog = 16) : path_(std::move(path)) {
    listen(backlog);
  }
  FakeSidecar(const FakeSidecar&) = delete;
  FakeSidecar& operator=(const FakeSidecar&) = delete;
  ~FakeSidecar() { stop(); }

  void listen(int backlog = 16) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(fd_, backlog) == 0);
  }
  /// Gone, file and all, as after an orderly exit.
  void stop() {
    if (fd_ >= 0) {
      ::close(fd_);
      ::unlink(path_.c_str());
      fd_ = -1;
    }
  }
  FakeSession accept() {
    pollfd polled{fd_, POLLIN, 0};
    if (::poll(&polled, 1, kPatienceMs) <= 0) {
      CHECK_MESSAGE(false, "no client came");
      return FakeSession(-1);
    }
    return FakeSession(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  }
  const std::string& path() const { return path_; }
  int fd() const { return fd_; }

 private:
  std::string path_;
  int fd_ = -1;
};

/// The sidecar's part of a test whose own thread waits in a blocking call.
class Script {
 public:
  explicit Script(std::function<void()> part) : thread_(std::move(part)) {}
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  ~Script() { thread_.join(); }

 private:
  std::thread thread_;
};

}  // namespace sidecar::testing
