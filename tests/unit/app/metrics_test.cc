#include "app/metrics.h"

#include <doctest/doctest.h>

#include <string>

namespace sidecar::testing {

namespace {

/// What stands between the head of a metric and that of the next one.
std::string samples_of(const Metrics& metrics, Metric metric) {
  const std::string text = metrics.text();
  const MetricRow& row = metric_row(metric);
  std::string head;
  append_metric_head(row, head);
  const size_t begin = text.find(head) + head.size();
  return text.substr(begin, text.find("# HELP", begin) - begin);
}

}  // namespace

TEST_CASE("Metrics: each metric has its head, set or not") {
  const std::string text = Metrics().text();

  for (const MetricRow& row : metric_rows()) {
    CAPTURE(row.name);
    std::string head;
    append_metric_head(row, head);
    CHECK(text.find(head) != text.npos);
  }
}

TEST_CASE("Metrics: what nobody knows is 0, or has no samples where it has labels") {
  const Metrics metrics;

  CHECK(samples_of(metrics, Metric::kSpendMonth) == "rpc_sidecar_spend_month_dollars 0\n");
  CHECK(samples_of(metrics, Metric::kSpentDollars).empty());
  CHECK(samples_of(metrics, Metric::kLoopLagSeconds).empty());
}

TEST_CASE("Metrics: who sets a metric last shows it") {
  Metrics metrics;
  metrics.set(Metric::kSpendMonth, [](Samples& out) { out.add({}, uint64_t{1}); });
  metrics.set(Metric::kSpendMonth, [](Samples& out) { out.add({}, uint64_t{2}); });

  CHECK(samples_of(metrics, Metric::kSpendMonth) == "rpc_sidecar_spend_month_dollars 2\n");
}

TEST_CASE("Metrics: parts follow each other under one head, and none is one without samples") {
  Metrics metrics;
  size_t part_count = 3;
  metrics.set(
      Metric::kRetries, [&part_count]() { return part_count; },
      [](Samples& out, size_t part) { out.add({std::to_string(part)}, uint64_t{part}); });

  CHECK(samples_of(metrics, Metric::kRetries) ==
        "rpc_sidecar_retries_total{chain=\"0\"} 0\n"
        "rpc_sidecar_retries_total{chain=\"1\"} 1\n"
        "rpc_sidecar_retries_total{chain=\"2\"} 2\n");

  part_count = 0;
  CHECK(samples_of(metrics, Metric::kRetries).empty());
}

TEST_CASE("Metrics: piece by piece it is the same text") {
  Metrics metrics;
  metrics.set(
      Metric::kRetries, []() { return size_t{3}; },
      [](Samples& out, size_t part) { out.add({std::to_string(part)}, uint64_t{part}); });
  std::string text;
  size_t piece_count = 0;

  Metrics::Place place;
  for (std::string piece; metrics.write_next(place, piece); piece.clear()) {
    text += piece;
    ++piece_count;
  }

  CHECK(text == metrics.text());
  CHECK(piece_count == kMetricCount + 2);
}

}  // namespace sidecar::testing
