#pragma once

#include <functional>
#include <map>
#include <string>

namespace sidecar {

/// The variables a load may look at, injected so that a load depends on its arguments only.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Copies a process's `environ`; a null ends it.
Environment environment_of(const char* const* variables);

}  // namespace sidecar
