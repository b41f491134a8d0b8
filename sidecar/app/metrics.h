#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>

#include "app/metric_table.h"
#include "app/metric_text.h"

namespace sidecar {

/// Who knows the samples of each metric, and the text of all of them.
///   set(metric, source) ... then text(), or write_next() piece by piece, when it is asked for
/// What nobody has set is shown as 0 where it has no labels, and has no samples where it has.
/// Owner: Daemon. Requires: the sources' own live as long.
class Metrics {
 public:
  using Source = std::function<void(Samples& out)>;
  using PartSource = std::function<void(Samples& out, size_t part)>;

  /// Replaces what was set before.
  void set(Metric metric, Source source);
  /// For metrics with many series: told part by part, so that no piece is too long.
  void set(Metric metric, std::function<size_t()> part_count, PartSource source);

  /// Where a text has got to.
  struct Place {
    size_t row = 0;
    size_t part = 0;
  };
  /// Appends one part of one metric. False: there is no more.
  bool write_next(Place& place, std::string& out) const;
  std::string text() const;

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Row {
    std::function<size_t()> part_count;  ///< null: one
    PartSource source;                   ///< null: nobody knows
  };
  std::array<Row, kMetricCount> rows_;
};

}  // namespace sidecar
