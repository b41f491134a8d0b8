#pragma once

#include <cstdint>
#include <string>

namespace sidecar {

/// A duration of calls, three figures: "12 us", "3.4 ms", "2.1 s", "4.0 min", "3.0 h", "12.0 d".
std::string human_micros(uint64_t micros);
/// A span that a person waits for, whole units, rounded down: "0 s", "59 s", "12 min", "3 h", "12
/// d".
std::string human_span(uint64_t millis);
/// "950", "12.3k", "4.5M".
std::string human_count(uint64_t count);

}  // namespace sidecar
