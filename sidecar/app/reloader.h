#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/daemon.h"
#include "app/service_link.h"
#include "config/config.h"
#include "config/environment.h"

namespace sidecar {

/// What SIGHUP and SIGUSR1 mean: the configuration is read again, and the log says more.
///
///   reload ─▶ load_config ─┬─ faults ─▶ each is logged with file:line:column; nothing changes
///                          └─ good ───▶ Daemon::reload, log.* ─▶ what needs a restart is named
/// The file is small and local, so it is read on the loop, as at the start.
/// Owner: `run`. Requires: daemon and link outlive it.
class Reloader {
 public:
  /// Where the configuration came from.
  struct Source {
    std::optional<std::string> path;
    Environment environment;
    std::string level;  ///< of the command line; beats log.level unless empty
  };
  /// True when so many sessions find descriptors.
  using MakeRoom = std::function<bool(uint32_t sessions)>;
  Reloader(Source source, const Config& started, Daemon& daemon, ServiceLink& link,
           MakeRoom make_room);

  void reload();
  /// Debug, and back to what is configured.
  void toggle_debug();

  /// What is in force, but for what needs a restart.
  const Config& config() const { return config_; }
  /// Of the last reload: what was wrong, in one line; empty = it was good.
  const std::string& last_fault() const { return last_fault_; }

 private:
  Status apply(const Config& wanted);
  void fail(std::string fault);
  std::string_view configured_level() const;
  void apply_log();

  Source source_;
  Config config_;
  Daemon& daemon_;
  ServiceLink& link_;
  MakeRoom make_room_;
  std::string last_fault_;
  bool is_debug_forced_ = false;
};

}  // namespace sidecar
