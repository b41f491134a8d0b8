#include "config/did_you_mean.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace sidecar {
namespace {

// Longer words are no typing mistake of any key, and the table stays on the stack.
constexpr size_t kWordMax = 40;
using Row = std::array<uint8_t, kWordMax + 1>;

// Optimal string alignment: Levenshtein with neighbours swapped as one step.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<Row, kWordMax + 1> steps{};
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        steps[i][j] = static_cast<uint8_t>(i + j);
        continue;
      }
      const int replaced = steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      int least = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        least = std::min(least, steps[i - 2][j - 2] + 1);
      }
      steps[i][j] = static_cast<uint8_t>(least);
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view word,
                              const std::vector<std::string_view>& candidates) {
  std::string_view nearest;
  size_t least = kWordMax;
  for (const std::string_view candidate : candidates) {
    if (word.size() > kWordMax || candidate.size() > kWordMax) {
      continue;
    }
    const size_t distance = edit_distance(word, candidate);
    if (distance < least && distance * 3 <= std::max(word.size(), candidate.size())) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace sidecar
