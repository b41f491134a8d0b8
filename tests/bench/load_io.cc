#include "load_io.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sidecar::testing {
namespace {

int connect_unix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    die("too long for a socket: " + path);
  }
  path.copy(address.sun_path, path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    die_errno("connecting to " + path);
  }
  return fd;
}

int connect_tcp(const std::string& host_port) {
  const size_t colon = host_port.rfind(':');
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (colon == std::string::npos ||
      ::inet_pton(AF_INET, host_port.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    die("neither unix:PATH nor NUMBER:PORT: " + host_port);
  }
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(host_port.c_str() + colon + 1)));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    die_errno("connecting to " + host_port);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what.c_str());
  std::exit(1);
}

void die_errno(const std::string& what) {
  die(what + ": " + std::strerror(errno));
}

int64_t clock_ns(clockid_t clock) {
  timespec time = {};
  if (::clock_gettime(clock, &time) != 0) {
    die_errno("a clock cannot be read");
  }
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int64_t now_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

int64_t cpu_ns(pid_t pid) {
  clockid_t clock = 0;
  if (const int error = ::clock_getcpuclockid(pid, &clock); error != 0) {
    die("process " + std::to_string(pid) + " is not there: " + std::strerror(error));
  }
  return clock_ns(clock);
}

uint32_t percentile(std::vector<uint32_t>& values, double share) {
  const auto rank = static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

int connect_to(const std::string& address) {
  constexpr std::string_view kUnix = "unix:";
  return address.starts_with(kUnix) ? connect_unix(address.substr(kUnix.size()))
                                    : connect_tcp(address);
}

void write_blocking(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) {
      die_errno("writing");
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void expect_blocking(int fd, Wire& wire, Wire::Cut expected, uint64_t id) {
  std::string bytes;
  std::array<char, 4096> chunk;
  while (true) {
    std::string_view in = bytes;
    uint64_t found = 0;
    const Wire::Cut cut = wire.cut(in, &found);
    if (cut == expected && found == id && in.empty()) {
      return;
    }
    if (cut != Wire::Cut::kNeedMore) {
      die("a wrong first answer: " + wire.fault());
    }
    const ssize_t count = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (count <= 0) {
      die("the connection ended before the first answer");
    }
    bytes.append(chunk.data(), static_cast<size_t>(count));
  }
}

void greet_blocking(int fd, Wire& wire) {
  std::string greeting;
  if (wire.greet(greeting)) {
    write_blocking(fd, greeting);
    expect_blocking(fd, wire, Wire::Cut::kGreeted, 0);
  }
}

}  // namespace sidecar::testing
