#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace sidecar {

/// "64MiB", "512KiB", "100B": whole numbers of B, KiB, MiB or GiB. Null when it is anything else
/// or does not fit.
std::optional<uint64_t> parse_bytes(std::string_view text);
/// In the largest unit that leaves no remainder.
std::string format_bytes(uint64_t bytes);

/// "250ms", "5s", "2m", "1h": whole numbers of one unit.
std::optional<Millis> parse_duration(std::string_view text);
std::string format_duration(Millis duration);

/// "0660": three or four octal digits.
std::optional<uint32_t> parse_mode(std::string_view text);
std::string format_mode(uint32_t mode);

/// Decimal digits only, no sign; null when there are none, others, or too many.
std::optional<uint64_t> parse_number(std::string_view text);

}  // namespace sidecar
