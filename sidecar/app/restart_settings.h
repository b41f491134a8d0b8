#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace sidecar {

/// What of `wanted` cannot be had while the sidecar runs, by name: "listen.path", "chain base
/// (new)". `started`: what it was started with.
/// A setting that nothing says otherwise of needs a restart.
std::vector<std::string> settings_for_restart(const Config& started, const Config& wanted);

/// By name and number, so that what speaks of one by its number may be taken over.
bool has_same_chains(const Config& one, const Config& other);
/// Null when there is none of that name.
const ChainConfig* find_chain(const Config& config, std::string_view name);
/// Do both stand for the same network, checked in the same way?
bool is_same_network(const ChainConfig& one, const ChainConfig& other);
/// The limits wanted, but for those that need a restart.
SessionLimits live_limits(const Config& started, const Config& wanted);

}  // namespace sidecar
