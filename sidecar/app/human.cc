#include "app/human.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace sidecar {

namespace {

struct Unit {
  double size;
  std::string_view name;
};

/// With one decimal below ten, for three figures at the most.
std::string scaled(double value, const Unit& unit) {
  std::array<char, 32> text{};
  const double scaled_value = value / unit.size;
  const int decimals = unit.size > 1 && scaled_value < 100 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, scaled_value);
  return std::string(text.data()) + std::string(unit.name);
}

}  // namespace

std::string human_micros(uint64_t micros) {
  constexpr std::array<Unit, 6> kUnits{
      {{1, " us"}, {1e3, " ms"}, {1e6, " s"}, {60e6, " min"}, {3'600e6, " h"}, {86'400e6, " d"}}};
  const Unit* unit = &kUnits[0];
  for (const Unit& each : kUnits) {
    unit = static_cast<double>(micros) >= each.size ? &each : unit;
  }
  return scaled(static_cast<double>(micros), *unit);
}

std::string human_count(uint64_t count) {
  constexpr std::array<Unit, 4> kUnits{{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}}};
  const Unit* unit = &kUnits[0];
  for (const Unit& each : kUnits) {
    unit = static_cast<double>(count) >= each.size * 10 ? &each : unit;
  }
  return count < 10'000 ? std::to_string(count) : scaled(static_cast<double>(count), *unit);
}

}  // namespace sidecar
