#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace sidecar::testing {

/// Two ends of a loopback TCP connection, for what Unix sockets do not have: resets. ours() goes
/// into the code under test, the far end is the test's.
class TcpPair {
 public:
  TcpPair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener, where, length) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, where, &length) == 0);
    far_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(far_, where, length) == 0);
    ours_ = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    REQUIRE(ours_ >= 0);
    ::close(listener);
  }
  ~TcpPair() { ::close(far_); }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  int ours() const { return ours_; }

  void send(std::string_view bytes) {
    REQUIRE(::send(far_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// All that has come so far, without waiting; how it ended is told by end().
  std::string receive() {
    std::string got;
    char buffer[65536];
    ssize_t n = 0;
    while ((n = ::recv(far_, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      got.append(buffer, static_cast<size_t>(n));
    }
    if (n == 0) {
      end_ = "fin";
    } else if (errno != EAGAIN) {
      end_ = errno == ECONNRESET ? "reset" : "error";
    }
    return got;
  }
  /// "fin", "reset", or empty while the connection lasts.
  std::string_view end() const { return end_; }

 private:
  int ours_ = -1;
  int far_ = -1;
  std::string_view end_;
};

}  // namespace sidecar::testing
