#include "base/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace sidecar::testing {

TEST_CASE("Histogram: each duration is in one bucket, its bound included") {
  Histogram histogram(kCallBounds);

  histogram.add(Nanos(0));
  histogram.add(Millis(1));
  histogram.add(Millis(1) + Nanos(1));
  histogram.add(Millis(10'000));
  histogram.add(Millis(10'001));

  CHECK(histogram.count_in(0) == 2);
  CHECK(histogram.count_in(1) == 1);
  CHECK(histogram.count_in(kCallBounds.size() - 1) == 1);
  CHECK(histogram.count_in(kCallBounds.size()) == 1);
  CHECK(histogram.count() == 5);
  CHECK(histogram.sum() == Millis(20'003) + Nanos(1));
}

TEST_CASE("Histogram: bounds go from 1 ms to 10 s for calls, from 100 us to 1 s for turns") {
  CHECK(std::is_sorted(kCallBounds.begin(), kCallBounds.end()));
  CHECK(kCallBounds.front() == Millis(1));
  CHECK(kCallBounds.back() == Millis(10'000));
  CHECK(std::is_sorted(kTurnBounds.begin(), kTurnBounds.end()));
  CHECK(kTurnBounds.front() == Nanos(100'000));
  CHECK(kTurnBounds.back() == Millis(1'000));
}

}  // namespace sidecar::testing
