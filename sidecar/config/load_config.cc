#include "config/load_config.h"

#include <utility>

#include "config/config_file.h"
#include "config/config_reader.h"
#include "config/cross_check.h"
#include "config/env_source.h"
#include "config/quantity.h"
#include "config/substitution.h"
#include "config/toml_source.h"

// file ──▶ text ──▶ parse_toml ──┐
//                                ├─▶ ConfigNode ─▶ overrides ─▶ ConfigReader ─▶ cross_check ─▶
//                                Config
// environment ─▶ read_environment┘

namespace sidecar {
namespace {

/// systemd names the folder of StateDirectory=, or several with colons between.
void set_state_dir(StateOptions& state, const Environment& environment) {
  const auto variable = environment.find(std::string_view("STATE_DIRECTORY"));
  if (state.dir.empty() && variable != environment.end()) {
    state.dir = variable->second.substr(0, variable->second.find(':'));
  }
}

LoadedConfig load_tree(ConfigNode root, const Environment& environment, FaultList faults) {
  LoadedConfig loaded;
  loaded.config.source = faults.source();
  Substitution substitution(environment);
  apply_overrides(root, environment);
  ConfigReader(substitution, faults, loaded.config).read(root);
  set_state_dir(loaded.config.state, environment);
  cross_check(loaded.config, faults);
  loaded.faults = faults.take();
  return loaded;
}

LoadedConfig failed(FaultList faults) {
  LoadedConfig loaded;
  loaded.config.source = faults.source();
  loaded.faults = faults.take();
  return loaded;
}

LoadedConfig load_environment(const Environment& environment, std::string_view default_path) {
  FaultList faults("environment");
  auto root = read_environment(environment);
  if (root) {
    return load_tree(std::move(*root), environment, std::move(faults));
  }
  std::string names;
  for (const ProviderVariables& row : provider_variables()) {
    names += std::string(row.http) + ", ";
  }
  faults.add({}, "",
             "names no provider; write " + std::string(default_path) +
                 " (example.toml shows how), give a file with --config, or set one or more of " +
                 names + "PUBLIC_RPC_ENDPOINTS");
  return failed(std::move(faults));
}

}  // namespace

LoadedConfig load_config_text(std::string_view text, const std::string& source,
                              const Environment& environment) {
  FaultList faults(source);
  if (text.size() > kConfigBytesMax) {
    faults.add({}, "", "is longer than " + format_bytes(kConfigBytesMax));
    return failed(std::move(faults));
  }
  auto root = parse_toml(text, faults);
  if (!root) {
    return failed(std::move(faults));
  }
  return load_tree(std::move(*root), environment, std::move(faults));
}

LoadedConfig load_config(const std::optional<std::string>& path, const Environment& environment,
                         std::string_view default_path) {
  const std::string file = path.value_or(std::string(default_path));
  auto text = read_guarded_file(file, config_file_rules());
  if (text.ok()) {
    return load_config_text(text.value(), file, environment);
  }
  if (!path && text.error().code == Errc::kNotFound) {
    return load_environment(environment, default_path);
  }
  FaultList faults(file);
  faults.add({}, "", text.error().detail);
  return failed(std::move(faults));
}

}  // namespace sidecar
