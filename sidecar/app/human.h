#pragma once

#include <cstdint>
#include <string>

namespace sidecar {

/// Figures as people read them: "12 us", "3.4 ms", "2.1 s", "4 min", "3 h", "12 d".
std::string human_micros(uint64_t micros);
/// "950", "12.3k", "4.5M".
std::string human_count(uint64_t count);

}  // namespace sidecar
