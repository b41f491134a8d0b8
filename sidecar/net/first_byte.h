#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "net/loop.h"

namespace sidecar {

/// What a Unix peer was when it connected. Errors: none; all -1 and no groups for TCP.
struct PeerCredentials {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  pid_t pid = -1;
  std::vector<gid_t> groups = {};  ///< besides `gid`; all, or none if there are over kGroupsMax

  static constexpr size_t kGroupsMax = 1'024;
};
PeerCredentials peer_credentials(int fd);

/// Waits for the first byte of a connection without consuming it, then says what it is.
/// Owner: the listener, by id; destroying it early closes the descriptor.
class FirstByte {
 public:
  /// `byte` < 0: the peer left without a word, and the descriptor is closed already.
  using OnSeen = std::function<void(int fd, int byte)>;
  FirstByte(Loop& loop, int fd, OnSeen on_seen);
  ~FirstByte();
  FirstByte(const FirstByte&) = delete;
  FirstByte& operator=(const FirstByte&) = delete;

  /// What a descriptor holds now: 0-255, -1 at its end, -2 when nothing has come yet.
  static int peek(int fd);

 private:
  struct Handles;
  Handles* handles_;
};

}  // namespace sidecar
