#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "calls_wire.h"

namespace sidecar::testing {

/// Where and how calls are made.
struct Target {
  Dialect dialect = Dialect::kFramed;
  std::string address;     // "unix:PATH" or "HOST:PORT", a number
  std::string path = "/";  // http and ws
};

struct LoadOptions {
  Target target;
  uint32_t in_flight = 1;
  double warm_up_s = 0.2;
  double measured_s = 1.0;
  std::vector<pid_t> watched;  // whose CPU time is measured
};

/// What happened while it was measured; `calls_all` counts warm-up and the last answers as well.
struct LoadReport {
  uint64_t calls = 0;
  uint64_t calls_all = 0;
  double seconds = 0;
  std::vector<uint32_t> latencies_ns;  // one per call, in order of arrival
  double client_cpu_s = 0;
  std::vector<double> watched_cpu_s;
};

/// Keeps options.in_flight calls open until the time is over: over as many connections where a
/// connection carries one call at a time (http), over one otherwise. Each answer starts the next
/// call. Ends the program with a message on any wrong answer.
LoadReport run_load(const LoadOptions& options);

/// Opens connections one after the other until there are `count` of them; each greets and makes one
/// call. Ends the program with a message when one fails.
void open_sessions(const Target& target, uint64_t count, std::vector<int>& sessions);

}  // namespace sidecar::testing
