#include "net/notify_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace sidecar {

Result<NotifySocket> NotifySocket::open(std::string_view address) {
  sockaddr_un to{};
  if (address.size() < 2 || address.size() >= sizeof(to.sun_path) ||
      (address.front() != '/' && address.front() != '@')) {
    return Error{Errc::kInvalid, "NOTIFY_SOCKET=" + std::string(address) +
                                     ": a path or @name of at most 107 bytes is needed"};
  }
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return Error{Errc::kSystem, std::string("NOTIFY_SOCKET: ") + std::strerror(errno)};
  }
  to.sun_family = AF_UNIX;
  address.copy(to.sun_path, address.size());
  // An abstract name begins with a zero byte, and its length is part of it.
  const bool is_abstract = address.front() == '@';
  to.sun_path[0] = is_abstract ? '\0' : '/';
  const size_t length =
      offsetof(sockaddr_un, sun_path) + address.size() + (is_abstract ? size_t{0} : size_t{1});
  return NotifySocket(fd, to, static_cast<socklen_t>(length));
}

NotifySocket::~NotifySocket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

NotifySocket::NotifySocket(NotifySocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(other.address_), length_(other.length_) {}

/// Addressed each time: a manager that was restarted listens on a new socket under the same name.
bool NotifySocket::send(std::string_view lines) const {
  const ssize_t sent = ::sendto(fd_, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&address_), length_);
  return sent == static_cast<ssize_t>(lines.size());
}

}  // namespace sidecar
