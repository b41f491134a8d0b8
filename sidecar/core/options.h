#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace sidecar {

/// The family decides the method list, the id shapes and the error tables of a chain.
enum class Family { kEvm, kSvm };

/// What the dispatcher bounds and times.
struct DispatcherOptions {
  Millis call_deadline{30'000};           ///< a call's whole life, unless the worker asks for less
  Millis call_deadline_max{300'000};      ///< the most a worker may ask for
  uint32_t attempts_max = 3;              ///< tries of one call over all providers
  uint32_t calls_in_flight_max = 65'536;  ///< over all sessions
  uint32_t filters_max = 10'000;          ///< eth_newFilter and its relatives, over all sessions
};

}  // namespace sidecar
