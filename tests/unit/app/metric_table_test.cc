#include "app/metric_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "config/config.h"

namespace sidecar::testing {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

/// ethereum: geth over http and ws in tier 1, alchemy in tier 2; solana: helius.
Config two_chains() {
  Config config;
  config.chains.resize(2);
  ProviderConfig geth;
  geth.channel.name = "geth";
  geth.channel.http = Secret("http://localhost:1");
  geth.channel.ws = Secret("ws://localhost:1");
  geth.channel.tier = 1;
  ProviderConfig alchemy = geth;
  alchemy.channel.name = "alchemy";
  alchemy.channel.ws = Secret();
  alchemy.channel.tier = 2;
  config.chains[0].providers = {geth, alchemy};
  config.chains[1].providers = {alchemy};
  return config;
}

}  // namespace

TEST_CASE("metric_rows: names are told apart, and say type and unit as is customary") {
  std::set<std::string_view> names;
  for (const MetricRow& row : metric_rows()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(is_name(row.name));
    CHECK((row.name.starts_with("rpc_sidecar_") || row.name.starts_with("process_")));
    CHECK(row.name.ends_with("_total") == (row.type == MetricType::kCounter));
    CHECK((row.name.find("_seconds") != row.name.npos) == (row.unit == "seconds"));
    CHECK(row.help.ends_with("."));
    CHECK(&metric_row(row.metric) == &row);
  }
  CHECK(names.size() == kMetricCount);
}

TEST_CASE("metric_rows: no label name comes twice in a row, and none is a bucket's") {
  for (const MetricRow& row : metric_rows()) {
    CAPTURE(row.name);
    std::set<std::string_view> names{"le"};
    for (size_t i = 0; i < row.label_count(); ++i) {
      CHECK(is_name(label_name(row.labels[i])));
      CHECK(names.insert(label_name(row.labels[i])).second);
    }
    CHECK(std::all_of(row.labels.begin() + static_cast<long>(row.label_count()), row.labels.end(),
                      [](Label label) { return label == Label::kNone; }));
  }
}

TEST_CASE("label_values: words that are told apart") {
  for (auto label = Label::kMethod; label < Label::kWorker;
       label = static_cast<Label>(static_cast<int>(label) + 1)) {
    const auto values = label_values(label);
    CAPTURE(label_name(label));
    CHECK(!values.empty());
    CHECK(std::set(values.begin(), values.end()).size() == values.size());
    CHECK(std::none_of(values.begin(), values.end(), [](auto one) { return one.empty(); }));
  }
}

TEST_CASE("label_values: what is in no table is `other`, which comes last") {
  CHECK(label_values(Label::kMethod).back() == "other");
  CHECK(label_values(Label::kLimit).back() == "other");
}

TEST_CASE("series_sizes: endpoints, providers and tiers of all chains") {
  const SeriesSizes sizes = series_sizes(two_chains());

  CHECK(sizes.chains == 2);
  CHECK(sizes.tiers == 3);
  CHECK(sizes.providers == 3);
  CHECK(sizes.endpoints == 4);
}

TEST_CASE("series_max: the finest of what is configured, times our own words") {
  const SeriesSizes sizes = series_sizes(two_chains());
  const size_t methods = label_values(Label::kMethod).size();

  CHECK(series_max(metric_row(Metric::kLoopTurns), sizes) == 1);
  CHECK(series_max(metric_row(Metric::kRetries), sizes) == 2);
  CHECK(series_max(metric_row(Metric::kTierCalls), sizes) == 3);
  CHECK(series_max(metric_row(Metric::kEndpointUp), sizes) == 4);
  CHECK(series_max(metric_row(Metric::kEndpointHealth), sizes) == 4 * 6);
  CHECK(series_max(metric_row(Metric::kAttempts), sizes) == 4 * 6 * 29);
  CHECK(series_max(metric_row(Metric::kProviderCalls), sizes) == 3 * methods);
  CHECK(series_max(metric_row(Metric::kCalls), sizes) == (2 + 1) * methods * (28 + 17));
  CHECK(series_max(metric_row(Metric::kAttemptSeconds), sizes) == 4 * 16);
  CHECK(series_max(metric_row(Metric::kLoopLagSeconds), sizes) == 16);
  CHECK(series_max(metric_row(Metric::kWorkerSpentDollars), sizes) == 256);

  size_t sum = 0;
  for (const MetricRow& row : metric_rows()) {
    sum += series_max(row, sizes);
  }
  CHECK(series_max(sizes) == sum);
}

TEST_CASE("describe_metrics: a line for each, and the words of short labels") {
  const std::string text = describe_metrics();

  for (const MetricRow& row : metric_rows()) {
    CAPTURE(row.name);
    const size_t at = text.find(std::string(row.name) + " ");
    CHECK(at != text.npos);
    CHECK(text.find(row.help, at) < text.find('\n', at));
  }
  CHECK(text.find("\nstate: closed open half_open\n") != text.npos);
  CHECK(text.find("eth_getBalance") == text.npos);
}

}  // namespace sidecar::testing
