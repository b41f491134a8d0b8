#include "app/status_text.h"

#include <optional>

#include "app/human.h"
#include "app/text_table.h"

namespace sidecar {

namespace {

using Align = TextTable::Align;
using Colour = TextTable::Colour;
using Cell = TextTable::Cell;

std::string text_of(const JsonValue& value) {
  return std::string(value.as_string().value_or(""));
}

uint64_t number_of(const JsonValue& value) {
  return value.as_uint64().value_or(0);
}

std::string or_dash(const JsonValue& value) {
  return value.is_null() ? "-" : std::string(value.number_text());
}

Cell state_cell(const JsonValue& endpoint) {
  const std::string state = text_of(endpoint["state"]);
  const Colour colour = state == "healthy"                          ? Colour::kGood
                        : state == "unknown" || state == "degraded" ? Colour::kWarn
                                                                    : Colour::kBad;
  const bool is_plain = state == "healthy" || state == "unknown";
  return {is_plain ? state : state + " (" + text_of(endpoint["reason"]) + ")", colour};
}

Cell breaker_cell(const JsonValue& endpoint) {
  const std::string breaker = text_of(endpoint["breaker"]);
  const uint64_t trial_in = number_of(endpoint["trial_in_ms"]);
  const uint64_t cooldown = number_of(endpoint["cooldown_ms"]);
  if (cooldown > 0) {
    return {"cooling " + human_micros(cooldown * 1'000), Colour::kWarn};
  }
  return {trial_in > 0 ? breaker + " " + human_micros(trial_in * 1'000) : breaker,
          breaker == "closed" ? Colour::kNone : Colour::kBad};
}

std::string latency(const JsonValue& endpoint, std::string_view quantile) {
  const JsonValue& light = endpoint["latency_us"]["light"];
  return light.is_object() ? human_micros(number_of(light[quantile])) : "-";
}

/// The tightest bound that is set, of those that last: "99 of the day".
std::string budget(const JsonValue& left) {
  for (const std::string_view bound : {"month", "day", "ten_seconds", "second"}) {
    if (left.has(bound)) {
      return human_count(number_of(left[bound])) + " (" + std::string(bound) + ")";
    }
  }
  return "-";
}

std::string share(uint64_t part, uint64_t whole) {
  return whole == 0 ? "-" : std::to_string((part * 100 + whole / 2) / whole) + "%";
}

std::string endpoints_text(const JsonValue& endpoints, bool is_coloured) {
  uint64_t attempts = 0;
  for (const JsonValue& each : endpoints.items()) {
    attempts += number_of(each["attempts"]);
  }
  const Align left = Align::kLeft;
  const Align right = Align::kRight;
  TextTable table("  ", {left, left, right, right, left, right, right, left, right, right, right,
                         right, right, right, right, left});
  table.add({{"provider"},
             {"over"},
             {"tier"},
             {"weight"},
             {"state"},
             {"head"},
             {"lag"},
             {"breaker"},
             {"busy"},
             {"attempts"},
             {"share"},
             {"failed"},
             {"limited"},
             {"p50"},
             {"p95"},
             {"budget left"}});
  for (const JsonValue& each : endpoints.items()) {
    table.add({{text_of(each["provider"])},
               {text_of(each["transport"])},
               {or_dash(each["tier"])},
               {or_dash(each["weight"])},
               state_cell(each),
               {or_dash(each["head"])},
               {or_dash(each["lag_blocks"])},
               breaker_cell(each),
               {or_dash(each["inflight"])},
               {human_count(number_of(each["attempts"]))},
               {share(number_of(each["attempts"]), attempts)},
               {human_count(number_of(each["failures"]))},
               {human_count(number_of(each["throttles"]))},
               {latency(each, "p50")},
               {latency(each, "p95")},
               {budget(each["budget_left"])}});
  }
  return table.text(is_coloured);
}

std::string chain_text(const JsonValue& chain, bool is_coloured) {
  std::string out = text_of(chain["name"]) + " (" + text_of(chain["family"]) + "): head " +
                    or_dash(chain["head"]) + ", a block in " +
                    human_micros(number_of(chain["block_time_ms"]) * 1'000) + ", " +
                    text_of(chain["strategy"]) + "\n";
  const JsonValue& endpoints = chain["endpoints"];
  return out + (endpoints.size() == 0 ? std::string("  no provider that serves calls\n")
                                      : endpoints_text(endpoints, is_coloured));
}

}  // namespace

std::string status_text(const JsonValue& status, std::string_view chain, bool is_coloured) {
  std::string out = "rpc-sidecar " + text_of(status["version"]) + ", up " +
                    human_micros(number_of(status["uptime_ms"]) * 1'000) + ", " +
                    or_dash(status["calls_in_flight"]) + " calls open\n";
  for (const JsonValue& each : status["chains"].items()) {
    if (chain.empty() || each["name"].as_string() == chain) {
      out += "\n" + chain_text(each, is_coloured);
    }
  }
  return out;
}

}  // namespace sidecar
