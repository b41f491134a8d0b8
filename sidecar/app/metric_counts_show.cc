#include "app/metric_counts.h"  // how the counts are shown; metric_counts.cc counts

#include <algorithm>
#include <utility>

#include "app/metrics.h"
#include "core/ports.h"

namespace sidecar {

void MetricCounts::show_in(Metrics& metrics) const {
  show_calls(metrics);
  show_attempts(metrics);
  show_feeds(metrics);
}

void MetricCounts::by_chain(Metrics& metrics, Metric metric, ShowChain show) const {
  metrics.set(
      metric, [this]() { return chains_.size() - 1; },
      [this, show = std::move(show)](Samples& out, size_t part) { show(out, chains_[part + 1]); });
}

void MetricCounts::by_endpoint(Metrics& metrics, Metric metric, ShowEndpoint show) const {
  by_chain(metrics, metric, [show = std::move(show)](Samples& out, const ChainCounts& chain) {
    for (const EndpointCounts& endpoint : chain.endpoints) {
      out.within({chain.name, endpoint.provider, endpoint.transport});
      show(out, endpoint);
    }
  });
}

/// Of those that ever told something.
void MetricCounts::by_feed(Metrics& metrics, Metric metric, ShowFeed show) const {
  by_chain(metrics, metric, [show = std::move(show)](Samples& out, const ChainCounts& chain) {
    for (size_t kind = 0; kind < kFeedKindCount; ++kind) {
      const FeedCounts& feed = chain.feeds[kind];
      if (feed.events[0] + feed.events[1] + feed.gaps > 0) {
        out.within({chain.name, feed_kind_name(static_cast<FeedKind>(kind))});
        show(out, feed);
      }
    }
  });
}

void MetricCounts::show_calls(Metrics& metrics) const {
  // With a part more, for calls of no chain.
  metrics.set(
      Metric::kCalls, [this]() { return chains_.size(); },
      [this](Samples& out, size_t part) {
        const ChainCounts& chain = chains_[part];
        for (size_t method = 0; method < chain.calls.size(); ++method) {
          if (!chain.calls[method].empty()) {
            out.within({chain.name, methods_[method]});
          }
          for (const auto& [outcome, count] : chain.calls[method]) {
            out.add({outcomes_[outcome]}, count);
          }
        }
      });
  by_chain(metrics, Metric::kCallSeconds,
           [](Samples& out, const ChainCounts& chain) { out.add({chain.name}, chain.seconds); });
  by_chain(metrics, Metric::kCallOverheadSeconds,
           [](Samples& out, const ChainCounts& chain) { out.add({chain.name}, chain.overhead); });
  by_chain(metrics, Metric::kProviderCalls, [this](Samples& out, const ChainCounts& chain) {
    for (const ProviderCounts& provider : chain.providers) {
      out.within({chain.name, provider.name});
      for (size_t method = 0; method < provider.calls.size(); ++method) {
        if (provider.calls[method] > 0) {
          out.add({methods_[method]}, provider.calls[method]);
        }
      }
    }
  });
  by_chain(metrics, Metric::kTierCalls, [](Samples& out, const ChainCounts& chain) {
    for (const auto& [tier, count] : chain.tiers) {
      out.add({chain.name, std::to_string(tier)}, count);
    }
  });
  by_chain(metrics, Metric::kFailovers,
           [](Samples& out, const ChainCounts& chain) { out.add({chain.name}, chain.failovers); });
  // Nothing shares or keeps answers yet.
  for (const Metric metric : {Metric::kFlightsShared, Metric::kCacheHits}) {
    by_chain(metrics, metric,
             [](Samples& out, const ChainCounts& chain) { out.add({chain.name}, uint64_t{0}); });
  }
}

void MetricCounts::show_attempts(Metrics& metrics) const {
  by_endpoint(metrics, Metric::kAttempts, [](Samples& out, const EndpointCounts& endpoint) {
    for (size_t kind = 0; kind < kAttemptKindCount; ++kind) {
      for (size_t outcome = 0; outcome < kAttemptOutcomeCount; ++outcome) {
        const uint64_t count = endpoint.attempts[kind][outcome];
        if (count > 0 || (kind == 0 && outcome == 0)) {
          out.add({attempt_kind_name(static_cast<AttemptKind>(kind)),
                   outcome == kOutcomeCount ? "cut_short"
                                            : outcome_name(static_cast<Outcome>(outcome))},
                  count);
        }
      }
    }
  });
  by_endpoint(metrics, Metric::kAttemptSeconds,
              [](Samples& out, const EndpointCounts& endpoint) { out.add({}, endpoint.seconds); });
  by_endpoint(metrics, Metric::kThrottles, [](Samples& out, const EndpointCounts& endpoint) {
    out.add({}, endpoint.throttles);
  });
  by_chain(metrics, Metric::kRetries, [](Samples& out, const ChainCounts& chain) {
    out.add({chain.name}, chain.of_kind(AttemptKind::kRetry));
  });
  by_chain(metrics, Metric::kHedges, [](Samples& out, const ChainCounts& chain) {
    // One that won has ended, unless its answer was kept while others were asked.
    const uint64_t made = chain.of_kind(AttemptKind::kHedge);
    out.add({chain.name, "won"}, chain.hedges_won);
    out.add({chain.name, "wasted"}, made > chain.hedges_won ? made - chain.hedges_won : 0);
  });
}

void MetricCounts::show_feeds(Metrics& metrics) const {
  by_feed(metrics, Metric::kFeedEvents, [](Samples& out, const FeedCounts& feed) {
    out.add({"live"}, feed.events[0]);
    out.add({"replayed"}, feed.events[1]);
  });
  by_feed(metrics, Metric::kFeedDeliveries,
          [](Samples& out, const FeedCounts& feed) { out.add({}, feed.deliveries); });
  by_feed(metrics, Metric::kFeedGaps,
          [](Samples& out, const FeedCounts& feed) { out.add({}, feed.gaps); });
  by_endpoint(metrics, Metric::kFeedSourceChanges, [](Samples& out, const EndpointCounts& of) {
    const auto& counts = of.source_changes;
    if (std::any_of(counts.begin(), counts.end(), [](uint64_t count) { return count > 0; })) {
      for (size_t change = 0; change < kSourceChangeCount; ++change) {
        out.add({source_change_name(static_cast<SourceChange>(change))}, counts[change]);
      }
    }
  });
}

}  // namespace sidecar
