#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <span>

namespace sidecar {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first, so that formatting takes the first that divides.
constexpr std::array<Unit, 4> kByteUnits = {
    {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"B", 1}}};
constexpr std::array<Unit, 4> kTimeUnits = {
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

std::optional<uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, digits));
  for (const Unit& unit : units) {
    if (number && text.substr(digits) == unit.name &&
        *number <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / unit.factor) {
      return *number * unit.factor;
    }
  }
  return std::nullopt;
}

std::string format_quantity(uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return "0" + std::string(units.back().name);
}

}  // namespace

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    return std::nullopt;
  }
  return number;
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  return parse_quantity(text, kByteUnits);
}

std::string format_bytes(uint64_t bytes) {
  return format_quantity(bytes, kByteUnits);
}

std::optional<Millis> parse_duration(std::string_view text) {
  const auto count = parse_quantity(text, kTimeUnits);
  if (!count) {
    return std::nullopt;
  }
  return Millis(static_cast<int64_t>(*count));
}

std::string format_duration(Millis duration) {
  return format_quantity(static_cast<uint64_t>(duration.count()), kTimeUnits);
}

std::optional<uint32_t> parse_mode(std::string_view text) {
  const bool is_octal = text.find_first_not_of("01234567") == std::string_view::npos;
  if (!is_octal || text.size() < 3 || text.size() > 4) {
    return std::nullopt;
  }
  uint32_t mode = 0;
  for (const char digit : text) {
    mode = mode * 8 + static_cast<uint32_t>(digit - '0');
  }
  return mode;
}

std::string format_mode(uint32_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

}  // namespace sidecar
