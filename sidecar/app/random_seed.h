#pragma once

#include <sys/random.h>

#include <cstdint>

#include "base/check.h"

namespace sidecar {

/// From the system, unlike any other.
inline uint64_t random_seed() {
  uint64_t seed = 0;
  CHECK(::getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return seed;
}

/// Where ids begin: at a place nobody can guess, so that a stray answer from before a restart
/// misses; and small enough for every JSON number type a node may use.
inline uint64_t first_random_id(uint64_t seed) {
  return (seed & 0xffff'ffffu) + 1;
}

}  // namespace sidecar
