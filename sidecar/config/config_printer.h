#pragma once

#include <string>

#include "config/config.h"

namespace sidecar {

/// The configuration in effect as TOML: every key, what is a default, where each provider came
/// from. Secrets are starred; a URL shows its host at most.
/// Requires: a config that was loaded without faults.
std::string print_resolved(const Config& config);

}  // namespace sidecar
