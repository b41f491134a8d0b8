#include "app/status_text.h"

#include "app/human.h"
#include "app/status_cells.h"
#include "app/text_table.h"

namespace sidecar {

namespace {

using Align = TextTable::Align;

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
