#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "app/commands.h"
#include "app/daemon.h"
#include "app/reloader.h"
#include "app/service_link.h"
#include "app/service_offer.h"
#include "base/log.h"
#include "config/load_config.h"
#include "net/signals.h"

namespace sidecar {

namespace {

/// Descriptors that are not sessions: upstream connections, files, the loop's own.
constexpr rlim_t kDescriptorsKeptBack = 512;
/// Once calls in flight have had their time: what still hangs then is left behind.
constexpr Millis kLeaveMax{2'000};
/// Then the log may still take its last lines.
constexpr Millis kLastLinesMax{500};

constexpr std::array<OptionRow, 4> kOptions{
    OptionRow{"--config", "FILE",
              "configuration; default /etc/rpc-sidecar/config.toml, else the environment"},
    OptionRow{"--socket", "PATH", "listen on this Unix socket instead of listen.path"},
    OptionRow{"--http", "HOST:PORT",
              "serve HTTP and WebSocket on loopback TCP as well; port 0 = any"},
    OptionRow{"--log-level", "LEVEL", "debug, info, warn or error; default info"},
};

/// The command line goes over the environment, which goes over the file.
Environment environment_with(const Arguments& arguments) {
  Environment environment = environment_of(environ);
  if (arguments.has("--socket")) {
    environment["RPC_SIDECAR_SOCKET"] = arguments.options.at("--socket");
  }
  if (arguments.has("--http")) {
    environment["RPC_SIDECAR_HTTP"] = arguments.options.at("--http");
  }
  return environment;
}

/// Raises the soft limit to what the sessions need. False when the hard limit forbids it.
bool make_room_for(uint32_t sessions) {
  const rlim_t needed = sessions + kDescriptorsKeptBack;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) {
    return true;
  }
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed) {
    std::fprintf(stderr,
                 "rpc-sidecar: limits.sessions_max = %u needs %llu descriptors, this process may "
                 "open %llu; raise LimitNOFILE (ulimit -n) or lower sessions_max\n",
                 sessions, static_cast<unsigned long long>(needed),
                 static_cast<unsigned long long>(limit.rlim_max));
    return false;
  }
  limit.rlim_cur = needed;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int fail_start(const std::string& notify_address, const Error& error) {
  std::fprintf(stderr, "rpc-sidecar: %s\n", error.detail.c_str());
  tell_failed_start(notify_address, error.detail);
  return error.code == Errc::kInvalid || error.code == Errc::kNotFound ? kExitUsage : kExitFailed;
}

/// What hangs is left behind, but for the last lines of the log.
[[noreturn]] void exit_at_once() {
  (void)log::flush(kLastLinesMax);
  ::_exit(kExitOk);
}

/// The line that the service manager shows. `reloads` is null before there can be any.
std::string status_of(const Daemon& daemon, const Reloader* reloads) {
  const bool is_refused = reloads != nullptr && !reloads->last_fault().empty();
  return daemon.summary() + (is_refused ? "; not reloaded: " + reloads->last_fault() : "");
}

void announce(const Daemon& daemon, const Config& config, const ServiceOffer& offer) {
  const uint16_t port = daemon.http_port();
  const std::string socket = daemon.socket_path();
  std::string listening = "listening socket=" + socket;
  if (port != 0) {
    const std::string& address = config.http.listen;
    listening += " http=" + address.substr(0, address.rfind(':') + 1) + std::to_string(port);
  }
  std::printf("%s\n", listening.c_str());
  std::fflush(stdout);
  log::info("serving", log::kv("socket", socket), log::kv("is_socket_passed", offer.socket_fd >= 0),
            log::kv("http_port", port), log::kv("chains", config.chains.size()),
            log::kv("config", config.source));
}

int serve(const Config& config, const Reloader::Source& source, const ServiceOffer& offer) {
  auto loop = Loop::create();
  if (!loop.ok()) {
    return fail_start(offer.notify_address, loop.error());
  }
  Loop& turns = *loop.value();
  auto created = Daemon::create(turns, config, offer.socket_fd);
  if (!created.ok()) {
    return fail_start(offer.notify_address, created.error());
  }
  std::unique_ptr<Daemon> daemon = std::move(created).value();
  const Reloader* reloads = nullptr;
  auto link = std::make_unique<ServiceLink>(
      turns, offer,
      ServiceLink::Views{[&]() { return status_of(*daemon, reloads); },
                         [&]() { return daemon->find_stuck(); }});

  Reloader reloader(source, config, *daemon, *link, make_room_for);
  reloads = &reloader;

  std::unique_ptr<Timer> impatience = turns.make_timer([]() {
    log::warn("shutdown_cut_short");
    exit_at_once();
  });
  const auto leave = [&]() {
    impatience->arm(turns.now() + kLeaveMax);
    daemon->shut_down([&]() {
      // On a turn of its own, out of the way of what is closing; then the loop runs dry.
      turns.post([&]() {
        link.reset();
        daemon.reset();
        impatience->cancel();
      });
    });
  };
  int asked_to_leave = 0;
  Signals signals(turns, {SIGTERM, SIGINT}, [&](int signal) {
    log::info("signal", log::kv("signal", signal));
    if (daemon == nullptr || ++asked_to_leave > 2) {
      exit_at_once();
    }
    if (asked_to_leave == 2) {
      leave();
      return;
    }
    const Millis drain = reloader.config().shutdown.drain;
    daemon->drain(drain, leave);
    link->stopping(drain + kLeaveMax);
  });
  Signals wishes(turns, {SIGHUP, SIGUSR1}, [&](int signal) {
    log::info("signal", log::kv("signal", signal));
    if (signal == SIGHUP && asked_to_leave == 0) {
      reloader.reload();
    } else if (signal == SIGUSR1 && daemon != nullptr) {
      reloader.toggle_debug();
    }
  });

  announce(*daemon, config, offer);
  link->ready();
  turns.run();
  return kExitOk;
}

int run(const Arguments& arguments) {
  const std::string level = arguments.value_or("--log-level", "");
  std::optional<std::string> path;
  if (arguments.has("--config")) {
    path = arguments.options.at("--config");
  }
  const Environment environment = environment_with(arguments);
  const auto offered = ServiceOffer::read(environment, ::getpid());
  if (!offered.ok()) {
    const auto told = environment.find("NOTIFY_SOCKET");
    return fail_start(told == environment.end() ? "" : told->second, offered.error());
  }
  const ServiceOffer& offer = offered.value();
  const LoadedConfig loaded = load_config(path, environment);
  for (const ConfigFault& fault : loaded.faults) {
    std::fprintf(stderr, "%s\n", to_text(fault).c_str());
  }
  if (!loaded.ok()) {
    tell_failed_start(offer.notify_address, to_text(loaded.faults.front()));
    return kExitUsage;
  }
  (void)log::set_format(loaded.config.log.format);
  if (auto set = log::set_level(level.empty() ? loaded.config.log.level : level); !set.ok()) {
    std::fprintf(stderr, "rpc-sidecar: --log-level: %s\n", set.error().detail.c_str());
    return kExitUsage;
  }
  return make_room_for(loaded.config.limits.sessions_max)
             ? serve(loaded.config, {path, environment, level}, offer)
             : kExitUsage;
}

}  // namespace

const Command kRunCommand{
    .name = "run",
    .positional = "",
    .sentence = "serve workers until SIGTERM or SIGINT; SIGHUP reads the configuration again",
    .options = kOptions,
    .notes =
        "Prints one line when it serves: listening socket=PATH [http=HOST:PORT].\n"
        "Logs go to standard error. SIGTERM and SIGINT end it once the calls in flight have "
        "ended,\n"
        "within shutdown.drain; a second one ends it at once. A service manager is told when it\n"
        "serves and how it is, and the socket it passes is used instead of opening one. SIGHUP\n"
        "reads the configuration again: a bad one changes nothing, and what needs a restart is\n"
        "named. SIGUSR1 changes the log to debug, and back.",
    .run = run};

}  // namespace sidecar
