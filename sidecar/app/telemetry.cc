#include "app/telemetry.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace sidecar {

namespace {

uint64_t micros(Nanos took) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

}  // namespace

void Telemetry::count(std::string_view what, std::string_view name) {
  auto group = counters_.find(what);
  if (group == counters_.end()) {
    group = counters_.emplace(what, Names{}).first;
  }
  auto counter = group->second.find(name);
  if (counter == group->second.end()) {
    counter = group->second.emplace(name, 0).first;
  }
  ++counter->second;
}

uint64_t Telemetry::count_of(std::string_view what, std::string_view name) const {
  const auto group = counters_.find(what);
  if (group == counters_.end()) {
    return 0;
  }
  const auto counter = group->second.find(name);
  return counter == group->second.end() ? 0 : counter->second;
}

uint64_t Telemetry::count_of_others(std::string_view what,
                                    std::span<const std::string_view> names) const {
  uint64_t count = 0;
  const auto group = counters_.find(what);
  if (group != counters_.end()) {
    for (const auto& [name, value] : group->second) {
      count += std::find(names.begin(), names.end(), name) == names.end() ? value : 0;
    }
  }
  return count;
}

void Telemetry::on_attempt_done(const AttemptReport& report) {
  if (ledger_ != nullptr) {
    ledger_->on_attempt_done(report);
  }
  if (recent_ != nullptr) {
    recent_->on_attempt_done(report);
  }
  counts_.on_attempt_done(report);
  const EndpointName& endpoint = report.endpoint;
  const std::string_view outcome = report.outcome ? outcome_name(*report.outcome) : "cut_short";
  if (report.kind != AttemptKind::kFirst) {
    count("attempt", attempt_kind_name(report.kind));
  }
  if (report.outcome && *report.outcome != Outcome::kResult) {
    count("attempt_failed", outcome);
  }
  if (log::is_on(log::Level::kDebug)) {
    log::debug("attempt_done", log::kv("step", "h"), log::kv("chain", endpoint.chain),
               log::kv("provider", endpoint.provider),
               log::kv("kind", attempt_kind_name(report.kind)), log::kv("outcome", outcome),
               log::kv("took_us", micros(report.took)));
  }
}

void Telemetry::on_health_changed(const EndpointName& endpoint, HealthState from, HealthState to,
                                  HealthEvent why) {
  if (recent_ != nullptr) {
    recent_->on_health_changed(endpoint, from, to, why);
  }
  count("health", health_state_name(to));
  // A person must act when a provider refuses us, or is not what it was configured to be.
  const bool is_for_a_person = to == HealthState::kDisabled || to == HealthState::kQuarantined;
  const bool is_good = to == HealthState::kHealthy;
  const auto level = is_for_a_person ? log::Level::kError
                     : is_good       ? log::Level::kInfo
                                     : log::Level::kWarn;
  const std::array<log::Field, 6> fields{
      log::kv("chain", endpoint.chain),         log::kv("provider", endpoint.provider),
      log::kv("transport", endpoint.transport), log::kv("from", health_state_name(from)),
      log::kv("to", health_state_name(to)),     log::kv("why", health_event_name(why))};
  log::write(level, "health_changed", fields);
}

void Telemetry::on_breaker_changed(const EndpointName& endpoint, BreakerState to) {
  count("breaker", breaker_state_name(to));
  log::info("breaker_changed", log::kv("chain", endpoint.chain),
            log::kv("provider", endpoint.provider), log::kv("transport", endpoint.transport),
            log::kv("to", breaker_state_name(to)));
}

void Telemetry::on_throttled(const EndpointName& endpoint, Nanos pause) {
  counts_.on_throttled(endpoint);
  count("throttled", endpoint.provider);
  log::warn("throttled", log::kv("chain", endpoint.chain), log::kv("provider", endpoint.provider),
            log::kv("pause_ms", std::chrono::duration_cast<Millis>(pause).count()));
}

void Telemetry::on_unknown_error(const EndpointName& endpoint, std::optional<int64_t> code) {
  count("unknown_error", endpoint.provider);
  log::debug("unknown_error", log::kv("chain", endpoint.chain),
             log::kv("provider", endpoint.provider), log::kv("code", code.value_or(0)));
}

void Telemetry::on_event_received(const EventReport& report) {
  if (ledger_ != nullptr) {
    ledger_->on_event_received(report);
  }
}

void Telemetry::on_feed_event(std::string_view chain, std::string_view feed_kind, EventKind what,
                              size_t subscriber_count) {
  counts_.on_feed_event(chain, feed_kind, what, subscriber_count);
  if (ledger_ != nullptr) {
    ledger_->on_feed_event(chain, what, subscriber_count);
  }
  if (what == EventKind::kGap) {
    count("feed_gap", feed_kind);
    log::warn("feed_gap", log::kv("chain", chain), log::kv("feed", feed_kind),
              log::kv("subscribers", subscriber_count));
    return;
  }
  count(what == EventKind::kLive ? "feed_event" : "feed_event_late", feed_kind);
}

void Telemetry::on_feed_source(const EndpointName& endpoint, std::string_view feed_kind,
                               SourceChange what) {
  if (recent_ != nullptr) {
    recent_->on_feed_source(endpoint, feed_kind, what);
  }
  counts_.on_feed_source(endpoint, what);
  count("feed_source", source_change_name(what));
  const std::array<log::Field, 5> fields{
      log::kv("chain", endpoint.chain), log::kv("provider", endpoint.provider),
      log::kv("transport", endpoint.transport), log::kv("feed", feed_kind),
      log::kv("is", source_change_name(what))};
  log::write(what == SourceChange::kLive ? log::Level::kInfo : log::Level::kWarn, "feed_source",
             fields);
}

void Telemetry::on_call_done(const CallReport& report) {
  if (recent_ != nullptr) {
    recent_->on_call_done(report);
  }
  counts_.on_call_done(report);
  (report.is_error ? calls_failed_ : calls_ok_) += 1;
  call_log_.on_call_done(report);
  if (log::is_on(log::Level::kDebug)) {
    log::debug("call_done", log::kv("step", "i"), log::kv("chain", report.chain),
               log::kv("method", report.method), log::kv("is_error", report.is_error),
               log::kv("took_us", micros(report.took)));
  }
}

std::string Telemetry::counters_json() const {
  // Names are ours and plain: none needs escaping.
  std::string json = "{\"call\":{\"result\":" + std::to_string(calls_ok_) +
                     ",\"error\":" + std::to_string(calls_failed_) + "}";
  for (const auto& [what, names] : counters_) {
    json += ",\"" + what + "\":{";
    for (const auto& [name, value] : names) {
      json += (json.back() == '{' ? "\"" : ",\"") + name + "\":" + std::to_string(value);
    }
    json += '}';
  }
  return json + "}";
}

}  // namespace sidecar
