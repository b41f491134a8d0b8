#include "net/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/first_byte.h"

namespace sidecar {

namespace {

constexpr size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

Error system_error(const std::string& what) {
  const int error = errno;
  const Errc code = error == EACCES || error == EPERM ? Errc::kPermission : Errc::kSystem;
  return Error{code, what + ": " + std::strerror(error)};
}

Error listen_error(const std::string& where) {
  const bool is_taken = errno == EADDRINUSE;
  Error error = system_error(where + ": cannot listen");
  error.code = is_taken ? Errc::kInUse : error.code;
  return error;
}

/// A descriptor that closes itself unless it is let go.
class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kPathBytesMax);
  return address;
}

/// The pid of whoever answers on a socket file, 0 when nobody does.
pid_t pid_answering(const std::string& path) {
  const OwnedFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = unix_address(path);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EAGAIN) {  // EAGAIN: its backlog is full, so it lives
    return 0;
  }
  return peer_credentials(probe.get()).pid;
}

Error in_use(const std::string& path, pid_t holder) {
  std::string by = holder > 0 ? "process " + std::to_string(holder) : "another process";
  return Error{Errc::kInUse,
               path + ": " + by + " is serving on this socket; stop it or set another listen.path"};
}

/// Holds the lock file beside the socket, which tells a live holder from a stale file.
Result<int> take_lock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  OwnedFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) {
    return system_error(lock_path +
                        ": cannot create the lock file (does its folder exist, and may "
                        "this user write there?)");
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    char text[16] = {};
    const ssize_t got = ::pread(lock.get(), text, sizeof(text) - 1, 0);
    return in_use(path, got > 0 ? static_cast<pid_t>(std::atoi(text)) : 0);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return system_error(lock_path);
  }
  return lock.release();
}

/// Removes a socket file that nobody answers on; leaves everything else alone.
Status clear_stale(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Status(Done{}) : Status(system_error(path));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error{Errc::kInvalid,
                 path + ": exists and is not a socket; remove it or set another listen.path"};
  }
  if (const pid_t holder = pid_answering(path); holder != 0) {
    return in_use(path, holder);
  }
  if (::unlink(path.c_str()) != 0) {
    return system_error(path + ": cannot remove the stale socket");
  }
  return Done{};
}

Result<int> bind_unix(const std::string& path, const Acceptor::FileAccess& access,
                      uint32_t backlog) {
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) {
    return system_error("socket");
  }
  const sockaddr_un address = unix_address(path);
  // Nobody may connect between bind and chmod.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  ::umask(before);
  if (bound != 0) {
    return system_error(path + ": cannot bind");
  }
  if (access.group && ::chown(path.c_str(), static_cast<uid_t>(-1), *access.group) != 0) {
    return system_error(path + ": cannot give the socket to group " +
                        std::to_string(*access.group));
  }
  if (::chmod(path.c_str(), access.mode) != 0) {
    return system_error(path + ": cannot set the socket's mode");
  }
  if (::listen(fd.get(), static_cast<int>(backlog)) != 0) {
    return system_error(path + ": cannot listen");
  }
  return fd.release();
}

}  // namespace

struct Acceptor::Handles {
  uv_poll_t poll;
};

/// Where a TCP socket listens, its port known.
struct Acceptor::Address {
  sockaddr_storage bytes{};
  socklen_t length = 0;
  std::string text;
};

Result<std::unique_ptr<Acceptor>> Acceptor::listen_unix(Loop& loop, const std::string& path,
                                                        FileAccess access, uint32_t backlog,
                                                        OnAccept on_accept,
                                                        OnExhausted on_exhausted) {
  if (path.empty() || path.size() > kPathBytesMax) {
    return Error{Errc::kInvalid, path + ": a socket path has 1 to " +
                                     std::to_string(kPathBytesMax) + " bytes, this has " +
                                     std::to_string(path.size())};
  }
  auto lock = take_lock(path);
  if (!lock.ok()) {
    return lock.error();
  }
  OwnedFd lock_fd(lock.value());
  if (auto cleared = clear_stale(path); !cleared.ok()) {
    return cleared.error();
  }
  auto fd = bind_unix(path, access, backlog);
  if (!fd.ok()) {
    return fd.error();
  }
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(loop, fd.value(), std::move(on_accept), std::move(on_exhausted)));
  acceptor->path_ = path;
  acceptor->lock_fd_ = lock_fd.release();
  return acceptor;
}

Result<std::unique_ptr<Acceptor>> Acceptor::take_passed(Loop& loop, int fd, OnAccept on_accept,
                                                        OnExhausted on_exhausted) {
  OwnedFd owned(fd);
  const auto option = [fd](int name) {
    int value = 0;
    socklen_t length = sizeof(value);
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
  };
  sockaddr_un address{};
  socklen_t length = sizeof(address);
  if (option(SO_DOMAIN) != AF_UNIX || option(SO_TYPE) != SOCK_STREAM ||
      option(SO_ACCEPTCONN) != 1 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      address.sun_path[0] == '\0') {
    return Error{Errc::kInvalid, "descriptor " + std::to_string(fd) +
                                     " that the service manager passed is no listening Unix stream "
                                     "socket with a path; see ListenStream= of the socket unit"};
  }
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    return system_error("descriptor " + std::to_string(fd));
  }
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(loop, owned.release(), std::move(on_accept), std::move(on_exhausted)));
  acceptor->path_.assign(address.sun_path, ::strnlen(address.sun_path, kPathBytesMax));
  return acceptor;
}

Result<std::unique_ptr<Acceptor>> Acceptor::listen_tcp(Loop& loop, const std::string& host,
                                                       uint16_t port, uint32_t backlog,
                                                       OnAccept on_accept,
                                                       OnExhausted on_exhausted) {
  const std::string where = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
  if (const int rc = ::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found);
      rc != 0) {
    return Error{Errc::kInvalid, where + ": " + ::gai_strerror(rc) + "; give a numeric address"};
  }
  auto address = std::make_unique<Address>();
  std::memcpy(&address->bytes, found->ai_addr, found->ai_addrlen);
  address->length = found->ai_addrlen;
  address->text = where;
  ::freeaddrinfo(found);
  auto bound = bind_tcp(*address);
  if (!bound.ok()) {
    return bound.error();
  }
  OwnedFd fd(bound.value());
  if (::listen(fd.get(), static_cast<int>(backlog)) != 0) {
    return listen_error(where);
  }
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address->bytes), &address->length);
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(loop, fd.release(), std::move(on_accept), std::move(on_exhausted)));
  acceptor->port_ = ntohs(address->bytes.ss_family == AF_INET6
                              ? reinterpret_cast<sockaddr_in6*>(&address->bytes)->sin6_port
                              : reinterpret_cast<sockaddr_in*>(&address->bytes)->sin_port);
  acceptor->backlog_ = backlog;
  acceptor->address_ = std::move(address);
  return acceptor;
}

Result<int> Acceptor::bind_tcp(const Address& address) {
  const auto* where = reinterpret_cast<const sockaddr*>(&address.bytes);
  OwnedFd fd(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Accepted sockets inherit it: answers are written whole, so waiting gains nothing.
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::bind(fd.get(), where, address.length) != 0) {
    return listen_error(address.text);
  }
  return fd.release();
}

/// A socket that is bound and does not listen keeps the port from everyone else.
void Acceptor::refuse() {
  CHECK(address_ != nullptr && handles_ != nullptr);
  stop_polling();
  ::close(fd_);
  const auto bound = bind_tcp(*address_);
  fd_ = bound.ok() ? bound.value() : -1;
}

Status Acceptor::resume() {
  CHECK(address_ != nullptr && handles_ == nullptr);
  if (fd_ < 0) {
    const auto bound = bind_tcp(*address_);
    if (!bound.ok()) {
      return bound.error();
    }
    fd_ = bound.value();
  }
  if (::listen(fd_, static_cast<int>(backlog_)) != 0) {
    return listen_error(address_->text);
  }
  start_polling();
  return Done{};
}

Acceptor::Acceptor(Loop& loop, int fd, OnAccept on_accept, OnExhausted on_exhausted)
    : loop_(loop),
      fd_(fd),
      spare_fd_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      on_accept_(std::move(on_accept)),
      on_exhausted_(std::move(on_exhausted)) {
  start_polling();
}

void Acceptor::start_polling() {
  handles_ = new Handles;
  uv_poll_init(loop_.raw(), &handles_->poll, fd_);
  handles_->poll.data = this;
  uv_poll_start(&handles_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Acceptor*>(poll->data)->on_readable();
  });
}

void Acceptor::stop_polling() {
  if (handles_ == nullptr) {
    return;
  }
  uv_poll_stop(&handles_->poll);
  handles_->poll.data = handles_;
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->poll),
           [](uv_handle_t* handle) { delete static_cast<Handles*>(handle->data); });
  handles_ = nullptr;
}

Acceptor::~Acceptor() {
  if (lock_fd_ >= 0) {
    ::unlink(path_.c_str());
  }
  stop_polling();
  if (fd_ >= 0) {
    ::close(fd_);
  }
  if (spare_fd_ >= 0) {
    ::close(spare_fd_);
  }
  if (lock_fd_ >= 0) {
    ::close(lock_fd_);  // the lock file stays: removing it would let two holders lock two files
  }
}

void Acceptor::on_readable() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      ++taken_;
      on_accept_(fd);
    } else if (errno == EMFILE || errno == ENFILE) {
      turn_one_away();
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

bool Acceptor::is_stalled() {
  pollfd query{fd_, POLLIN, 0};
  const bool is_waiting = handles_ != nullptr && ::poll(&query, 1, 0) == 1;
  const bool is_stalled = is_waiting && waiting_at_ == taken_;
  waiting_at_ = is_waiting ? std::optional(taken_) : std::nullopt;
  return is_stalled;
}

void Acceptor::turn_one_away() {
  ++taken_;
  if (spare_fd_ >= 0) {
    ::close(spare_fd_);
  }
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    ::close(fd);
  }
  spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  on_exhausted_();
}

}  // namespace sidecar
