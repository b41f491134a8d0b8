#include "app/metric_table.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "app/text_table.h"
#include "app/version.h"
#include "base/histogram.h"
#include "config/config.h"
#include "core/feed_types.h"
#include "core/ports.h"
#include "core/worker_table.h"
#include "downstream/session_host.h"
#include "rpc/method_rows.h"
#include "rpc/rpc_error.h"
#include "rpc/subscription_request.h"

namespace sidecar {

namespace {

using enum MetricType;
using enum Label;

#define LABELS(...) \
  { __VA_ARGS__ }
#define NO_LABELS \
  {}
#define METRIC(id, type, name, unit, labels, help) {Metric::id, type, name, unit, labels, help},
constexpr MetricRow kRows[] = {
#include "app/metrics.def"
};
#undef METRIC
#undef NO_LABELS
#undef LABELS
static_assert(std::size(kRows) == kMetricCount);

using Words = std::vector<std::string_view>;

/// The names of an enum that counts from 0.
template <class Enum>
Words words(std::string_view (*name)(Enum), size_t count) {
  Words all;
  for (size_t i = 0; i < count; ++i) {
    all.push_back(name(static_cast<Enum>(i)));
  }
  return all;
}

Words attempt_outcomes() {
  Words all = words(outcome_name, kOutcomeCount);
  all.emplace_back("cut_short");
  return all;
}

Words call_outcomes() {
  Words all = words(outcome_name, kOutcomeCount);
  for (size_t i = 0; i < kErrorNameCount; ++i) {
    all.push_back(error_row(static_cast<ErrorName>(i)).text);
  }
  return all;
}

Words methods() {
  Words all;
  for (const auto rows : {evm_method_rows(), svm_method_rows()}) {
    for (const MethodRow& row : rows) {
      all.push_back(row.name);
    }
  }
  all.push_back(method_label(""));
  return all;
}

/// Settings, and bounds that are none; what is not here is counted as `other`.
Words limits() {
  return {"sessions_max",
          "request_bytes_max",
          "batch_items_max",
          "batch_reply_bytes_max",
          "session_calls_in_flight_max",
          "session_subscriptions_max",
          "output_queue_bytes_max",
          "event_queue_bytes",
          "calls_in_flight_max",
          "calls_waiting_max",
          "subscriptions_max",
          "feeds_max",
          "retry_budget",
          "descriptors",
          "access_rate",
          "access_inflight_max",
          "access_subscriptions_max",
          "access_users",
          "access_names",
          "scrapes_max",
          "scrape_stalled",
          "status_readers_max",
          "status_reader_stalled",
          "other"};
}

constexpr size_t buckets_of(Metric metric) {
  return metric == Metric::kLoopLagSeconds ? kTurnBounds.size() : kCallBounds.size();
}

bool has_label(const MetricRow& row, Label label) {
  return std::find(row.labels.begin(), row.labels.end(), label) != row.labels.end();
}

/// A label with few values that nothing but the program decides.
bool is_short_list(Label label) {
  return label > kTier && label != kMethod && label != kCallOutcome && label != kAttemptOutcome &&
         label != kBuildVersion && label != kWorker;
}

}  // namespace

size_t MetricRow::label_count() const {
  return static_cast<size_t>(std::find(labels.begin(), labels.end(), kNone) - labels.begin());
}

std::span<const MetricRow> metric_rows() {
  return kRows;
}

const MetricRow& metric_row(Metric metric) {
  return kRows[static_cast<size_t>(metric)];
}

std::string_view metric_type_name(MetricType type) {
  switch (type) {
    case kCounter:
      return "counter";
    case kGauge:
      return "gauge";
    case kHistogram:
      return "histogram";
  }
  return "";
}

std::string_view label_name(Label label) {
  switch (label) {
    case kNone:
      return "";
    case kChain:
      return "chain";
    case kProvider:
      return "provider";
    case kTransport:
      return "transport";
    case kTier:
      return "tier";
    case kMethod:
      return "method";
    case kCallOutcome:
    case kAttemptOutcome:
      return "outcome";
    case kAttemptKind:
    case kEventKind:
      return "kind";
    case kHedgeResult:
    case kReloadResult:
      return "result";
    case kHealthState:
    case kBreakerState:
      return "state";
    case kWindow:
      return "window";
    case kDialect:
      return "dialect";
    case kEndReason:
      return "reason";
    case kLimit:
      return "limit";
    case kFeedKind:
      return "feed";
    case kSourceChange:
      return "change";
    case kUnit:
      return "unit";
    case kMethodClass:
      return "class";
    case kSaver:
      return "how";
    case kBuildVersion:
      return "version";
    case kWorker:
      return "worker";
  }
  return "";
}

std::vector<std::string_view> label_values(Label label) {
  switch (label) {
    case kNone:
    case kChain:
    case kProvider:
    case kTransport:
    case kTier:
    case kWorker:
      return {};
    case kMethod:
      return methods();
    case kCallOutcome:
      return call_outcomes();
    case kAttemptOutcome:
      return attempt_outcomes();
    case kAttemptKind:
      return words(attempt_kind_name, kAttemptKindCount);
    case kHedgeResult:
      return {"won", "wasted"};
    case kHealthState:
      return words(health_state_name, kHealthStateCount);
    case kBreakerState:
      return {breaker_state_name(BreakerState::kClosed), breaker_state_name(BreakerState::kOpen),
              breaker_state_name(BreakerState::kHalfOpen)};
    case kWindow:
      return {"second", "ten_seconds", "day", "month"};
    case kDialect:
      return {"framed", "json_ipc", "http", "ws", "unknown"};
    case kEndReason:
      return words(end_reason_name, kEndReasonCount);
    case kLimit:
      return limits();
    case kFeedKind:
      return words(feed_kind_name, kFeedKindCount);
    case kEventKind:
      return {"live", "replayed"};
    case kSourceChange:
      return words(source_change_name, kSourceChangeCount);
    case kReloadResult:
      return {"ok", "failed"};
    case kUnit:
      return {"requests", "credits"};
    case kMethodClass:
      return {"light", "heavy", "write", "events"};
    case kSaver:
      return {"feeds", "flights", "cache"};
    case kBuildVersion:
      return {kVersion};
  }
  return {};
}

SeriesSizes series_sizes(const Config& config) {
  SeriesSizes sizes;
  sizes.chains = config.chains.size();
  for (const ChainConfig& chain : config.chains) {
    std::set<uint32_t> tiers;
    std::set<std::string_view> providers;
    for (const ProviderConfig& provider : chain.providers) {
      const ProviderOptions& options = provider.channel;
      tiers.insert(options.tier);
      providers.insert(options.name);
      sizes.endpoints += (options.ipc.empty() ? 0u : 1u) + (options.http.empty() ? 0u : 1u) +
                         (options.ws.empty() ? 0u : 1u);
    }
    sizes.tiers += tiers.size();
    sizes.providers += providers.size();
  }
  return sizes;
}

size_t series_max(const MetricRow& row, const SeriesSizes& sizes) {
  // The finest of the configured things stands for those around it.
  size_t count = has_label(row, kTransport)  ? sizes.endpoints
                 : has_label(row, kProvider) ? sizes.providers
                 : has_label(row, kTier)     ? sizes.tiers
                 : has_label(row, kChain)    ? sizes.chains
                                             : 1;
  if (row.metric == Metric::kCalls) {
    ++count;  // calls for no chain
  }
  for (const Label label : row.labels) {
    if (label == kWorker) {
      count *= WorkerTable::kWorkersMax;
    } else if (label > kTier) {
      count *= label_values(label).size();
    }
  }
  // A bucket each, +Inf, sum and count.
  return row.type == kHistogram ? count * (buckets_of(row.metric) + 3) : count;
}

size_t series_max(const SeriesSizes& sizes) {
  size_t count = 0;
  for (const MetricRow& row : kRows) {
    count += series_max(row, sizes);
  }
  return count;
}

std::string describe_metrics() {
  using Align = TextTable::Align;
  TextTable table("", {Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  table.add({{"NAME"}, {"TYPE"}, {"UNIT"}, {"LABELS"}, {"HELP"}});
  std::set<Label> explained;
  for (const MetricRow& row : kRows) {
    std::string labels;
    for (size_t i = 0; i < row.label_count(); ++i) {
      labels += (i > 0 ? "," : "") + std::string(label_name(row.labels[i]));
      explained.insert(row.labels[i]);
    }
    table.add({{std::string(row.name)},
               {std::string(metric_type_name(row.type))},
               {row.unit.empty() ? "-" : std::string(row.unit)},
               {labels.empty() ? "-" : labels},
               {std::string(row.help)}});
  }
  std::string text = table.text(/*is_coloured=*/false) + "\n";
  for (const Label label : explained) {
    if (is_short_list(label)) {
      std::string values;
      for (const std::string_view value : label_values(label)) {
        values += (values.empty() ? "" : " ") + std::string(value);
      }
      text += std::string(label_name(label)) + ": " + values + "\n";
    }
  }
  return text;
}

}  // namespace sidecar
