#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

namespace sidecar::testing {

/// The service manager's end of a notification socket. `address` as in $NOTIFY_SOCKET.
class NotifyInbox {
 public:
  explicit NotifyInbox(const std::string& address)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    REQUIRE(address.size() < sizeof(to.sun_path));
    address.copy(to.sun_path, address.size());
    if (address.front() == '@') {
      to.sun_path[0] = '\0';
    }
    const size_t bytes = offsetof(sockaddr_un, sun_path) + address.size();
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&to), static_cast<socklen_t>(bytes)) == 0);
  }
  ~NotifyInbox() { ::close(fd_); }
  NotifyInbox(const NotifyInbox&) = delete;
  NotifyInbox& operator=(const NotifyInbox&) = delete;

  /// The next datagram, empty when none has come.
  std::string next() const {
    char text[4096];
    const ssize_t got = ::recv(fd_, text, sizeof(text), MSG_DONTWAIT);
    return got > 0 ? std::string(text, static_cast<size_t>(got)) : std::string();
  }
  void drop_all() const {
    while (!next().empty()) {
    }
  }

 private:
  int fd_;
};

}  // namespace sidecar::testing
