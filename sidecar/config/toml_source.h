#pragma once

#include <optional>
#include <string_view>

#include "config/config_fault.h"
#include "config/config_node.h"

namespace sidecar {

/// The longest file that is read.
inline constexpr size_t kConfigBytesMax = size_t{1} << 20;

/// Parses TOML text into the neutral tree. Nothing but one fault when the syntax is wrong: the
/// parser stops at the first.
/// Requires: text.size() <= kConfigBytesMax.
std::optional<ConfigNode> parse_toml(std::string_view text, FaultList& faults);

}  // namespace sidecar
