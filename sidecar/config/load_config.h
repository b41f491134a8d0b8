#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/config_fault.h"
#include "config/environment.h"

namespace sidecar {

inline constexpr std::string_view kDefaultConfigPath = "/etc/rpc-sidecar/config.toml";

/// A configuration to run with, or every fault in it.
struct LoadedConfig {
  Config config;  ///< not to be used when there are faults
  std::vector<ConfigFault> faults;

  bool ok() const { return faults.empty(); }
};

/// Reads the file at `path`; without one the file at `default_path` if it is there, else the
/// environment alone. Blocking: before the loop starts only.
LoadedConfig load_config(const std::optional<std::string>& path, const Environment& environment,
                         std::string_view default_path = kDefaultConfigPath);

/// The same from a file's text. `source` is what faults call it.
LoadedConfig load_config_text(std::string_view text, const std::string& source,
                              const Environment& environment);

}  // namespace sidecar
