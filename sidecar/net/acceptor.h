#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/loop.h"

namespace sidecar {

/// A listening socket: accepts connections and hands their descriptors on, unread.
/// Not: it reads nothing and counts no sessions; whoever takes a descriptor owns it.
/// Limits: at most kAcceptsPerTurn a turn, so that a storm of connects cannot starve calls. When
/// the process is out of descriptors the newest connection is closed (a spare descriptor makes room
/// for accepting it), so the loop never spins on a backlog it cannot take. Owner: app or a
/// listener; destroying it closes the socket and removes its file, unless it was passed to us.
class Acceptor {
 public:
  static constexpr int kAcceptsPerTurn = 64;

  /// Who may connect to a socket file.
  struct FileAccess {
    mode_t mode = 0660;
    std::optional<gid_t> group;
  };

  /// Takes over a connected, non-blocking, close-on-exec socket.
  using OnAccept = std::function<void(int fd)>;
  /// The process ran out of descriptors and one connection was turned away.
  using OnExhausted = std::function<void()>;

  /// Listens on a socket file. A stale file is taken over only when its lock file is free and
  /// nobody answers on it.
  /// Errors: kInUse naming the holder's pid, kInvalid (path over 107 bytes, not a socket),
  /// kPermission, kSystem; each with the path and a remedy.
  static Result<std::unique_ptr<Acceptor>> listen_unix(Loop& loop, const std::string& path,
                                                       FileAccess access, uint32_t backlog,
                                                       OnAccept on_accept,
                                                       OnExhausted on_exhausted);
  /// Accepts on a listening Unix socket that a service manager opened and keeps: no lock is taken,
  /// no file removed, and whoever connects while no process accepts waits in its backlog. Takes
  /// over the descriptor. Errors: kInvalid when it is anything else.
  static Result<std::unique_ptr<Acceptor>> take_passed(Loop& loop, int fd, OnAccept on_accept,
                                                       OnExhausted on_exhausted);
  /// Listens on host:port; port 0 = any free one (see port()). `host` is a numeric address or
  /// localhost.
  static Result<std::unique_ptr<Acceptor>> listen_tcp(Loop& loop, const std::string& host,
                                                      uint16_t port, uint32_t backlog,
                                                      OnAccept on_accept, OnExhausted on_exhausted);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// TCP only: connects are refused from now on, those that wait are reset; the port stays ours.
  void refuse();
  /// Takes connections again. Errors: kInUse, kSystem; it goes on refusing then.
  Status resume();

  uint16_t port() const { return port_; }
  /// Of a Unix socket.
  const std::string& path() const { return path_; }
  /// Connections wait now, waited when this was last asked, and none was taken in between.
  bool is_stalled();

 private:
  struct Handles;
  struct Address;
  static Result<int> bind_tcp(const Address& address);
  void start_polling();
  void stop_polling();
  Acceptor(Loop& loop, int fd, OnAccept on_accept, OnExhausted on_exhausted);
  void on_readable();
  void turn_one_away();

  Loop& loop_;
  Handles* handles_ = nullptr;  ///< null while it refuses
  int fd_;
  int spare_fd_;
  int lock_fd_ = -1;
  uint16_t port_ = 0;
  uint32_t backlog_ = 0;
  uint64_t taken_ = 0;                  ///< connections, turned away or not
  std::optional<uint64_t> waiting_at_;  ///< what taken_ was when some were last seen waiting
  std::unique_ptr<Address> address_;    ///< of TCP
  std::string path_;
  OnAccept on_accept_;
  OnExhausted on_exhausted_;
};

}  // namespace sidecar
