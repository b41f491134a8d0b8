#include "app/reloader.h"

#include <utility>

#include "base/log.h"
#include "config/load_config.h"

namespace sidecar {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace

Reloader::Reloader(Source source, const Config& started, Daemon& daemon, ServiceLink& link,
                   MakeRoom make_room)
    : source_(std::move(source)),
      config_(started),
      daemon_(daemon),
      link_(link),
      make_room_(std::move(make_room)) {
  // A file that is gone is a fault, and not the environment's turn.
  if (!source_.path && started.source != "environment") {
    source_.path = started.source;
  }
  apply_log();
}

void Reloader::reload() {
  link_.reloading();
  const LoadedConfig loaded = load_config(source_.path, source_.environment);
  for (const ConfigFault& fault : loaded.faults) {
    log::error("config_fault", log::kv("what", to_text(fault)));
  }
  if (!loaded.ok()) {
    fail(to_text(loaded.faults.front()));
  } else if (auto applied = apply(loaded.config); !applied.ok()) {
    fail(applied.error().detail);
  } else {
    last_fault_.clear();
    daemon_.telemetry().on_reload(true);
  }
  link_.ready();
}

void Reloader::fail(std::string fault) {
  last_fault_ = std::move(fault);
  daemon_.telemetry().on_reload(false);
  log::error("reload_failed", log::kv("why", last_fault_), log::kv("is_changed", false));
}

Status Reloader::apply(const Config& wanted) {
  if (!make_room_(wanted.limits.sessions_max)) {
    return Error{Errc::kLimit, "limits.sessions_max needs more descriptors than may be opened"};
  }
  const auto done = daemon_.reload(wanted);
  if (!done.ok()) {
    return done.error();
  }
  config_ = wanted;
  apply_log();
  const ReloadSummary& summary = done.value();
  log::info("reloaded", log::kv("config", wanted.source), log::kv("added", summary.added),
            log::kv("retired", summary.retired), log::kv("changed", summary.changed));
  if (!summary.needs_restart.empty()) {
    log::warn("needs_restart", log::kv("settings", joined(summary.needs_restart)));
  }
  return Done{};
}

std::string_view Reloader::configured_level() const {
  return source_.level.empty() ? config_.log.level : source_.level;
}

/// Debug stays for as long as it was asked for.
void Reloader::apply_log() {
  (void)log::set_level(is_debug_forced_ ? "debug" : configured_level());
  (void)log::set_format(config_.log.format);
  daemon_.telemetry().call_log().set_rate(config_.log.calls);
}

void Reloader::toggle_debug() {
  is_debug_forced_ = !is_debug_forced_;
  // Said while it can be heard.
  if (!is_debug_forced_) {
    log::info("log_level", log::kv("is", configured_level()));
  }
  apply_log();
  if (is_debug_forced_) {
    log::info("log_level", log::kv("is", log::level_name()));
  }
}

}  // namespace sidecar
