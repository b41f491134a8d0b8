#include <doctest/doctest.h>

#include "policy/latency.h"

namespace sidecar::testing {

// Cause: four times a span of centuries wrapped around, and landed in any bucket or shifted by more
// than there are bits.
TEST_CASE("LatencyHistogram: no span is too long for the last bucket") {
  LatencyHistogram longest;
  longest.add(std::chrono::seconds(146));
  const auto last = longest.quantile(1).value();

  for (int bits = 38; bits < 63; ++bits) {
    CAPTURE(bits);
    LatencyHistogram histogram;
    histogram.add(Nanos(int64_t{1} << bits));
    CHECK(histogram.quantile(1) == last);
  }
  CHECK(last >= std::chrono::seconds(146));
  CHECK(last < std::chrono::seconds(147));
}

}  // namespace sidecar::testing
