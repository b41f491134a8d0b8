#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>

#include "net/loop.h"

namespace sidecar::testing {

/// Two ends of a Unix stream: ours() goes into the code under test, the far end is the test's.
class SocketPair {
 public:
  SocketPair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours_ = fds[0];
    far_ = fds[1];
  }
  ~SocketPair() { close_far(); }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int ours() const { return ours_; }

  void send(std::string_view bytes) {
    REQUIRE(::send(far_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// All that has come so far, without waiting.
  std::string receive() {
    std::string got;
    char buffer[65536];
    for (ssize_t n = 0; (n = ::recv(far_, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0;) {
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  /// True when the other side has sent FIN and all before it was received; a reset is no end.
  bool is_ended() {
    char byte;
    return ::recv(far_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }
  void finish_sending() { ::shutdown(far_, SHUT_WR); }
  void close_far() {
    if (far_ >= 0) {
      ::close(far_);
      far_ = -1;
    }
  }

 private:
  int ours_;
  int far_;
};

/// Turns the loop until `is_done`, or gives up after many turns.
inline bool turn_until(Loop& loop, const std::function<bool()>& is_done) {
  for (int turn = 0; turn < 20'000; ++turn) {
    if (is_done()) {
      return true;
    }
    loop.run_ready();
    if (turn > 100) {
      ::poll(nullptr, 0, 1);  // give another process or thread the core
    }
  }
  return false;
}

inline void turn(Loop& loop, int turns = 8) {
  for (int i = 0; i < turns; ++i) {
    loop.run_ready();
  }
}

}  // namespace sidecar::testing
