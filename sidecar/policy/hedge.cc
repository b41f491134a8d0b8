#include "policy/hedge.h"

#include <algorithm>
#include <chrono>

namespace sidecar {

namespace {

constexpr double kPercent = 0.01;

Millis rounded_up(Nanos span) {
  return std::chrono::ceil<Millis>(span);
}

}  // namespace

Millis hedge_delay(const HedgeOptions& options, const LatencyHistogram& of_method) {
  if (of_method.sample_count() < options.samples_min) {
    return std::clamp(options.delay_cold, options.delay_min, options.delay_max);
  }
  const Nanos usual = of_method.quantile(options.percentile * kPercent).value_or(Nanos(0));
  return std::clamp(rounded_up(usual) + options.base, options.delay_min, options.delay_max);
}

Millis attempt_timeout(const TimeoutOptions& options, const LatencyHistogram& of_endpoint,
                       Millis cap) {
  if (of_endpoint.sample_count() < options.samples_min) {
    return cap;
  }
  const Nanos usual = of_endpoint.quantile(options.percentile * kPercent).value_or(Nanos(0));
  return std::min(cap, std::max(rounded_up(usual) + options.base, options.floor));
}

}  // namespace sidecar
