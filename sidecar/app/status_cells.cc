#include "app/status_cells.h"

#include <array>

#include "app/human.h"

namespace sidecar {

namespace {

using Colour = TextTable::Colour;
using Cell = TextTable::Cell;

}  // namespace

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

}  // namespace sidecar
