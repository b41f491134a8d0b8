#include "app/human.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>

namespace sidecar {

namespace {

struct Unit {
  double size;
  std::string_view name;
};

/// In the largest unit of which a whole one is left, as it is printed: 999'999 us are 1.0 s. The
/// first unit has no decimals, the others have one below 100.
std::string scaled(uint64_t value, std::span<const Unit> units) {
  for (size_t i = 0;; ++i) {
    const double exact = static_cast<double>(value) / units[i].size;
    const int decimals = i > 0 && exact < 99.95 ? 1 : 0;
    const double factor = decimals == 1 ? 10 : 1;
    const double rounded = std::round(exact * factor) / factor;
    if (i + 1 == units.size() || rounded * units[i].size < units[i + 1].size) {
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), "%.*f", decimals, rounded);
      return std::string(text.data()) + std::string(units[i].name);
    }
  }
}

}  // namespace

std::string human_micros(uint64_t micros) {
  constexpr std::array<Unit, 6> kUnits{
      {{1, " us"}, {1e3, " ms"}, {1e6, " s"}, {60e6, " min"}, {3'600e6, " h"}, {86'400e6, " d"}}};
  return scaled(micros, kUnits);
}

std::string human_span(uint64_t millis) {
  const uint64_t seconds = millis / 1'000;
  if (seconds < 60) {
    return std::to_string(seconds) + " s";
  }
  if (seconds < 3'600) {
    return std::to_string(seconds / 60) + " min";
  }
  return seconds < 48 * 3'600 ? std::to_string(seconds / 3'600) + " h"
                              : std::to_string(seconds / 86'400) + " d";
}

std::string human_count(uint64_t count) {
  constexpr std::array<Unit, 4> kUnits{{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}}};
  return count < 10'000 ? std::to_string(count) : scaled(count, kUnits);
}

}  // namespace sidecar
