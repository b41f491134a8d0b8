#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "policy/access.h"

namespace sidecar {

/// The number of a user or group of this host, given by name or number; none when there is no such
/// name. Reads the host's user database: not for the loop.
std::optional<uint32_t> find_uid(const std::string& name);
std::optional<uint32_t> find_gid(const std::string& name);

/// The rules with names made numbers: those of `chains` by their place, from 1 on. A name that is
/// unknown by now is nobody's, and no chain's.
std::vector<AccessRule> access_rules(const std::vector<AccessConfig>& rules,
                                     const std::vector<std::string>& chains);
/// The same with the configuration's own chains.
std::vector<AccessRule> access_rules(const Config& config);

}  // namespace sidecar
