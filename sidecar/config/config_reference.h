#pragma once

#include <string>

namespace sidecar {

/// The reference of every key and variable, from the key table, as text for a terminal.
std::string describe_config();

}  // namespace sidecar
