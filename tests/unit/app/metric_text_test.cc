#include "app/metric_text.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace sidecar::testing {

namespace {

std::string head_of(Metric metric) {
  std::string out;
  append_metric_head(metric_row(metric), out);
  return out;
}

}  // namespace

TEST_CASE("Samples: a line a series, labels in the order of the row") {
  std::string out;
  Samples samples(metric_row(Metric::kCalls), out);

  samples.add({"ethereum", "eth_call", "result"}, uint64_t{17});
  samples.add({"ethereum", "other", "OVERLOADED"}, std::numeric_limits<uint64_t>::max());

  CHECK(out ==
        "rpc_sidecar_calls_total{chain=\"ethereum\",method=\"eth_call\",outcome=\"result\"} 17\n"
        "rpc_sidecar_calls_total{chain=\"ethereum\",method=\"other\",outcome=\"OVERLOADED\"} "
        "18446744073709551615\n");
}

TEST_CASE("Samples: what is within the same first labels comes out the same") {
  std::string whole;
  std::string within;
  Samples first(metric_row(Metric::kCalls), whole);
  Samples second(metric_row(Metric::kCalls), within);

  first.add({"a", "b", "c"}, uint64_t{1});
  first.add({"a", "b", "d"}, uint64_t{2});
  first.add({"e", "f", "g"}, uint64_t{3});
  second.within({"a", "b"});
  second.add({"c"}, uint64_t{1});
  second.add({"d"}, uint64_t{2});
  second.within({"e", "f", "g"});
  second.add({}, uint64_t{3});

  CHECK(within == whole);
}

TEST_CASE("Samples: quotes, backslashes and line ends in values are escaped, nothing else is") {
  std::string out;
  Samples samples(metric_row(Metric::kCalls), out);

  samples.within({"a\"b\\c\nd"});
  samples.add({"\xc3\xa9{}=,", "\\"}, uint64_t{1});

  CHECK(out ==
        "rpc_sidecar_calls_total{chain=\"a\\\"b\\\\c\\nd\",method=\"\xc3\xa9{}=,\","
        "outcome=\"\\\\\"} 1\n");
}

TEST_CASE(
    "Samples: without labels there are no braces, and figures are as short as they are exact") {
  std::string out;
  Samples samples(metric_row(Metric::kSpendMonth), out);

  samples.add({}, 0.1);
  samples.add({}, 3.0);
  samples.add({}, -1e-9);
  samples.add({}, std::numeric_limits<double>::infinity());
  samples.add({}, -std::numeric_limits<double>::infinity());
  samples.add({}, std::numeric_limits<double>::quiet_NaN());
  samples.add({}, std::numeric_limits<double>::max());

  const std::string name = "rpc_sidecar_spend_month_dollars ";
  CHECK(out == name + "0.1\n" + name + "3\n" + name + "-1e-09\n" + name + "+Inf\n" + name +
                   "-Inf\n" + name + "NaN\n" + name + "1.7976931348623157e+308\n");
}

TEST_CASE("Samples: a histogram's buckets add up, then the rest, sum and count") {
  Histogram histogram(kTurnBounds);
  histogram.add(Nanos(50'000));
  histogram.add(Millis(3));
  histogram.add(Millis(2'000));
  std::string out;

  Samples(metric_row(Metric::kLoopLagSeconds), out).add({}, histogram);

  const std::string name = "rpc_sidecar_loop_lag_seconds";
  std::string expected;
  for (const char* const line : {"0.0001\"} 1", "0.00025\"} 1", "0.0005\"} 1", "0.001\"} 1",
                                 "0.002\"} 1", "0.005\"} 2", "0.01\"} 2", "0.025\"} 2", "0.05\"} 2",
                                 "0.1\"} 2", "0.25\"} 2", "0.5\"} 2", "1\"} 2", "+Inf\"} 3"}) {
    expected += name + "_bucket{le=\"" + line + "\n";
  }
  CHECK(out == expected + name + "_sum 2.00305\n" + name + "_count 3\n");
}

TEST_CASE("Samples: a histogram's bound is its last label") {
  std::string out;
  Samples samples(metric_row(Metric::kAttemptSeconds), out);
  samples.within({"ethereum", "geth"});

  samples.add({"http"}, Histogram(kCallBounds));

  const std::string labels = "chain=\"ethereum\",provider=\"geth\",transport=\"http\"";
  CHECK(out.starts_with("rpc_sidecar_attempt_seconds_bucket{" + labels + ",le=\"0.001\"} 0\n"));
  CHECK(out.ends_with("rpc_sidecar_attempt_seconds_sum{" + labels +
                      "} 0\nrpc_sidecar_attempt_seconds_count{" + labels + "} 0\n"));
}

TEST_CASE("append_metric_head: help and type, a line each") {
  CHECK(head_of(Metric::kCallsWaiting) ==
        "# HELP rpc_sidecar_calls_waiting Of these, calls that wait until a provider's budget "
        "allows them.\n"
        "# TYPE rpc_sidecar_calls_waiting gauge\n");
  CHECK(head_of(Metric::kLoopLagSeconds).ends_with("_lag_seconds histogram\n"));
}

TEST_CASE("append_metric_head: of a help text only backslashes and line ends are escaped") {
  MetricRow row = metric_row(Metric::kFeeds);
  row.help = "a \"b\" \\ c\nd";
  std::string out;

  append_metric_head(row, out);

  CHECK(out ==
        "# HELP rpc_sidecar_feeds a \"b\" \\\\ c\\nd\n"
        "# TYPE rpc_sidecar_feeds gauge\n");
}

}  // namespace sidecar::testing
