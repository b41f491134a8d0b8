#include "app/metrics.h"

#include <utility>

namespace sidecar {

void Metrics::set(Metric metric, Source source) {
  set(metric, nullptr,
      [source = std::move(source)](Samples& out, size_t /*part*/) { source(out); });
}

void Metrics::set(Metric metric, std::function<size_t()> part_count, PartSource source) {
  rows_[static_cast<size_t>(metric)] = {std::move(part_count), std::move(source)};
}

bool Metrics::write_next(Place& place, std::string& out) const {
  if (place.row == rows_.size()) {
    return false;
  }
  const MetricRow& metric = metric_rows()[place.row];
  const Row& row = rows_[place.row];
  if (place.part == 0) {
    append_metric_head(metric, out);
  }
  Samples samples(metric, out);
  const size_t part_count = row.part_count ? row.part_count() : 1;
  if (row.source && place.part < part_count) {
    row.source(samples, place.part);
  } else if (!row.source && metric.label_count() == 0 && metric.type != MetricType::kHistogram) {
    samples.add({}, uint64_t{0});
  }
  if (++place.part >= part_count) {
    place = {place.row + 1, 0};
  }
  return true;
}

std::string Metrics::text() const {
  std::string out;
  for (Place place; write_next(place, out);) {
  }
  return out;
}

}  // namespace sidecar
