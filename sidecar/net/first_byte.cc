#include "net/first_byte.h"

#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <utility>

namespace sidecar {

namespace {

std::vector<gid_t> peer_groups(int fd) {
  std::vector<gid_t> groups(16);
  for (;;) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
      groups.resize(bytes / sizeof(gid_t));
      return groups;
    }
    const size_t needed = bytes / sizeof(gid_t);
    if (errno != ERANGE || needed <= groups.size() || needed > PeerCredentials::kGroupsMax) {
      return {};
    }
    groups.resize(needed);
  }
}

}  // namespace

PeerCredentials peer_credentials(int fd) {
  ucred peer{};
  socklen_t length = sizeof(peer);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid <= 0) {
    return {};
  }
  return {peer.uid, peer.gid, peer.pid, peer_groups(fd)};
}

struct FirstByte::Handles {
  uv_poll_t poll;
  int fd;  ///< -1 once it was handed on
  OnSeen on_seen;
};

FirstByte::FirstByte(Loop& loop, int fd, OnSeen on_seen)
    : handles_(new Handles{{}, fd, std::move(on_seen)}) {
  uv_poll_init(loop.raw(), &handles_->poll, fd);
  handles_->poll.data = handles_;
  uv_poll_start(&handles_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    auto* handles = static_cast<Handles*>(poll->data);
    const int byte = peek(handles->fd);
    if (byte == -2) {
      return;
    }
    // Off the poller first: the next owner registers the same descriptor.
    uv_poll_stop(poll);
    const int seen_fd = std::exchange(handles->fd, -1);
    if (byte == -1) {
      ::close(seen_fd);
    }
    handles->on_seen(seen_fd, byte);  // destroys this FirstByte; the handles live on till closed
  });
}

FirstByte::~FirstByte() {
  uv_poll_stop(&handles_->poll);
  if (handles_->fd >= 0) {
    ::close(handles_->fd);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->poll),
           [](uv_handle_t* handle) { delete static_cast<Handles*>(handle->data); });
}

int FirstByte::peek(int fd) {
  unsigned char byte = 0;
  ssize_t got = 0;
  do {
    got = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got == 1) {
    return byte;
  }
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? -2 : -1;
}

}  // namespace sidecar
