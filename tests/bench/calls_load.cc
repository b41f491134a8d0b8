#include "calls_load.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <random>
#include <string_view>

#include "load_io.h"

namespace sidecar::testing {
namespace {

constexpr int kDrainMillis = 5000;
constexpr size_t kReadBytes = 64 << 10;

uint64_t random_salt() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

struct Connection {
  int fd = -1;
  Wire wire;
  std::string in = {};
  std::string out = {};
  size_t out_sent = 0;
  bool waits_to_write = false;
};

// One call after the other. Its ids are those that leave its number when divided by the number of
// slots, so an answer finds its slot without a search.
struct Slot {
  Connection* connection = nullptr;  // never owns
  uint64_t id = 0;                   // 0: no call is open
  int64_t started_ns = 0;
};

/// The loop of run_load.
class Load {
 public:
  explicit Load(const LoadOptions& options);
  ~Load();
  LoadReport run();

 private:
  void start_calls();
  void turn(int timeout_ms);
  void read_answers(Connection& connection);
  void take_answer(uint64_t id, int64_t now);
  void write_calls(Connection& connection);
  void begin_measuring(int64_t now);
  void end_measuring(int64_t now);

  const LoadOptions& options_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Slot> slots_;
  std::vector<char> chunk_ = std::vector<char>(kReadBytes);
  uint64_t next_round_ = 1;
  uint32_t open_count_ = 0;
  bool is_ending_ = false;
  bool is_measuring_ = false;
  int64_t began_ns_ = 0;
  int64_t client_cpu_ns_ = 0;
  std::vector<int64_t> watched_cpu_ns_;
  LoadReport report_;
};

Load::Load(const LoadOptions& options) : options_(options) {
  const uint64_t salt = random_salt();
  const bool is_one_each = options.target.dialect == Dialect::kHttp;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  for (uint32_t i = 0; i < (is_one_each ? options.in_flight : 1); ++i) {
    connections_.push_back(std::make_unique<Connection>(
        Connection{.fd = connect_to(options.target.address),
                   .wire = Wire(options.target.dialect, options.target.path, salt)}));
    Connection& connection = *connections_.back();
    greet_blocking(connection.fd, connection.wire);
    ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    epoll_event event = {.events = EPOLLIN, .data = {.ptr = &connection}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) {
      die_errno("epoll_ctl");
    }
  }
  for (uint32_t i = 0; i < options.in_flight; ++i) {
    slots_.push_back({.connection = connections_[is_one_each ? i : 0].get()});
  }
  // Memory for some 250,000 calls/s is there before the clock starts.
  report_.latencies_ns.reserve(static_cast<size_t>(options.measured_s * 250'000));
}

Load::~Load() {
  for (const auto& connection : connections_) {
    ::close(connection->fd);
  }
  ::close(epoll_);
}

LoadReport Load::run() {
  start_calls();
  const int64_t begin = now_ns() + static_cast<int64_t>(options_.warm_up_s * 1e9);
  while (now_ns() < begin) {
    turn(kDrainMillis);
  }
  begin_measuring(now_ns());
  const int64_t end = began_ns_ + static_cast<int64_t>(options_.measured_s * 1e9);
  while (now_ns() < end) {
    turn(kDrainMillis);
  }
  end_measuring(now_ns());
  is_ending_ = true;
  while (open_count_ > 0) {
    turn(kDrainMillis);
  }
  return std::move(report_);
}

void Load::start_calls() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].id = next_round_ * slots_.size() + i;
    slots_[i].connection->wire.call(slots_[i].id, slots_[i].connection->out);
    slots_[i].started_ns = now_ns();
    ++open_count_;
  }
  for (const auto& connection : connections_) {
    write_calls(*connection);
  }
}

void Load::turn(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  if (count == 0) {
    die(std::to_string(open_count_) + " calls were not answered within " +
        std::to_string(timeout_ms) + " ms");
  }
  for (int i = 0; i < count; ++i) {
    Connection& connection = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
    read_answers(connection);
    write_calls(connection);
  }
}

void Load::read_answers(Connection& connection) {
  const ssize_t count = ::recv(connection.fd, chunk_.data(), chunk_.size(), 0);
  if (count < 0 && errno == EAGAIN) {
    return;
  }
  if (count <= 0) {
    die("the connection ended with calls open");
  }
  const int64_t now = now_ns();
  std::string_view in(chunk_.data(), static_cast<size_t>(count));
  if (!connection.in.empty()) {
    connection.in += in;
    in = connection.in;
  }
  uint64_t id = 0;
  Wire::Cut cut = connection.wire.cut(in, &id);
  while (cut == Wire::Cut::kAnswer) {
    take_answer(id, now);
    cut = connection.wire.cut(in, &id);
  }
  if (cut != Wire::Cut::kNeedMore) {
    die("a wrong answer: " + connection.wire.fault());
  }
  connection.in = std::string(in);
}

void Load::take_answer(uint64_t id, int64_t now) {
  Slot& slot = slots_[id % slots_.size()];
  if (slot.id != id) {
    die("an answer to no open call: id " + std::to_string(id));
  }
  ++report_.calls_all;
  if (is_measuring_) {
    ++report_.calls;
    const int64_t took = std::min<int64_t>(now - slot.started_ns, UINT32_MAX);
    report_.latencies_ns.push_back(static_cast<uint32_t>(took));
  }
  if (is_ending_) {
    slot.id = 0;
    --open_count_;
    return;
  }
  slot.id += slots_.size();
  slot.connection->wire.call(slot.id, slot.connection->out);
  slot.started_ns = now_ns();
}

void Load::write_calls(Connection& connection) {
  while (connection.out_sent < connection.out.size()) {
    const ssize_t count = ::send(connection.fd, connection.out.data() + connection.out_sent,
                                 connection.out.size() - connection.out_sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) {
      die_errno("writing");
    }
    if (count < 0) {
      break;
    }
    connection.out_sent += static_cast<size_t>(count);
  }
  const bool is_left = connection.out_sent < connection.out.size();
  if (is_left != connection.waits_to_write) {
    epoll_event event = {.events = is_left ? uint32_t{EPOLLIN | EPOLLOUT} : uint32_t{EPOLLIN},
                         .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
    connection.waits_to_write = is_left;
  }
  if (!is_left) {
    connection.out.clear();
    connection.out_sent = 0;
  }
}

void Load::begin_measuring(int64_t now) {
  is_measuring_ = true;
  began_ns_ = now;
  client_cpu_ns_ = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  for (const pid_t pid : options_.watched) {
    watched_cpu_ns_.push_back(cpu_ns(pid));
  }
}

void Load::end_measuring(int64_t now) {
  is_measuring_ = false;
  report_.seconds = static_cast<double>(now - began_ns_) * 1e-9;
  report_.client_cpu_s =
      static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - client_cpu_ns_) * 1e-9;
  for (size_t i = 0; i < options_.watched.size(); ++i) {
    const int64_t took = cpu_ns(options_.watched[i]) - watched_cpu_ns_[i];
    report_.watched_cpu_s.push_back(static_cast<double>(took) * 1e-9);
  }
}

}  // namespace

LoadReport run_load(const LoadOptions& options) {
  return Load(options).run();
}

void open_sessions(const Target& target, uint64_t count, std::vector<int>& sessions) {
  const uint64_t salt = random_salt();
  while (sessions.size() < count) {
    const int fd = connect_to(target.address);
    Wire wire(target.dialect, target.path, salt);
    greet_blocking(fd, wire);
    const uint64_t id = sessions.size() + 1;
    std::string call;
    wire.call(id, call);
    write_blocking(fd, call);
    expect_blocking(fd, wire, Wire::Cut::kAnswer, id);
    sessions.push_back(fd);
  }
}

}  // namespace sidecar::testing
