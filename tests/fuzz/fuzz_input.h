#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {

/// Aborts, for the fuzzer to report, when a claim about the input does not hold.
inline void require(bool claim) {
  if (!claim) {
    std::abort();
  }
}

/// A fuzzer's bytes: the first one chooses the size of the pieces, the rest is the text.
struct FuzzInput {
  size_t piece_bytes;
  std::string text;

  FuzzInput(const uint8_t* data, size_t size)
      : piece_bytes(size == 0 ? 1 : 1U + data[0] % 40U),
        text(size == 0 ? "" : std::string(reinterpret_cast<const char*>(data) + 1, size - 1)) {}

  /// A copy of the piece's own size, not even a NUL behind it: a read past its end is seen.
  std::vector<char> piece(size_t at) const {
    const std::string_view part = std::string_view(text).substr(at, piece_bytes);
    return {part.begin(), part.end()};
  }
};

}  // namespace sidecar::testing
