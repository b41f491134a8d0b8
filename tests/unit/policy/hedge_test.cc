#include "policy/hedge.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

namespace {

/// `count` samples of about `took`.
LatencyHistogram samples(uint32_t count, Nanos took) {
  LatencyHistogram histogram;
  for (uint32_t i = 0; i < count; ++i) {
    histogram.add(took);
  }
  return histogram;
}

/// What the histogram makes of it, in whole milliseconds upwards.
Millis as_told(Nanos took) {
  return std::chrono::ceil<Millis>(samples(1, took).quantile(0.5).value());
}

}  // namespace

TEST_CASE("Hedge: while there are few samples the delay is the cold one") {
  HedgeOptions options;
  options.delay_cold = Millis(500);

  CHECK(hedge_delay(options, LatencyHistogram()) == Millis(500));
  CHECK(hedge_delay(options, samples(19, Millis(2'000))) == Millis(500));
  CHECK(hedge_delay(options, samples(20, Millis(2'000))) == as_told(Millis(2'000)));
}

TEST_CASE("Hedge: the cold delay is bounded too") {
  HedgeOptions options;

  options.delay_cold = Millis(1);
  CHECK(hedge_delay(options, LatencyHistogram()) == options.delay_min);
  options.delay_cold = Millis(60'000);
  CHECK(hedge_delay(options, LatencyHistogram()) == options.delay_max);
}

TEST_CASE("Hedge: the delay is the quantile and the base, within its bounds") {
  struct Row {
    Millis took;
    Millis base;
    Millis wanted;
  };
  const Row rows[] = {
      {Millis(10), Millis(0), Millis(100)},
      {Millis(10), Millis(80), Millis(100)},
      {Millis(10), Millis(200), as_told(Millis(10)) + Millis(200)},
      {Millis(1'000), Millis(0), as_told(Millis(1'000))},
      {Millis(1'000), Millis(50), as_told(Millis(1'000)) + Millis(50)},
      {Millis(20'000), Millis(0), Millis(10'000)},
      {Millis(9'000), Millis(5'000), Millis(10'000)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.took.count());
    CAPTURE(row.base.count());
    HedgeOptions options;
    options.base = row.base;
    CHECK(hedge_delay(options, samples(20, row.took)) == row.wanted);
  }
}

TEST_CASE("Hedge: the percentile is the option's") {
  LatencyHistogram histogram = samples(90, Millis(200));
  for (int i = 0; i < 10; ++i) {
    histogram.add(Millis(5'000));
  }
  HedgeOptions options;

  options.percentile = 90;
  CHECK(hedge_delay(options, histogram) == as_told(Millis(200)));
  options.percentile = 95;
  CHECK(hedge_delay(options, histogram) == as_told(Millis(5'000)));
}

TEST_CASE("AttemptTimeout: while there are few samples it is the cap") {
  CHECK(attempt_timeout({}, LatencyHistogram(), Millis(5'000)) == Millis(5'000));
  CHECK(attempt_timeout({}, samples(19, Millis(1)), Millis(5'000)) == Millis(5'000));
  CHECK(attempt_timeout({}, samples(20, Millis(1)), Millis(5'000)) < Millis(5'000));
}

TEST_CASE("AttemptTimeout: the quantile and the base, between floor and cap") {
  struct Row {
    Millis took;
    Millis base;
    Millis wanted;
  };
  const Row rows[] = {
      {Millis(10), Millis(0), Millis(500)},
      {Millis(10), Millis(2'000), as_told(Millis(10)) + Millis(2'000)},
      {Millis(1'000), Millis(2'000), as_told(Millis(1'000)) + Millis(2'000)},
      {Millis(4'000), Millis(2'000), Millis(5'000)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.took.count());
    TimeoutOptions options;
    options.base = row.base;
    CHECK(attempt_timeout(options, samples(20, row.took), Millis(5'000)) == row.wanted);
  }
}

TEST_CASE("AttemptTimeout: a cap below the floor wins") {
  CHECK(attempt_timeout({}, samples(20, Millis(1)), Millis(200)) == Millis(200));
}

TEST_CASE("AttemptTimeout: the slowest of a hundred counts, not the usual one") {
  LatencyHistogram histogram = samples(97, Millis(50));
  for (int i = 0; i < 3; ++i) {
    histogram.add(Millis(1'500));
  }

  CHECK(attempt_timeout({}, histogram, Millis(30'000)) == as_told(Millis(1'500)) + Millis(2'000));
}

}  // namespace sidecar::testing
