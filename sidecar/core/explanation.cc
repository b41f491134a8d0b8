#include "core/explanation.h"

#include "rpc/json_writer.h"

namespace sidecar {

namespace {

uint64_t micros(Nanos span) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(span).count());
}

void begin(JsonWriter& json, char letter, Nanos at) {
  json.begin_object().key("step").string(std::string_view(&letter, 1));
  json.key("at_us").number(micros(at));
}

}  // namespace

bool Explanation::has_room() {
  if (steps_.size() < kStepsMax) {
    return true;
  }
  ++dropped_count_;
  return false;
}

void Explanation::add(char letter, Instant now, std::string_view text) {
  if (has_room()) {
    JsonWriter json(steps_.emplace_back());
    begin(json, letter, now - started_);
    json.key("text").string(text).end_object();
  }
}

void Explanation::add_considered(Instant now, const std::vector<Considered>& endpoints) {
  if (!has_room()) {
    return;
  }
  JsonWriter json(steps_.emplace_back());
  begin(json, 'e', now - started_);
  json.key("endpoints").begin_array();
  for (const Considered& each : endpoints) {
    json.begin_object().key("provider").string(each.provider);
    json.key("transport").string(each.transport).key("tier").number(each.tier);
    json.key("state").string(each.state).key("why").string(passed_over_text(each.why));
    json.end_object();
  }
  json.end_array().end_object();
}

void Explanation::add_started(Instant now, AttemptKind kind, const EndpointName& endpoint,
                              Millis timeout) {
  if (has_room()) {
    JsonWriter json(steps_.emplace_back());
    begin(json, 'g', now - started_);
    json.key("kind").string(attempt_kind_name(kind));
    json.key("provider").string(endpoint.provider).key("transport").string(endpoint.transport);
    json.key("timeout_ms").number(static_cast<uint64_t>(timeout.count())).end_object();
  }
}

void Explanation::add_ended(Instant now, const EndpointName& endpoint, Outcome outcome,
                            int http_status, Nanos took) {
  if (has_room()) {
    JsonWriter json(steps_.emplace_back());
    begin(json, 'h', now - started_);
    json.key("provider").string(endpoint.provider).key("outcome").string(outcome_name(outcome));
    json.key("http_status").number(static_cast<uint64_t>(http_status));
    json.key("took_us").number(micros(took)).end_object();
  }
}

std::string Explanation::json(std::string_view chain, std::string_view method,
                              std::string_view member, std::string_view body, Instant now) const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("chain").string(chain).key("method").string(method);
  json.key("took_us").number(micros(now - started_));
  json.key("steps").begin_array();
  for (const std::string& step : steps_) {
    json.raw(step);
  }
  json.end_array().key("steps_dropped").number(dropped_count_);
  json.key(member).raw(body).end_object();
  return out;
}

}  // namespace sidecar
