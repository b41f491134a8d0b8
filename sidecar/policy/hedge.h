#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "policy/latency.h"

namespace sidecar {

struct HedgeOptions {
  bool is_on = true;
  uint32_t percentile = 95;  ///< of the method's latencies over the pool
  Millis base{0};            ///< added to it
  Millis delay_min{100};
  Millis delay_max{10'000};
  Millis delay_cold{500};  ///< while fewer than samples_min calls of the method were seen
  uint32_t samples_min = 20;
  uint64_t price_max = 0;  ///< dollars a billion calls; dearer providers get no hedges; 0 = any
};

/// How long the first attempt has before a second one starts: clamp(quantile + base, min, max).
Millis hedge_delay(const HedgeOptions& options, const LatencyHistogram& of_method);

struct TimeoutOptions {
  uint32_t percentile = 99;
  Millis base{2'000};
  Millis floor{500};
  uint32_t samples_min = 20;
};

/// The time one attempt gets: clamp(quantile + base, floor, cap); cap while there are too few
/// samples.
Millis attempt_timeout(const TimeoutOptions& options, const LatencyHistogram& of_endpoint,
                       Millis cap);

}  // namespace sidecar
