#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar {

struct Config;

/// One for each row of metrics.def, in its order.
enum class Metric : uint8_t {
#define METRIC(id, type, name, unit, labels, help) id,
#include "app/metrics.def"
#undef METRIC
};
inline constexpr size_t kMetricCount = static_cast<size_t>(Metric::kProcessMaxFds) + 1;

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

/// What a series is told apart by; its values are of a bounded set.
enum class Label : uint8_t {
  kNone,
  // Of the configuration.
  kChain,
  kProvider,   ///< of its chain
  kTransport,  ///< of its provider
  kTier,
  // Ours.
  kMethod,  ///< of the method table, else `other`
  kCallOutcome,
  kAttemptOutcome,
  kAttemptKind,
  kHedgeResult,
  kHealthState,
  kBreakerState,
  kWindow,
  kDialect,
  kEndReason,
  kLimit,
  kFeedKind,
  kEventKind,
  kSourceChange,
  kReloadResult,
  kUnit,
  kMethodClass,
  kSaver,
  kBuildVersion,
  kWorker,  ///< core/worker_table.h
};

struct MetricRow {
  static constexpr size_t kLabelsMax = 5;

  Metric metric;
  MetricType type;
  std::string_view name;
  std::string_view unit;                 ///< empty: a yes or no
  std::array<Label, kLabelsMax> labels;  ///< kNone behind the last
  std::string_view help;

  size_t label_count() const;
};

std::span<const MetricRow> metric_rows();
const MetricRow& metric_row(Metric metric);

/// "counter", "gauge" or "histogram".
std::string_view metric_type_name(MetricType type);
/// As the exposition has it: "outcome".
std::string_view label_name(Label label);
/// All values of a label that does not depend on the configuration, in the order of its enum.
std::vector<std::string_view> label_values(Label label);

/// What a configuration makes series of.
struct SeriesSizes {
  size_t chains = 0;
  size_t tiers = 0;  ///< sum over the chains
  size_t providers = 0;
  size_t endpoints = 0;
};
SeriesSizes series_sizes(const Config& config);
/// The most series of one metric; a histogram's buckets, sum and count are series each.
size_t series_max(const MetricRow& row, const SeriesSizes& sizes);
size_t series_max(const SeriesSizes& sizes);

/// `rpc-sidecar describe-metrics`.
std::string describe_metrics();

}  // namespace sidecar
