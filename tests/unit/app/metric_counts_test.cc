#include "app/metric_counts.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "app/metrics.h"
#include "core/pool.h"
#include "rpc/method_table.h"
#include "rpc/rpc_error.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

/// Chain ethereum: geth over http and ws in tier 1, alchemy in tier 2.
struct Counting {
  explicit Counting(const std::vector<std::string>& providers = {"geth", "geth", "alchemy"}) {
    open(providers);
    counts.show_in(metrics);
  }

  void open(const std::vector<std::string>& providers) {
    std::vector<EndpointSeed> seeds;
    for (const std::string& name : providers) {
      seeds.emplace_back().provider = name;
      seeds.back().transport = seeds.size() == 2 ? Transport::kWs : Transport::kHttp;
      seeds.back().tier = name == "alchemy" ? 2 : 1;
      seeds.back().port = &channel;
    }
    pool = std::make_unique<Pool>(ChainInfo{1, "ethereum", Family::kEvm, 1}, PoolOptions(),
                                  HealthOptions(), seeds, time, observer, 1);
    counts.open_chain(*pool);
  }

  void attempt(size_t endpoint, AttemptKind kind, std::optional<Outcome> outcome,
               Nanos took = Millis(3)) {
    AttemptReport report;
    report.endpoint = pool->name_of(endpoint);
    report.kind = kind;
    report.outcome = outcome;
    report.took = took;
    counts.on_attempt_done(report);
  }
  CallReport call(std::string_view method, Outcome outcome) const {
    CallReport report;
    report.chain_number = 1;
    report.chain = "ethereum";
    report.method = method_label(method);
    report.outcome = outcome_name(outcome);
    return report;
  }
  CallReport call_by(size_t endpoint, std::string_view method) const {
    CallReport report = call(method, Outcome::kResult);
    report.answered_by = pool->name_of(endpoint);
    return report;
  }

  /// Without the prefix of all names and without heads.
  std::string lines(Metric metric) const {
    const std::string text = metrics.text();
    std::string head;
    append_metric_head(metric_row(metric), head);
    std::string found = text.substr(text.find(head) + head.size());
    found.resize(std::min(found.find("# HELP"), found.size()));
    const std::string prefix = "rpc_sidecar_";
    for (size_t at = found.find(prefix); at != found.npos; at = found.find(prefix, at)) {
      found.erase(at, prefix.size());
    }
    return found;
  }

  FakeTime time;
  FakeObserver observer;
  FakeChannel channel;
  std::unique_ptr<Pool> pool;
  MetricCounts counts;
  Metrics metrics;
};

constexpr const char* kGethHttp = "chain=\"ethereum\",provider=\"geth\",transport=\"http\"";

}  // namespace

TEST_CASE("MetricCounts: calls by chain, method and outcome") {
  Counting now;
  now.counts.on_call_done(now.call("eth_call", Outcome::kResult));
  now.counts.on_call_done(now.call("eth_call", Outcome::kResult));
  now.counts.on_call_done(now.call("eth_call", Outcome::kReverted));
  now.counts.on_call_done(now.call("eth_chainId", Outcome::kResult));

  CHECK(now.lines(Metric::kCalls) ==
        "calls_total{chain=\"ethereum\",method=\"eth_call\",outcome=\"result\"} 2\n"
        "calls_total{chain=\"ethereum\",method=\"eth_call\",outcome=\"reverted\"} 1\n"
        "calls_total{chain=\"ethereum\",method=\"eth_chainId\",outcome=\"result\"} 1\n");
}

TEST_CASE("MetricCounts: unknown methods are one, errors of ours have their names") {
  Counting now;
  for (const std::string_view method : {"eth_nonsense", "nonsense", ""}) {
    CallReport report = now.call(method, Outcome::kResult);
    report.outcome = error_row(ErrorName::kNoUpstream).text;
    now.counts.on_call_done(report);
  }
  CallReport refused;
  refused.method = "other";  // not the table's own word, which may stand elsewhere in memory
  refused.outcome = error_row(ErrorName::kOverloaded).text;
  now.counts.on_call_done(refused);

  CHECK(now.lines(Metric::kCalls) ==
        "calls_total{chain=\"-\",method=\"other\",outcome=\"OVERLOADED\"} 1\n"
        "calls_total{chain=\"ethereum\",method=\"other\",outcome=\"NO_UPSTREAM\"} 3\n");
}

TEST_CASE("MetricCounts: every outcome and error, and every method, is its own series") {
  Counting now;
  const auto outcomes = label_values(Label::kCallOutcome);
  const auto methods = label_values(Label::kMethod);
  for (const std::string_view outcome : outcomes) {
    CallReport report = now.call("eth_call", Outcome::kResult);
    report.outcome = outcome;
    now.counts.on_call_done(report);
  }
  for (const std::string_view method : methods) {
    now.counts.on_call_done(now.call(method, Outcome::kTls));
  }

  const std::string lines = now.lines(Metric::kCalls);
  for (const std::string_view outcome : outcomes) {
    CAPTURE(outcome);
    const std::string line = "method=\"eth_call\",outcome=\"" + std::string(outcome) + "\"} ";
    CHECK(lines.find(line + (outcome == "tls" ? "2\n" : "1\n")) != lines.npos);
  }
  for (const std::string_view method : methods) {
    CAPTURE(method);
    CHECK(lines.find("method=\"" + std::string(method) + "\",outcome=\"tls\"}") != lines.npos);
  }
}

TEST_CASE("MetricCounts: who answered counts by provider, method and tier") {
  Counting now;
  now.counts.on_call_done(now.call_by(0, "eth_call"));
  now.counts.on_call_done(now.call_by(1, "eth_call"));
  now.counts.on_call_done(now.call_by(2, "eth_chainId"));
  now.counts.on_call_done(now.call("eth_call", Outcome::kTimeout));

  CHECK(now.lines(Metric::kProviderCalls) ==
        "provider_calls_total{chain=\"ethereum\",provider=\"geth\",method=\"eth_call\"} 2\n"
        "provider_calls_total{chain=\"ethereum\",provider=\"alchemy\",method=\"eth_chainId\"} 1\n");
  CHECK(now.lines(Metric::kTierCalls) ==
        "tier_calls_total{chain=\"ethereum\",tier=\"1\"} 2\n"
        "tier_calls_total{chain=\"ethereum\",tier=\"2\"} 1\n");
}

TEST_CASE("MetricCounts: time of calls, and the part of it without an attempt") {
  Counting now;
  CallReport report = now.call("eth_call", Outcome::kResult);
  report.took = Millis(12);
  report.upstream = Millis(9);
  now.counts.on_call_done(report);

  const std::string whole = now.lines(Metric::kCallSeconds);
  CHECK(whole.find("bucket{chain=\"ethereum\",le=\"0.01\"} 0\n") != whole.npos);
  CHECK(whole.find("bucket{chain=\"ethereum\",le=\"0.025\"} 1\n") != whole.npos);
  CHECK(
      whole.ends_with("call_seconds_sum{chain=\"ethereum\"} 0.012\n"
                      "call_seconds_count{chain=\"ethereum\"} 1\n"));
  CHECK(now.lines(Metric::kCallOverheadSeconds)
            .ends_with("call_overhead_seconds_sum{chain=\"ethereum\"} 0.003\n"
                       "call_overhead_seconds_count{chain=\"ethereum\"} 1\n"));
}

TEST_CASE("MetricCounts: calls for no chain have no place in its times") {
  Counting now;
  CallReport report = now.call("eth_call", Outcome::kResult);
  report.chain_number = 0;
  now.counts.on_call_done(report);

  CHECK(now.lines(Metric::kCallSeconds).ends_with("call_seconds_count{chain=\"ethereum\"} 0\n"));
}

TEST_CASE("MetricCounts: attempts by endpoint, kind and outcome, from 0 on") {
  Counting now({"geth"});
  const std::string start = std::string("attempts_total{") + kGethHttp;

  CHECK(now.lines(Metric::kAttempts) == start + ",kind=\"first\",outcome=\"result\"} 0\n");

  now.attempt(0, AttemptKind::kFirst, Outcome::kTimeout);
  now.attempt(0, AttemptKind::kHedge, std::nullopt);
  now.attempt(0, AttemptKind::kProbe, Outcome::kResult);
  now.attempt(0, AttemptKind::kProbe, Outcome::kResult);

  CHECK(now.lines(Metric::kAttempts) == start + ",kind=\"first\",outcome=\"result\"} 0\n" + start +
                                            ",kind=\"first\",outcome=\"timeout\"} 1\n" + start +
                                            ",kind=\"hedge\",outcome=\"cut_short\"} 1\n" + start +
                                            ",kind=\"probe\",outcome=\"result\"} 2\n");
}

TEST_CASE("MetricCounts: probes, feeds and what was cut short say nothing about answering times") {
  Counting now({"geth"});
  now.attempt(0, AttemptKind::kProbe, Outcome::kResult);
  now.attempt(0, AttemptKind::kFeed, Outcome::kResult);
  now.attempt(0, AttemptKind::kFirst, std::nullopt);
  now.attempt(0, AttemptKind::kRetry, Outcome::kResult);

  CHECK(now.lines(Metric::kAttemptSeconds)
            .ends_with(std::string("attempt_seconds_sum{") + kGethHttp +
                       "} 0.003\nattempt_seconds_count{" + kGethHttp + "} 1\n"));
}

TEST_CASE("MetricCounts: retries, hedges won and wasted, failovers") {
  Counting now;
  now.attempt(0, AttemptKind::kRetry, Outcome::kTimeout);
  now.attempt(2, AttemptKind::kRetry, Outcome::kResult);
  for (int i = 0; i < 3; ++i) {
    now.attempt(2, AttemptKind::kHedge, Outcome::kResult);
  }
  CallReport report = now.call_by(2, "eth_call");
  report.answered_kind = AttemptKind::kHedge;
  now.counts.on_call_done(report);
  report.answered_kind = AttemptKind::kRetry;
  report.failed_over_from = now.pool->name_of(0);
  now.counts.on_call_done(report);

  CHECK(now.lines(Metric::kRetries) == "retries_total{chain=\"ethereum\"} 2\n");
  CHECK(now.lines(Metric::kHedges) ==
        "hedges_total{chain=\"ethereum\",result=\"won\"} 1\n"
        "hedges_total{chain=\"ethereum\",result=\"wasted\"} 2\n");
  CHECK(now.lines(Metric::kFailovers) == "failovers_total{chain=\"ethereum\"} 1\n");
  CHECK(now.lines(Metric::kFlightsShared) == "flights_shared_total{chain=\"ethereum\"} 0\n");
  CHECK(now.lines(Metric::kCacheHits) == "cache_hits_total{chain=\"ethereum\"} 0\n");
}

TEST_CASE("MetricCounts: throttles and changes of sources by endpoint") {
  Counting now({"geth"});
  now.counts.on_throttled(now.pool->name_of(0));
  CHECK(now.lines(Metric::kThrottles) == std::string("throttles_total{") + kGethHttp + "} 1\n");
  CHECK(now.lines(Metric::kFeedSourceChanges).empty());

  now.counts.on_feed_source(now.pool->name_of(0), SourceChange::kLost);

  const std::string start = std::string("feed_source_changes_total{") + kGethHttp + ",change=\"";
  CHECK(now.lines(Metric::kFeedSourceChanges) ==
        start + "live\"} 0\n" + start + "refused\"} 0\n" + start + "lost\"} 1\n" + start +
            "dropped\"} 0\n" + start + "stalled\"} 0\n" + start + "retired\"} 0\n");
}

TEST_CASE("MetricCounts: events, deliveries and gaps of feeds that told something") {
  Counting now;
  CHECK(now.lines(Metric::kFeedEvents).empty());
  now.counts.on_feed_event("ethereum", "newHeads", EventKind::kLive, 3);
  now.counts.on_feed_event("ethereum", "newHeads", EventKind::kReplayed, 2);
  now.counts.on_feed_event("ethereum", "logs", EventKind::kGap, 9);
  now.counts.on_feed_event("unheard-of", "newHeads", EventKind::kLive, 9);

  CHECK(now.lines(Metric::kFeedEvents) ==
        "feed_events_total{chain=\"ethereum\",feed=\"newHeads\",kind=\"live\"} 1\n"
        "feed_events_total{chain=\"ethereum\",feed=\"newHeads\",kind=\"replayed\"} 1\n"
        "feed_events_total{chain=\"ethereum\",feed=\"logs\",kind=\"live\"} 0\n"
        "feed_events_total{chain=\"ethereum\",feed=\"logs\",kind=\"replayed\"} 0\n");
  CHECK(now.lines(Metric::kFeedDeliveries) ==
        "feed_deliveries_total{chain=\"ethereum\",feed=\"newHeads\"} 5\n"
        "feed_deliveries_total{chain=\"ethereum\",feed=\"logs\"} 0\n");
  CHECK(now.lines(Metric::kFeedGaps) ==
        "feed_gaps_total{chain=\"ethereum\",feed=\"newHeads\"} 0\n"
        "feed_gaps_total{chain=\"ethereum\",feed=\"logs\"} 1\n");
}

TEST_CASE(
    "MetricCounts: opened again, who is there still goes on, and who is gone keeps its counts") {
  Counting now({"geth", "alchemy"});
  now.attempt(0, AttemptKind::kRetry, Outcome::kResult);
  now.attempt(1, AttemptKind::kRetry, Outcome::kResult);
  now.counts.on_call_done(now.call_by(1, "eth_call"));

  now.open({"infura", "alchemy", "geth"});
  now.attempt(0, AttemptKind::kRetry, Outcome::kResult);
  now.attempt(1, AttemptKind::kRetry, Outcome::kResult);
  now.counts.on_call_done(now.call_by(1, "eth_call"));

  CHECK(now.lines(Metric::kRetries) == "retries_total{chain=\"ethereum\"} 4\n");
  const std::string attempts = now.lines(Metric::kAttempts);
  const auto has_retries = [&attempts](const std::string& provider, const std::string& count) {
    const std::string line = "provider=\"" + provider + "\",transport=\"";
    const size_t at = attempts.find("kind=\"retry\"", attempts.find(line));
    return attempts.substr(at, attempts.find('\n', at) - at).ends_with("} " + count);
  };
  CHECK(has_retries("geth", "1"));
  CHECK(has_retries("alchemy", "2"));
  CHECK(has_retries("infura", "1"));
  CHECK(now.lines(Metric::kProviderCalls) ==
        "provider_calls_total{chain=\"ethereum\",provider=\"alchemy\",method=\"eth_call\"} 2\n");
}

TEST_CASE("MetricCounts: reports of what was never opened are passed over") {
  Counting now({"geth"});
  const std::string before = now.metrics.text();
  AttemptReport report;
  report.endpoint.chain_number = 1;
  report.endpoint.index = 1;
  report.outcome = Outcome::kResult;

  now.counts.on_attempt_done(report);
  report.endpoint.chain_number = 2;
  now.counts.on_attempt_done(report);
  now.counts.on_throttled(report.endpoint);
  now.counts.on_feed_source(report.endpoint, SourceChange::kLost);

  CHECK(now.metrics.text() == before);
}

}  // namespace sidecar::testing
