#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "calls_load.h"
#include "fanout_heads.h"
#include "fanout_provider.h"
#include "fanout_wire.h"

namespace sidecar::testing {

/// What happened while it was measured.
struct FanoutReport {
  uint64_t events = 0;
  uint64_t deliveries = 0;
  double seconds = 0;
  double client_cpu_s = 0;
  double watched_cpu_s = 0;
  std::vector<uint32_t> latencies_ns;  // one per event: until its last subscriber had it
};

/// A provider and all subscribers of its heads, in one thread, with a sidecar in between. Each
/// subscriber must get every header, in order and unchanged; the program ends with a message when
/// one does not. An event's time begins right before it is written to the sidecar.
class Fanout {
 public:
  Fanout();
  ~Fanout();
  Fanout(const Fanout&) = delete;
  Fanout& operator=(const Fanout&) = delete;

  uint16_t provider_port() const { return provider_.port(); }
  uint64_t told_count() const { return told_count_; }
  size_t subscriber_count() const { return subscribers_.size(); }

  /// Connects and subscribes until there are `count`.
  void subscribe(const Target& target, size_t count);
  /// One event at a time, each a while after the one before has arrived everywhere. `watched`:
  /// whose CPU time is measured.
  FanoutReport pace(size_t events, pid_t watched);
  /// Events in lots, each lot as one write; two lots are under way at any time.
  FanoutReport burst(double seconds, size_t lot, pid_t watched);

 private:
  struct Subscriber {
    int fd = -1;
    FanoutWire wire;
    bool is_subscribed = false;
    uint64_t next = 0;  // the number of the header it must get
    std::string in = {};
  };
  /// What one header's way is known by; for the FanoutHeads::kKept latest.
  struct Told {
    int64_t at_ns = 0;
    size_t delivered_count = 0;
  };

  void turn();
  void read(Subscriber& subscriber);
  void take_header(Subscriber& subscriber, std::string_view header);
  void tell(size_t count);
  void drain();
  void watch(int fd, uint32_t events, uint64_t tag);
  FanoutReport begin(pid_t watched) const;
  void end(FanoutReport& report, pid_t watched) const;

  FanoutHeads heads_;
  FanoutProvider provider_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<Told> told_;
  std::vector<char> chunk_;
  uint64_t told_count_ = 0;
  uint64_t delivered_count_ = 0;
  uint64_t oldest_;                   // header that not all have
  FanoutReport* measured_ = nullptr;  // where latencies go
};

}  // namespace sidecar::testing
