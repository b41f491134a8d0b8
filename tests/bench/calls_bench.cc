#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "calls_load.h"
#include "load_io.h"

// The load generator of `scripts/bench calls`, in every dialect; calls.py runs it.
//
//   calls_bench load --dialect D --connect ADDRESS [--path P] [--in-flight N] [--seconds S]
//                    [--warm-up S] [--watch PID]...
//     prints one line of key=value: counts, latencies in ns, CPU in ns of itself and those watched
//   calls_bench idle --dialect D --connect ADDRESS [--path P] --sessions N [--sessions M]...
//     opens N sessions with one call each, prints `idle sessions=N`, waits for a line of standard
//     input, goes on to M, and so on; then it ends
//
// D is framed, json-ipc, http or ws. ADDRESS is unix:PATH or HOST:PORT. Exit code 1, and a message,
// on any answer that is not the right one.

namespace sidecar::testing {
namespace {

struct Command {
  bool is_idle = false;
  LoadOptions load;
  std::vector<uint64_t> sessions;
};

[[noreturn]] void usage(const std::string& what) {
  std::fprintf(stderr, "calls_bench: %s; calls_bench.cc says how to use it\n", what.c_str());
  std::exit(2);
}

template <typename Number>
Number number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    usage("not a number: " + std::string(text));
  }
  return value;
}

Dialect dialect_of(std::string_view name) {
  if (name == "framed") {
    return Dialect::kFramed;
  }
  if (name == "json-ipc") {
    return Dialect::kJsonIpc;
  }
  if (name == "http") {
    return Dialect::kHttp;
  }
  if (name == "ws") {
    return Dialect::kWs;
  }
  usage("no dialect " + std::string(name));
}

void take_option(std::string_view name, std::string_view value, Command& command) {
  LoadOptions& load = command.load;
  if (name == "--dialect") {
    load.target.dialect = dialect_of(value);
  } else if (name == "--connect") {
    load.target.address = value;
  } else if (name == "--path") {
    load.target.path = value;
  } else if (name == "--in-flight") {
    load.in_flight = number_of<uint32_t>(value);
  } else if (name == "--seconds") {
    load.measured_s = number_of<double>(value);
  } else if (name == "--warm-up") {
    load.warm_up_s = number_of<double>(value);
  } else if (name == "--watch") {
    load.watched.push_back(number_of<pid_t>(value));
  } else if (name == "--sessions") {
    command.sessions.push_back(number_of<uint64_t>(value));
  } else {
    usage("no option " + std::string(name));
  }
}

Command parse(const std::vector<std::string_view>& arguments) {
  if (arguments.size() < 2 || (arguments[1] != "load" && arguments[1] != "idle")) {
    usage("says neither load nor idle");
  }
  Command command = {.is_idle = arguments[1] == "idle", .load = {}, .sessions = {}};
  for (size_t i = 2; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) {
      usage(std::string(arguments[i]) + " has no value");
    }
    take_option(arguments[i], arguments[i + 1], command);
  }
  if (command.load.target.address.empty() || command.load.in_flight == 0 ||
      command.is_idle == command.sessions.empty()) {
    usage("needs --connect, calls in flight, and --sessions exactly for idle");
  }
  return command;
}

void print(LoadReport& report) {
  if (report.calls == 0) {
    std::fprintf(stderr, "calls_bench: no call was answered while it was measured\n");
    std::exit(1);
  }
  std::vector<uint32_t>& latencies = report.latencies_ns;
  std::printf("load calls=%llu calls_all=%llu seconds=%.6f p50_ns=%u p99_ns=%u max_ns=%u",
              static_cast<unsigned long long>(report.calls),
              static_cast<unsigned long long>(report.calls_all), report.seconds,
              percentile(latencies, 0.50), percentile(latencies, 0.99), percentile(latencies, 1.0));
  std::printf(" client_cpu_s=%.6f", report.client_cpu_s);
  for (size_t i = 0; i < report.watched_cpu_s.size(); ++i) {
    std::printf(" watched_%zu_cpu_s=%.6f", i, report.watched_cpu_s[i]);
  }
  std::printf("\n");
}

void hold_sessions(const Command& command) {
  std::vector<int> sessions;
  for (const uint64_t count : command.sessions) {
    open_sessions(command.load.target, count, sessions);
    std::printf("idle sessions=%zu\n", sessions.size());
    std::fflush(stdout);
    for (int letter = 0; letter != '\n' && letter != EOF;) {
      letter = std::getchar();
    }
  }
}

}  // namespace
}  // namespace sidecar::testing

int main(int argc, char** argv) {
  const auto command = sidecar::testing::parse(std::vector<std::string_view>(argv, argv + argc));
  if (command.is_idle) {
    sidecar::testing::hold_sessions(command);
  } else {
    sidecar::testing::LoadReport report = sidecar::testing::run_load(command.load);
    sidecar::testing::print(report);
  }
  return 0;
}
