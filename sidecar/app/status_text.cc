#include "app/status_text.h"

#include <array>

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

std::string count_or_dash(const JsonValue& value) {
  return value.is_null() ? "-" : human_count(number_of(value));
}

Cell state_cell(const JsonValue& endpoint) {
  const std::string state = text_of(endpoint["state"]);
  const Colour colour = state == "healthy"                          ? Colour::kGood
                        : state == "unknown" || state == "degraded" ? Colour::kWarn
                                                                    : Colour::kBad;
  const bool is_plain = state == "healthy" || state == "unknown";
  return {is_plain ? state : state + " (" + text_of(endpoint["reason"]) + ")", colour};
}

/// With how long until the next trial, while there is none.
Cell breaker_cell(const JsonValue& endpoint) {
  const std::string breaker = text_of(endpoint["breaker"]);
  const uint64_t trial_in = number_of(endpoint["trial_in_ms"]);
  return {trial_in > 0 ? breaker + " " + human_span(trial_in) : breaker,
          breaker == "closed" ? Colour::kNone : Colour::kBad};
}

Cell pause_cell(const JsonValue& endpoint) {
  const uint64_t cooldown = number_of(endpoint["cooldown_ms"]);
  return cooldown > 0 ? Cell{human_span(cooldown), Colour::kWarn} : Cell{"-"};
}

std::string latency(const JsonValue& endpoint, std::string_view quantile) {
  const JsonValue& light = endpoint["latency_us"]["light"];
  return light.is_object() ? human_micros(number_of(light[quantile])) : "-";
}

/// Of the day's and the month's bound the one that ends first, else a shorter one: "99 (day)".
Cell budget_cell(const JsonValue& left) {
  struct Bound {
    std::string_view name;
    std::string_view words;
  };
  constexpr std::array<Bound, 4> kBounds{
      {{"month", "month"}, {"day", "day"}, {"ten_seconds", "10 s"}, {"second", "second"}}};
  const bool is_day_first =
      left.has("day") && left.has("month") && number_of(left["day"]) < number_of(left["month"]);
  for (const Bound& bound : kBounds) {
    if (left.has(bound.name) && !(is_day_first && bound.name == "month")) {
      const uint64_t units = number_of(left[bound.name]);
      return {human_count(units) + " (" + std::string(bound.words) + ")",
              units == 0 ? Colour::kBad : Colour::kNone};
    }
  }
  return {"-"};
}

std::string share(uint64_t part, uint64_t whole) {
  return whole == 0 ? "-" : std::to_string((part * 100 + whole / 2) / whole) + "%";
}

/// May it be asked, and why not.
std::string health_table(const JsonValue& endpoints, bool is_coloured) {
  const Align left = Align::kLeft;
  const Align right = Align::kRight;
  TextTable table("  ", {left, left, right, left, right, right, right, left, right});
  table.add({{"provider"},
             {"over"},
             {"tier"},
             {"state"},
             {"since"},
             {"head"},
             {"lag"},
             {"breaker"},
             {"fails"}});
  for (const JsonValue& each : endpoints.items()) {
    table.add({{text_of(each["provider"])},
               {text_of(each["transport"])},
               {or_dash(each["tier"])},
               state_cell(each),
               {human_span(number_of(each["since_ms"]))},
               {or_dash(each["head"])},
               {count_or_dash(each["lag_blocks"])},
               breaker_cell(each),
               {or_dash(each["failures_in_row"])}});
  }
  return table.text(is_coloured);
}

/// What it was asked, and what it may be asked still.
std::string traffic_table(const JsonValue& endpoints, bool is_coloured) {
  uint64_t attempts = 0;
  for (const JsonValue& each : endpoints.items()) {
    attempts += number_of(each["attempts"]);
  }
  const Align left = Align::kLeft;
  const Align right = Align::kRight;
  TextTable table("  ", {left, left, right, right, right, right, right, right, right, right, left});
  table.add({{"provider"},
             {"over"},
             {"weight"},
             {"busy"},
             {"attempts"},
             {"share"},
             {"failed"},
             {"p50"},
             {"p95"},
             {"pause"},
             {"budget left"}});
  for (const JsonValue& each : endpoints.items()) {
    table.add({{text_of(each["provider"])},
               {text_of(each["transport"])},
               {or_dash(each["weight"])},
               {or_dash(each["inflight"])},
               {human_count(number_of(each["attempts"]))},
               {share(number_of(each["attempts"]), attempts)},
               {human_count(number_of(each["failures"]))},
               {latency(each, "p50")},
               {latency(each, "p95")},
               pause_cell(each),
               budget_cell(each["budget_left"])});
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
                                      : health_table(endpoints, is_coloured) + "\n" +
                                            traffic_table(endpoints, is_coloured));
}

}  // namespace

std::string status_text(const JsonValue& status, std::string_view chain, bool is_coloured) {
  std::string out = "rpc-sidecar " + text_of(status["version"]) + ", up " +
                    human_span(number_of(status["uptime_ms"])) + ", " +
                    or_dash(status["calls_in_flight"]) + " calls open\n";
  for (const JsonValue& each : status["chains"].items()) {
    if (chain.empty() || each["name"].as_string() == chain) {
      out += "\n" + chain_text(each, is_coloured);
    }
  }
  return out;
}

}  // namespace sidecar
