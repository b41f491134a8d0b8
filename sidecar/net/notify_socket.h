#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sidecar {

/// The service manager's notification socket: takes short texts, never waits.
/// Not libsystemd's sd_notify(): that one waits when the manager's queue is full, which on the loop
/// is everyone's wait, and it brings five libraries and 1.1 MiB for these few lines.
/// Owner: whoever reports, by value. Source: sd_notify(3), "Standalone Implementations".
class NotifySocket {
 public:
  /// `address`: what $NOTIFY_SOCKET says, a path or an abstract name that begins with `@`.
  /// Errors: kInvalid (neither of them, or too long), kSystem.
  static Result<NotifySocket> open(std::string_view address);
  ~NotifySocket();
  NotifySocket(NotifySocket&& other) noexcept;
  NotifySocket& operator=(NotifySocket&&) = delete;

  /// `lines`: VARIABLE=value, one a line. False: not taken (nobody reads, or the queue is full).
  bool send(std::string_view lines) const;

 private:
  NotifySocket(int fd, const sockaddr_un& address, socklen_t length)
      : fd_(fd), address_(address), length_(length) {}

  int fd_;
  sockaddr_un address_;
  socklen_t length_;
};

}  // namespace sidecar
