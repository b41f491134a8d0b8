#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "app/call_log.h"
#include "app/cost_ledger.h"
#include "app/metric_counts.h"
#include "app/random_seed.h"
#include "app/recent.h"
#include "core/ports.h"

namespace sidecar {

/// Counts what the house does and writes it to the log: the one Observer.
/// Limits: names come from bounded sets (configured names, method table, reasons, limits).
/// Owner: app.
class Telemetry final : public Observer {
 public:
  void on_attempt_done(const AttemptReport& report) override;
  void on_call_done(const CallReport& report) override;
  void on_health_changed(const EndpointName& endpoint, HealthState from, HealthState to,
                         HealthEvent why) override;
  void on_breaker_changed(const EndpointName& endpoint, BreakerState to) override;
  void on_throttled(const EndpointName& endpoint, Nanos pause) override;
  void on_unknown_error(const EndpointName& endpoint, std::optional<int64_t> code) override;
  void on_event_received(const EventReport& report) override;
  void on_feed_event(std::string_view chain, std::string_view feed_kind, EventKind what,
                     size_t subscriber_count) override;
  void on_feed_source(const EndpointName& endpoint, std::string_view feed_kind,
                      SourceChange what) override;
  void on_limit(std::string_view limit) override { count("limit", limit); }

  /// Is told what people who watch want to know. Requires: it outlives us.
  void set_recent(Recent& recent) { recent_ = &recent; }
  /// Is told what costs money. Requires: it outlives us.
  void set_ledger(CostLedger& ledger) { ledger_ = &ledger; }
  /// The configuration was read again.
  void on_reload(bool is_good) {
    is_config_good_ = is_good;
    count("config_reload", is_good ? "ok" : "failed");
  }
  /// Is what was read last in force?
  bool is_config_good() const { return is_config_good_; }
  CallLog& call_log() { return call_log_; }

  void count(std::string_view what, std::string_view name);
  /// All counters as one JSON object: {"limit":{"sessions_max":3},...}.
  std::string counters_json() const;
  uint64_t count_of(std::string_view what, std::string_view name) const;
  /// Of what count() was told of one thing, all that `names` leaves out.
  uint64_t count_of_others(std::string_view what, std::span<const std::string_view> names) const;
  MetricCounts& counts() { return counts_; }
  const MetricCounts& counts() const { return counts_; }

 private:
  Recent* recent_ = nullptr;
  CostLedger* ledger_ = nullptr;
  using Names = std::map<std::string, uint64_t, std::less<>>;
  std::map<std::string, Names, std::less<>> counters_;
  CallLog call_log_{random_seed()};
  bool is_config_good_ = true;
  uint64_t calls_ok_ = 0;
  uint64_t calls_failed_ = 0;
  MetricCounts counts_;
};

}  // namespace sidecar
