#pragma once

#include <cstdint>
#include <string>

namespace sidecar {

/// Where something was written: a place in the file, or a variable of the environment.
struct Location {
  uint32_t line = 0;  ///< 1-based; 0 = no place in the file
  uint32_t column = 0;
  std::string variable;  ///< not empty: the environment's, and line and column do not count
};

}  // namespace sidecar
