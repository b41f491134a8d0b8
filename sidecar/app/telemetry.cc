#include "app/telemetry.h"

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

void Telemetry::on_attempt_done(std::string_view chain, std::string_view provider, Outcome outcome,
                                Nanos took) {
  if (outcome != Outcome::kResult && outcome != Outcome::kRpcError) {
    count("attempt_failed", outcome_name(outcome));
  }
  if (log::is_on(log::Level::kDebug)) {
    log::debug("attempt_done", log::kv("step", "h"), log::kv("chain", chain),
               log::kv("provider", provider), log::kv("outcome", outcome_name(outcome)),
               log::kv("took_us", micros(took)));
  }
}

void Telemetry::on_call_done(std::string_view chain, std::string_view method, bool is_error,
                             Nanos took) {
  (is_error ? calls_failed_ : calls_ok_) += 1;
  if (log::is_on(log::Level::kDebug)) {
    log::debug("call_done", log::kv("step", "i"), log::kv("chain", chain),
               log::kv("method", method), log::kv("is_error", is_error),
               log::kv("took_us", micros(took)));
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
