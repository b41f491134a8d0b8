#include "policy/latency.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanos kFloor = microseconds(10);

Nanos exact_quantile(std::vector<Nanos> samples, double q) {
  std::sort(samples.begin(), samples.end());
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(samples.size())));
  return samples[std::max<size_t>(rank, 1) - 1];
}

/// Evenly over the octaves from 10 us to 80 s.
Nanos random_latency(Random& random) {
  return Nanos(static_cast<int64_t>(10'000 * std::exp2(random.unit() * 22.9)));
}

LatencyHistogram of(const std::vector<Nanos>& samples) {
  LatencyHistogram histogram;
  for (const Nanos each : samples) {
    histogram.add(each);
  }
  return histogram;
}

}  // namespace

TEST_CASE("LatencyHistogram: without samples there is no quantile") {
  const LatencyHistogram histogram;

  CHECK(histogram.quantile(0.5) == std::nullopt);
  CHECK(histogram.sample_count() == 0);
}

TEST_CASE("LatencyHistogram: a sample is told as its bucket's upper edge") {
  struct Row {
    Nanos took;
    Nanos told;
  };
  const Row rows[] = {
      {Nanos(0), kFloor},
      {Nanos(-5), kFloor},
      {Nanos(9'999), kFloor},
      {Nanos(10'000), Nanos(12'500)},
      {Nanos(12'499), Nanos(12'500)},
      {Nanos(12'500), Nanos(15'000)},
      {Nanos(15'000), Nanos(17'500)},
      {Nanos(19'999), Nanos(20'000)},
      {Nanos(20'000), Nanos(25'000)},
      {Nanos(39'999), Nanos(40'000)},
      {Nanos(40'000), Nanos(50'000)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.took.count());
    CHECK(of({row.took}).quantile(0.5) == row.told);
  }
}

TEST_CASE("LatencyHistogram: an answer is never too low, and at most a quarter too high") {
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<Nanos> samples(1 + random.below(LatencyHistogram::kSamplesMax));
    std::generate(samples.begin(), samples.end(), [&] { return random_latency(random); });
    const LatencyHistogram histogram = of(samples);
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1.0}) {
      const Nanos exact = exact_quantile(samples, q);
      const Nanos told = histogram.quantile(q).value();
      REQUIRE(told > exact);
      REQUIRE(told.count() <= exact.count() + exact.count() / 4 + 1);
    }
  }
}

TEST_CASE("LatencyHistogram: what is beyond the last bucket goes there") {
  const Nanos last = of({std::chrono::hours(1)}).quantile(0.5).value();

  CHECK(last > seconds(83));
  CHECK(of({Nanos::max()}).quantile(0.5) == last);
}

TEST_CASE("LatencyHistogram: a quantile outside 0 to 1 is the nearest") {
  const LatencyHistogram histogram = of({microseconds(20), milliseconds(20)});

  CHECK(histogram.quantile(-1) == histogram.quantile(0));
  CHECK(histogram.quantile(2) == histogram.quantile(1));
  CHECK(histogram.quantile(0) < histogram.quantile(1));
}

TEST_CASE("LatencyHistogram: the answer that is kept is forgotten with each sample") {
  LatencyHistogram histogram = of({milliseconds(1)});
  const Nanos before = histogram.quantile(0.9).value();
  CHECK(histogram.quantile(0.9) == before);

  histogram.add(milliseconds(100));

  CHECK(histogram.quantile(0.9) > before);
}

TEST_CASE("LatencyHistogram: the answer that is kept is not given for another quantile") {
  const LatencyHistogram histogram = of({milliseconds(1), milliseconds(100)});

  const Nanos high = histogram.quantile(0.9).value();

  CHECK(histogram.quantile(0.1) < high);
  CHECK(histogram.quantile(0.9) == high);
}

TEST_CASE("LatencyHistogram: the count of samples is bounded, halving keeps the shape") {
  LatencyHistogram histogram;
  for (int i = 0; i < 10'000; ++i) {
    histogram.add(i % 4 == 0 ? milliseconds(100) : milliseconds(1));
    REQUIRE(histogram.sample_count() <= LatencyHistogram::kSamplesMax);
  }

  CHECK(histogram.quantile(0.7) < milliseconds(2));
  CHECK(histogram.quantile(0.8) > milliseconds(99));
}

TEST_CASE("LatencyHistogram: old samples fade") {
  LatencyHistogram histogram;
  for (uint32_t i = 0; i < LatencyHistogram::kSamplesMax; ++i) {
    histogram.add(seconds(1));
  }
  CHECK(histogram.quantile(0.5) > seconds(1));

  for (uint32_t i = 0; i < LatencyHistogram::kSamplesMax; ++i) {
    histogram.add(milliseconds(1));
  }

  CHECK(histogram.quantile(0.5) < milliseconds(2));
}

TEST_CASE("LatencyHistogram: clear makes it new") {
  LatencyHistogram histogram = of({milliseconds(1)});
  histogram.quantile(0.5);

  histogram.clear();

  CHECK(histogram.quantile(0.5) == std::nullopt);
  CHECK(histogram.sample_count() == 0);
}

TEST_CASE("LatencyHistogram: is as small as it says") {
  CHECK(sizeof(LatencyHistogram) < 300);
}

}  // namespace sidecar::testing
