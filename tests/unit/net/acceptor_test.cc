#include "net/acceptor.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "net/first_byte.h"
#include "tests/support/socket_pair.h"
#include "tests/support/temp_folder.h"

namespace sidecar::testing {

namespace {

/// Accepted sockets of one acceptor, closed at the end.
struct Door {
  ~Door() {
    for (const int fd : fds) {
      ::close(fd);
    }
  }
  Result<std::unique_ptr<Acceptor>> open(Loop& loop, const std::string& path,
                                         Acceptor::FileAccess access = {}) {
    return Acceptor::listen_unix(
        loop, path, access, 16, [this](int fd) { fds.push_back(fd); }, [this]() { ++exhausted; });
  }
  std::vector<int> fds;
  int exhausted = 0;
};

int dial(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// A listening socket as a service manager would pass it.
int listen_at(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(fd, 8) == 0);
  return fd;
}

/// 0, or what a connect to this port of loopback fails with; the connection is closed again.
int dial_tcp(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int failed = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  const int fault = failed == 0 ? 0 : errno;
  ::close(fd);
  return fault;
}

std::unique_ptr<Loop> make_loop() {
  return std::move(Loop::create()).value();
}

}  // namespace

TEST_CASE("Acceptor: accepts, with the mode asked for, and removes its file at the end") {
  TempFolder folder;
  auto loop = make_loop();
  Door door;
  const std::string path = folder.file("rpc.sock");
  auto acceptor = std::move(door.open(*loop, path, {0640, {}})).value();

  const int fd = dial(path);
  turn(*loop);
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
  REQUIRE(door.fds.size() == 1);
  CHECK(peer_credentials(door.fds[0]).pid == ::getpid());
  CHECK(peer_credentials(door.fds[0]).uid == ::getuid());

  ::close(fd);
  acceptor.reset();
  turn(*loop);
  CHECK(::stat(path.c_str(), &info) != 0);
}

TEST_CASE("Acceptor: E13 a stale socket file is taken over") {
  TempFolder folder;
  auto loop = make_loop();
  Door door;
  const std::string path = folder.file("rpc.sock");
  {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    ::close(fd);
  }

  auto acceptor = door.open(*loop, path);

  REQUIRE(acceptor.ok());
  const int fd = dial(path);
  CHECK(fd >= 0);
  ::close(fd);
  std::move(acceptor).value().reset();
  turn(*loop);
}

TEST_CASE("Acceptor: E14 a live holder is named by its pid and keeps its socket") {
  TempFolder folder;
  auto loop = make_loop();
  Door first;
  Door second;
  const std::string path = folder.file("rpc.sock");
  auto holder = std::move(first.open(*loop, path)).value();

  const auto refused = second.open(*loop, path);

  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::kInUse);
  CHECK(refused.error().detail.find(std::to_string(::getpid())) != std::string::npos);
  const int fd = dial(path);
  CHECK(fd >= 0);
  ::close(fd);
  holder.reset();
  turn(*loop);
}

TEST_CASE("Acceptor: E13 a live socket without our lock is not taken either") {
  TempFolder folder;
  auto loop = make_loop();
  Door door;
  const std::string path = folder.file("node.ipc");
  const int other = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(other, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(other, 1) == 0);

  const auto refused = door.open(*loop, path);

  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::kInUse);
  ::close(other);
}

TEST_CASE("Acceptor: E15 each wrong path is refused with what is wrong") {
  struct Row {
    std::string path;
    std::string part;
  };
  TempFolder folder;
  std::ofstream(folder.file("plain")) << "x";
  auto loop = make_loop();
  for (const Row& row : std::vector<Row>{{std::string(108, 'x'), "107 bytes"},
                                         {"", "107 bytes"},
                                         {folder.file("no/such/rpc.sock"), "folder"},
                                         {folder.file("plain"), "not a socket"}}) {
    CAPTURE(row.path);
    Door door;

    const auto refused = door.open(*loop, row.path);

    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().detail.find(row.part) != std::string::npos);
  }
  CHECK(std::ifstream(folder.file("plain")).good());
}

TEST_CASE("Acceptor: a passed socket is accepted on, and outlives it with its file and backlog") {
  TempFolder folder;
  auto loop = make_loop();
  const std::string path = folder.file("rpc.sock");
  const int kept = listen_at(path);
  Door door;
  const auto take = [&]() {
    return Acceptor::take_passed(
        *loop, ::dup(kept), [&door](int fd) { door.fds.push_back(fd); }, []() {});
  };
  auto acceptor = std::move(take()).value();
  CHECK(acceptor->path() == path);
  const int first = dial(path);
  turn(*loop);
  CHECK(door.fds.size() == 1);

  acceptor.reset();
  turn(*loop);
  const int second = dial(path);
  CHECK(second >= 0);  // waits for the next process
  CHECK_FALSE(std::filesystem::exists(path + ".lock"));
  turn(*loop);
  CHECK(door.fds.size() == 1);

  acceptor = std::move(take()).value();
  turn(*loop);
  CHECK(door.fds.size() == 2);
  acceptor.reset();
  turn(*loop);
  ::close(first);
  ::close(second);
  ::close(kept);
}

TEST_CASE("Acceptor: a passed descriptor that is no listening Unix stream is refused") {
  TempFolder folder;
  auto loop = make_loop();
  const auto bound = [&](int type, const char* name) {
    const int fd = ::socket(AF_UNIX, type, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    folder.file(name).copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    return fd;
  };
  const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(::listen(tcp, 1) == 0);
  const int nameless = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un nobody{};
  nobody.sun_family = AF_UNIX;
  REQUIRE(::bind(nameless, reinterpret_cast<sockaddr*>(&nobody), sizeof(sa_family_t)) == 0);
  REQUIRE(::listen(nameless, 1) == 0);
  for (const int fd : {bound(SOCK_STREAM, "deaf"), bound(SOCK_DGRAM, "datagram"), tcp, nameless,
                       ::open("/dev/null", O_RDONLY), 9'999}) {
    CAPTURE(fd);

    const auto refused = Acceptor::take_passed(
        *loop, fd, [](int) {}, []() {});

    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Errc::kInvalid);
    CHECK(refused.error().detail.find("ListenStream=") != std::string::npos);
    CHECK(::fcntl(fd, F_GETFD) == -1);  // closed all the same
  }
}

TEST_CASE("Acceptor: is stalled when connections wait and a turn after turn takes none") {
  TempFolder folder;
  auto loop = make_loop();
  const std::string path = folder.file("rpc.sock");
  Door door;
  auto acceptor = std::move(door.open(*loop, path)).value();
  CHECK_FALSE(acceptor->is_stalled());
  CHECK_FALSE(acceptor->is_stalled());

  const int first = dial(path);
  CHECK_FALSE(acceptor->is_stalled());  // it may have come just now
  CHECK(acceptor->is_stalled());
  turn(*loop);
  CHECK_FALSE(acceptor->is_stalled());

  const int second = dial(path);
  CHECK_FALSE(acceptor->is_stalled());
  turn(*loop);
  const int third = dial(path);
  CHECK_FALSE(acceptor->is_stalled());  // one waits as it did before, but not the same one
  acceptor.reset();
  turn(*loop);
  for (const int fd : {first, second, third}) {
    ::close(fd);
  }
}

TEST_CASE("Acceptor: TCP port 0 is any free one, and a taken one is refused") {
  auto loop = make_loop();
  Door door;
  const auto listen = [&](uint16_t port) {
    return Acceptor::listen_tcp(
        *loop, "127.0.0.1", port, 16, [&door](int fd) { door.fds.push_back(fd); },
        [&door]() { ++door.exhausted; });
  };
  auto acceptor = std::move(listen(0)).value();
  CHECK(acceptor->port() != 0);

  const auto refused = listen(acceptor->port());

  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Errc::kInUse);
  acceptor.reset();
  turn(*loop);
}

TEST_CASE("Acceptor: refuse() turns connects away and keeps the port, resume() takes them again") {
  auto loop = make_loop();
  Door door;
  const auto listen = [&](uint16_t port) {
    return Acceptor::listen_tcp(
        *loop, "127.0.0.1", port, 16, [&door](int fd) { door.fds.push_back(fd); }, []() {});
  };
  auto acceptor = std::move(listen(0)).value();
  const uint16_t port = acceptor->port();
  CHECK(dial_tcp(port) == 0);
  turn(*loop);

  acceptor->refuse();
  CHECK(dial_tcp(port) == ECONNREFUSED);
  turn(*loop);
  CHECK(door.fds.size() == 1);

  REQUIRE(acceptor->resume().ok());
  CHECK(acceptor->port() == port);
  CHECK(dial_tcp(port) == 0);
  turn(*loop);
  CHECK(door.fds.size() == 2);

  acceptor->refuse();  // and it may end so
  acceptor.reset();
  turn(*loop);
  CHECK(std::move(listen(port)).ok());
}

TEST_CASE("FirstByte: tells the first byte without consuming it, whenever it comes") {
  auto loop = make_loop();
  SocketPair pair;
  int seen = -2;
  int seen_fd = -1;
  auto watch = std::make_unique<FirstByte>(*loop, pair.ours(), [&](int fd, int byte) {
    seen_fd = fd;
    seen = byte;
  });
  turn(*loop);
  CHECK(seen == -2);

  pair.send("{}");
  turn(*loop);
  watch.reset();
  turn(*loop);

  CHECK(seen == '{');
  CHECK(FirstByte::peek(seen_fd) == '{');
  ::close(seen_fd);
}

TEST_CASE("FirstByte: a peer that leaves without a word is told as such") {
  auto loop = make_loop();
  SocketPair pair;
  int seen = -2;
  auto watch = std::make_unique<FirstByte>(*loop, pair.ours(), [&](int, int byte) { seen = byte; });

  pair.close_far();
  turn(*loop);
  watch.reset();
  turn(*loop);

  CHECK(seen == -1);
}

}  // namespace sidecar::testing
