#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "app/metric_table.h"
#include "base/histogram.h"

namespace sidecar {

/// The samples of one metric in Prometheus' text format 0.0.4; each is one line, a histogram's are
/// many. Values of labels are escaped. Not: it does not see to it that no series comes twice.
/// Owner: whoever renders, for as long. Requires: `out` outlives it.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
class Samples {
 public:
  using Values = std::initializer_list<std::string_view>;

  Samples(const MetricRow& row, std::string& out);

  /// Values of the first labels of all that is added from now on: written out once, for metrics
  /// with many series.
  void within(Values first);
  /// Requires: one value for each further label of the row.
  void add(Values rest, uint64_t value);
  void add(Values rest, double value);
  /// Requires: the row is a histogram's.
  void add(Values rest, const Histogram& histogram);

 private:
  void append_labels(Values rest);
  void begin_line(std::string_view suffix, Values rest);
  template <class Number>
  void add_number(Values rest, Number value);

  const MetricRow& row_;
  std::string& out_;
  std::array<std::string, MetricRow::kLabelsMax> openers_;  ///< `outcome="`
  size_t fixed_count_ = 0;  ///< labels whose values are the same on all lines
  std::string fixed_;       ///< `chain="ethereum",provider="geth"`
  std::string head_;        ///< a line up to the first value that is its own
};

/// `# HELP` and `# TYPE`.
void append_metric_head(const MetricRow& row, std::string& out);

}  // namespace sidecar
