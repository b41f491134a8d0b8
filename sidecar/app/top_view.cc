#include "app/top_view.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <vector>

#include "app/human.h"
#include "app/status_cells.h"
#include "app/text_table.h"

namespace sidecar {

namespace {

using Align = TextTable::Align;
using Cell = TextTable::Cell;
using Colour = TextTable::Colour;

constexpr std::array<std::pair<TopSort, std::string_view>, 6> kSorts{{{TopSort::kTier, "tier"},
                                                                      {TopSort::kName, "name"},
                                                                      {TopSort::kRate, "rate"},
                                                                      {TopSort::kErrors, "errors"},
                                                                      {TopSort::kLatency, "p95"},
                                                                      {TopSort::kLag, "lag"}}};
constexpr size_t kBarWidth = 30;
constexpr size_t kShareWidth = 8;
constexpr size_t kFeedsMax = 8;
constexpr size_t kRecentMax = 6;

/// `part` of `whole`, in eighths of a character.
std::string bar(uint64_t part, uint64_t whole, size_t width) {
  constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const uint64_t eighths = whole == 0 ? 0 : (part * width * 8 + whole / 2) / whole;
  std::string text;
  for (uint64_t i = 0; i < eighths / 8; ++i) {
    text += "█";
  }
  return text.append(kEighths[eighths % 8]);
}

uint64_t rate_of(const JsonValue& endpoint) {
  return number_of(endpoint["attempts_last_minute"]);
}

uint64_t sort_value(const JsonValue& endpoint, TopSort sort) {
  switch (sort) {
    case TopSort::kRate:
      return rate_of(endpoint);
    case TopSort::kErrors:
      return number_of(endpoint["failures_last_minute"]);
    case TopSort::kLatency:
      return number_of(endpoint["latency_us"]["light"]["p95"]);
    case TopSort::kLag:
      return number_of(endpoint["lag_blocks"]);
    case TopSort::kTier:
    case TopSort::kName:
      break;
  }
  return 0;
}

std::vector<const JsonValue*> sorted(const JsonValue& endpoints, TopSort sort) {
  std::vector<const JsonValue*> rows;
  for (const JsonValue& each : endpoints.items()) {
    rows.push_back(&each);
  }
  std::stable_sort(rows.begin(), rows.end(), [sort](const JsonValue* a, const JsonValue* b) {
    if (sort == TopSort::kName) {
      return text_of((*a)["provider"]) < text_of((*b)["provider"]);
    }
    if (sort == TopSort::kTier) {
      return number_of((*a)["tier"]) < number_of((*b)["tier"]);
    }
    return sort_value(*a, sort) > sort_value(*b, sort);
  });
  return rows;
}

uint64_t sum_of_rates(const JsonValue& endpoints) {
  uint64_t sum = 0;
  for (const JsonValue& each : endpoints.items()) {
    sum += rate_of(each);
  }
  return sum;
}

std::string tier_bars(const JsonValue& endpoints) {
  std::map<uint64_t, uint64_t> rates;
  for (const JsonValue& each : endpoints.items()) {
    rates[number_of(each["tier"])] += rate_of(each);
  }
  const uint64_t whole = sum_of_rates(endpoints);
  TextTable table("  ", {Align::kLeft, Align::kRight, Align::kLeft});
  for (const auto& [tier, rate] : rates) {
    table.add({{"tier " + std::to_string(tier)},
               {share(rate, whole)},
               {bar(rate, whole, kBarWidth), tier == 1 ? Colour::kGood : Colour::kWarn}});
  }
  return table.text(false);
}

Cell failed_cell(const JsonValue& endpoint) {
  const uint64_t failures = number_of(endpoint["failures_last_minute"]);
  return {human_count(failures), failures > 0 ? Colour::kBad : Colour::kNone};
}

std::string endpoint_table(const JsonValue& endpoints, const TopOptions& options) {
  const uint64_t whole = sum_of_rates(endpoints);
  const Align left = Align::kLeft;
  const Align right = Align::kRight;
  TextTable table("  ", {left, left, right, left, right, left, right, right, right, right, right,
                         right, left, left});
  table.add({{"provider"},
             {"over"},
             {"tier"},
             {"state"},
             {"req/min"},
             {"share"},
             {"failed"},
             {"p50"},
             {"p95"},
             {"p99"},
             {"head"},
             {"lag"},
             {"breaker"},
             {"budget left"}});
  for (const JsonValue* each : sorted(endpoints, options.sort)) {
    const JsonValue& endpoint = *each;
    table.add({{text_of(endpoint["provider"])},
               {text_of(endpoint["transport"])},
               {or_dash(endpoint["tier"])},
               state_cell(endpoint),
               {human_count(rate_of(endpoint))},
               {bar(rate_of(endpoint), whole, kShareWidth)},
               failed_cell(endpoint),
               {latency(endpoint, "p50")},
               {latency(endpoint, "p95")},
               {latency(endpoint, "p99")},
               {or_dash(endpoint["head"])},
               {count_or_dash(endpoint["lag_blocks"])},
               breaker_cell(endpoint),
               budget_cell(endpoint["budget_left"])});
  }
  return table.text(options.is_coloured);
}

std::string chain_text(const JsonValue& chain, const TopOptions& options) {
  std::string out = text_of(chain["name"]) + ": head " + or_dash(chain["head"]) + ", " +
                    human_count(number_of(chain["calls_last_minute"])) + " calls/min, " +
                    human_count(number_of(chain["errors_last_minute"])) + " errors/min\n";
  const JsonValue& endpoints = chain["endpoints"];
  return out + tier_bars(endpoints) + endpoint_table(endpoints, options);
}

std::string feeds_text(const JsonValue& status) {
  const JsonValue& feeds = status["feed_list"];
  if (feeds.size() == 0) {
    return "";
  }
  const Align left = Align::kLeft;
  const Align right = Align::kRight;
  TextTable table("  ", {left, left, right, right, left});
  table.add({{"feed"}, {"chain"}, {"subscribers"}, {"events"}, {"from"}});
  for (size_t i = 0; i < std::min(feeds.size(), kFeedsMax); ++i) {
    const JsonValue& feed = feeds.at(i);
    const std::string from = text_of(feed["provider"]);
    table.add({{text_of(feed["kind"])},
               {text_of(feed["chain"])},
               {human_count(number_of(feed["subscribers"]))},
               {human_count(number_of(feed["events"]))},
               {from.empty() ? "nobody" : from}});
  }
  return "\n" + table.text(false);
}

/// "ethereum eth_call: own failed (timeout), paid answered".
std::string recent_text(const JsonValue& status) {
  const JsonValue& recent = status["recent"];
  if (recent.size() == 0) {
    return "";
  }
  const Align left = Align::kLeft;
  TextTable table("  ", {Align::kRight, left, left, left, left, Align::kRight});
  table.add({{"ago"}, {"chain"}, {"of"}, {"provider"}, {"what happened"}, {"times"}});
  for (size_t i = 0; i < std::min(recent.size(), kRecentMax); ++i) {
    const JsonValue& event = recent.at(i);
    const std::string to = text_of(event["to"]);
    const std::string what = text_of(event["what"]);
    table.add({{human_span(number_of(event["age_ms"]))},
               {text_of(event["chain"])},
               {text_of(event["of"])},
               {text_of(event["from"])},
               {(what.empty() ? "" : what + ": ") + text_of(event["why"]) +
                (to.empty() ? "" : " -> " + to)},
               {std::to_string(number_of(event["count"]))}});
  }
  return "\n" + table.text(false);
}

/// "$0.12", "$1,234".
std::string dollars(double amount) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), amount < 100 ? "$%.2f" : "$%.0f", amount);
  return text.data();
}

std::string totals_text(const JsonValue& status) {
  std::string out = "rpc-sidecar " + text_of(status["version"]) + ", up " +
                    human_span(number_of(status["uptime_ms"])) + ", " +
                    or_dash(status["calls_in_flight"]) + " calls open, " +
                    or_dash(status["subscriptions"]) + " subscriptions on " +
                    or_dash(status["feeds"]) + " feeds";
  const JsonValue& cost = status["cost"];
  if (const auto hourly = cost["dollars_per_hour"].as_double()) {
    out += ", " + dollars(*hourly) + "/h";
  }
  if (const auto month = cost["month_projected_dollars"].as_double()) {
    out += ", " + dollars(*month) + " this month";
  }
  out += "\nsessions:";
  for (const auto& [dialect, count] : status["sessions"].members()) {
    out += " " + dialect + " " + std::string(count.number_text());
  }
  return out + "\n";
}

}  // namespace

std::string_view top_sort_name(TopSort sort) {
  return kSorts[static_cast<size_t>(sort)].second;
}

std::optional<TopSort> top_sort_of(std::string_view name) {
  for (const auto& [sort, its_name] : kSorts) {
    if (its_name == name) {
      return sort;
    }
  }
  return std::nullopt;
}

std::string top_text(const JsonValue& status, const TopOptions& options) {
  std::string out = totals_text(status);
  for (const JsonValue& each : status["chains"].items()) {
    if (options.chain.empty() || each["name"].as_string() == options.chain) {
      out += "\n" + chain_text(each, options);
    }
  }
  return out + feeds_text(status) + recent_text(status);
}

}  // namespace sidecar
