#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/metric_table.h"
#include "base/histogram.h"
#include "core/ports.h"
#include "rpc/subscription_request.h"

namespace sidecar {

class Metrics;
class Pool;
class Samples;

/// Counts of calls, attempts and feeds, as the core reports them. Counting is indexing: by numbers
/// of chains and endpoints, and by the addresses of static names.
/// Limits: chains, endpoints and names of opened pools and of our own tables, no other.
/// Owner: Telemetry.
class MetricCounts {
 public:
  MetricCounts();

  /// Before it reports anything, and again when endpoints were added: one that comes back under its
  /// provider's name and transport goes on from where it was.
  void open_chain(const Pool& pool);

  void on_attempt_done(const AttemptReport& report);
  void on_call_done(const CallReport& report);
  void on_throttled(const EndpointName& endpoint);
  void on_feed_event(std::string_view chain, std::string_view feed_kind, EventKind what,
                     size_t subscriber_count);
  void on_feed_source(const EndpointName& endpoint, SourceChange what);

  /// Lets them be shown. Requires: this outlives `metrics`.
  void show_in(Metrics& metrics) const;

 private:
  static constexpr size_t kAttemptOutcomeCount = kOutcomeCount + 1;  ///< the last: cut short

  struct EndpointCounts {
    std::string provider;
    std::string transport;
    size_t provider_index = 0;
    size_t tier_index = 0;
    std::array<std::array<uint64_t, kAttemptOutcomeCount>, kAttemptKindCount> attempts{};
    Histogram seconds{kCallBounds};
    uint64_t throttles = 0;
    std::array<uint64_t, kSourceChangeCount> source_changes{};

    uint64_t of_kind(AttemptKind kind) const;
  };
  struct ProviderCounts {
    std::string name;
    std::vector<uint64_t> calls;  ///< by method number
  };
  struct FeedCounts {
    std::array<uint64_t, 2> events{};  ///< live, replayed
    uint64_t deliveries = 0;
    uint64_t gaps = 0;
  };
  /// By number of the outcome; few of them come up for one method.
  using OutcomeCounts = std::vector<std::pair<uint8_t, uint64_t>>;
  struct ChainCounts {
    std::string name;
    std::vector<OutcomeCounts> calls;  ///< by method number
    Histogram seconds{kCallBounds};
    Histogram overhead{kCallBounds};
    uint64_t failovers = 0;
    uint64_t hedges_won = 0;
    std::vector<std::pair<uint32_t, uint64_t>> tiers;  ///< tier, calls it answered
    std::vector<ProviderCounts> providers;
    std::vector<EndpointCounts> endpoints;  ///< by provider and transport, each once
    std::vector<size_t> places;             ///< in it, by index in the pool
    std::array<FeedCounts, kFeedKindCount> feeds;

    uint64_t of_kind(AttemptKind kind) const;
  };
  /// Numbers of names, by where their text stands.
  using Numbers = std::unordered_map<const char*, size_t>;

  static size_t number_of(const Numbers& numbers, std::string_view name, size_t otherwise);
  EndpointCounts* find(const EndpointName& endpoint);
  void name_endpoint(ChainCounts& chain, const Pool& pool, size_t index) const;
  using ShowChain = std::function<void(Samples& out, const ChainCounts& chain)>;
  using ShowEndpoint = std::function<void(Samples& out, const EndpointCounts& endpoint)>;
  using ShowFeed = std::function<void(Samples& out, const FeedCounts& feed)>;
  void by_chain(Metrics& metrics, Metric metric, ShowChain show) const;
  void by_endpoint(Metrics& metrics, Metric metric, ShowEndpoint show) const;
  void by_feed(Metrics& metrics, Metric metric, ShowFeed show) const;
  void show_calls(Metrics& metrics) const;
  void show_attempts(Metrics& metrics) const;
  void show_feeds(Metrics& metrics) const;

  std::vector<std::string_view> methods_;
  std::vector<std::string_view> outcomes_;
  Numbers method_numbers_;
  Numbers outcome_numbers_;
  std::vector<ChainCounts> chains_;  ///< by number; the first: for no chain
};

}  // namespace sidecar
