#include "fanout_load.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "load_io.h"

namespace sidecar::testing {
namespace {

constexpr int kSilenceMillis = 20'000;
constexpr size_t kReadBytes = 256 << 10;
constexpr double kWarmUpSeconds = 0.2;
constexpr useconds_t kPauseMicros = 1'000;
constexpr uint64_t kListener = UINT64_MAX;
constexpr uint64_t kProvider = UINT64_MAX - 1;

}  // namespace

Fanout::Fanout()
    : provider_(heads_),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      told_(FanoutHeads::kKept),
      chunk_(kReadBytes),
      oldest_(heads_.newest() + 1) {
  watch(provider_.listener(), EPOLLIN, kListener);
}

Fanout::~Fanout() {
  for (const auto& subscriber : subscribers_) {
    ::close(subscriber->fd);
  }
  ::close(epoll_);
}

void Fanout::watch(int fd, uint32_t events, uint64_t tag) {
  epoll_event event = {.events = events, .data = {.u64 = tag}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
    die_errno("epoll_ctl");
  }
}

void Fanout::subscribe(const Target& target, size_t count) {
  while (subscribers_.size() < count) {
    const int fd = connect_to(target.address);
    Wire wire(target.dialect, target.path, 0);
    greet_blocking(fd, wire);
    subscribers_.push_back(std::make_unique<Subscriber>(
        Subscriber{.fd = fd, .wire = FanoutWire(target.dialect), .next = heads_.newest() + 1}));
    Subscriber& subscriber = *subscribers_.back();
    std::string text;
    subscriber.wire.subscribe(text);
    write_blocking(fd, text);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    watch(fd, EPOLLIN | EPOLLET, subscribers_.size() - 1);
    while (!subscriber.is_subscribed) {
      turn();
    }
  }
}

FanoutReport Fanout::pace(size_t events, pid_t watched) {
  FanoutReport report = begin(watched);
  measured_ = &report;
  for (size_t i = 0; i < events; ++i) {
    tell(1);
    drain();
    ::usleep(kPauseMicros);  // so that the sidecar is idle again
  }
  measured_ = nullptr;
  end(report, watched);
  return report;
}

FanoutReport Fanout::burst(double seconds, size_t lot, pid_t watched) {
  FanoutReport report;
  const int64_t began = now_ns();
  const int64_t warm = began + static_cast<int64_t>(kWarmUpSeconds * 1e9);
  const int64_t over = warm + static_cast<int64_t>(seconds * 1e9);
  tell(lot);
  for (int64_t now = began; now < over; now = now_ns()) {
    if (measured_ == nullptr && now >= warm) {
      report = begin(watched);
      measured_ = &report;
    }
    if (heads_.newest() + 1 - oldest_ <= lot) {
      tell(lot);
    }
    turn();
  }
  measured_ = nullptr;
  end(report, watched);
  drain();
  return report;
}

void Fanout::tell(size_t count) {
  const int64_t now = now_ns();
  for (size_t i = 0; i < count; ++i) {
    provider_.tell(heads_.make_next());
    told_[heads_.newest() % told_.size()] = {.at_ns = now, .delivered_count = 0};
  }
  told_count_ += count;
  provider_.flush();
}

void Fanout::drain() {
  while (oldest_ <= heads_.newest()) {
    turn();
  }
}

void Fanout::turn() {
  std::array<epoll_event, 256> events;
  const int count =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kSilenceMillis);
  if (count == 0) {
    die("nothing came for " + std::to_string(kSilenceMillis) + " ms, with " +
        std::to_string(heads_.newest() + 1 - oldest_) + " events under way");
  }
  for (int i = 0; i < count; ++i) {
    const uint64_t tag = events[static_cast<size_t>(i)].data.u64;
    if (tag == kListener) {
      watch(provider_.accept(), EPOLLIN, kProvider);
    } else if (tag == kProvider) {
      provider_.take();
    } else {
      read(*subscribers_[tag]);
    }
  }
}

void Fanout::read(Subscriber& subscriber) {
  ssize_t count = 0;
  do {
    count = ::recv(subscriber.fd, chunk_.data(), chunk_.size(), 0);
    if (count < 0 && errno == EAGAIN) {
      return;
    }
    if (count <= 0) {
      die("a subscriber's connection ended");
    }
    std::string_view in(chunk_.data(), static_cast<size_t>(count));
    if (!subscriber.in.empty()) {
      subscriber.in += in;
      in = subscriber.in;
    }
    std::string_view header;
    FanoutWire::Cut cut = FanoutWire::Cut::kNeedMore;
    while ((cut = subscriber.wire.cut(in, &header)) != FanoutWire::Cut::kNeedMore) {
      if (cut == FanoutWire::Cut::kBad) {
        die("a subscriber got " + subscriber.wire.fault());
      }
      if (cut == FanoutWire::Cut::kSubscribed) {
        subscriber.is_subscribed = true;
      } else {
        take_header(subscriber, header);
      }
    }
    subscriber.in = std::string(in);
  } while (static_cast<size_t>(count) == chunk_.size());
}

void Fanout::take_header(Subscriber& subscriber, std::string_view header) {
  const uint64_t number = subscriber.next++;
  if (number > heads_.newest() || header != heads_.header(number)) {
    die("a subscriber did not get header " + quantity(number) + " but " +
        std::string(header.substr(0, 300)));
  }
  ++delivered_count_;
  Told& told = told_[number % told_.size()];
  if (++told.delivered_count < subscribers_.size()) {
    return;
  }
  ++oldest_;  // all get them in order, so this was the oldest
  if (measured_ != nullptr) {
    const int64_t took = std::min<int64_t>(now_ns() - told.at_ns, UINT32_MAX);
    measured_->latencies_ns.push_back(static_cast<uint32_t>(took));
  }
}

/// Holds minus what has been counted so far; end() adds what has been by then.
FanoutReport Fanout::begin(pid_t watched) const {
  FanoutReport report;
  report.deliveries = -delivered_count_;
  report.seconds = -static_cast<double>(now_ns()) * 1e-9;
  report.client_cpu_s = -static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID)) * 1e-9;
  report.watched_cpu_s = -static_cast<double>(cpu_ns(watched)) * 1e-9;
  return report;
}

void Fanout::end(FanoutReport& report, pid_t watched) const {
  report.events = report.latencies_ns.size();
  report.deliveries += delivered_count_;
  report.seconds += static_cast<double>(now_ns()) * 1e-9;
  report.client_cpu_s += static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID)) * 1e-9;
  report.watched_cpu_s += static_cast<double>(cpu_ns(watched)) * 1e-9;
}

}  // namespace sidecar::testing
