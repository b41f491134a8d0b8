#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "calls_wire.h"

namespace sidecar::testing {

// What the load generators share: clocks, percentiles, and sockets that block. Whatever fails ends
// the program with a message.

[[noreturn]] void die(const std::string& what);
/// With the text of errno.
[[noreturn]] void die_errno(const std::string& what);

int64_t clock_ns(clockid_t clock);
int64_t now_ns();
/// utime + stime of all its threads, as in /proc/PID/stat, but in nanoseconds.
int64_t cpu_ns(pid_t pid);

/// Exact: the smallest value that `share` of them do not exceed. Requires: there are some.
/// Reorders.
uint32_t percentile(std::vector<uint32_t>& values, double share);

/// `address`: unix:PATH or NUMBER:PORT.
int connect_to(const std::string& address);
void write_blocking(int fd, std::string_view bytes);
/// One message, and nothing after it.
void expect_blocking(int fd, Wire& wire, Wire::Cut expected, uint64_t id);
void greet_blocking(int fd, Wire& wire);

}  // namespace sidecar::testing
