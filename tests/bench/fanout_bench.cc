#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "calls_load.h"
#include "fanout_load.h"
#include "load_io.h"

// The load of `scripts/bench fanout`: a provider and many subscribers in one program; fanout.py
// runs it. It prints `provider port=N`, then takes commands from standard input, one a line, and
// answers each with one line of key=value: counts, latencies in ns, CPU in s.
//
//   sidecar PID ADDRESS         where subscribers connect: unix:PATH or NUMBER:PORT
//   subscribe DIALECT N         until there are N subscribers, framed or ws
//   pace EVENTS                 one event at a time
//   burst SECONDS LOT           lots of LOT events, two lots under way at any time
//
// Exit code 1, and a message, when a subscriber gets anything but the next event.

namespace sidecar::testing {
namespace {

class Commands {
 public:
  void run() {
    std::printf("provider port=%u\n", fanout_.provider_port());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      obey(words);
      if (words.fail()) {
        die("not understood: " + line);
      }
      std::fflush(stdout);
    }
  }

 private:
  void obey(std::istringstream& words) {
    std::string command;
    words >> command;
    if (command == "sidecar") {
      words >> sidecar_ >> target_.address;
      std::printf("sidecar\n");
    } else if (command == "subscribe") {
      subscribe(words);
    } else if (command == "pace") {
      size_t events = 0;
      words >> events;
      print(fanout_.pace(events, sidecar_));
    } else if (command == "burst") {
      double seconds = 0;
      size_t lot = 0;
      words >> seconds >> lot;
      print(fanout_.burst(seconds, lot, sidecar_));
    } else {
      words.setstate(std::ios::failbit);
    }
  }

  void subscribe(std::istringstream& words) {
    std::string dialect;
    size_t count = 0;
    words >> dialect >> count;
    target_.dialect = dialect == "ws" ? Dialect::kWs : Dialect::kFramed;
    fanout_.subscribe(target_, count);
    std::printf("subscribe subscribers=%zu\n", fanout_.subscriber_count());
  }

  void print(FanoutReport report) {
    if (report.events == 0) {
      die("no event reached all subscribers while it was measured");
    }
    std::printf(
        "fanout events=%llu deliveries=%llu seconds=%.6f p50_ns=%u p99_ns=%u max_ns=%u "
        "client_cpu_s=%.6f sidecar_cpu_s=%.6f told=%llu\n",
        static_cast<unsigned long long>(report.events),
        static_cast<unsigned long long>(report.deliveries), report.seconds,
        percentile(report.latencies_ns, 0.50), percentile(report.latencies_ns, 0.99),
        percentile(report.latencies_ns, 1.0), report.client_cpu_s, report.watched_cpu_s,
        static_cast<unsigned long long>(fanout_.told_count()));
  }

  Fanout fanout_;
  Target target_;
  pid_t sidecar_ = 0;
};

}  // namespace
}  // namespace sidecar::testing

int main() {
  sidecar::testing::Commands().run();
  return 0;
}
