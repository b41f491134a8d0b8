#pragma once

#include <cstdint>

namespace sidecar {

/// Sums and products that stay at the top of their range instead of beginning again at nothing.
constexpr uint64_t add_capped(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
constexpr uint64_t multiply_capped(uint64_t a, uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

}  // namespace sidecar
