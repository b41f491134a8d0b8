#include "app/explain_text.h"

#include <array>
#include <string_view>

#include "app/human.h"
#include "app/socket_client.h"
#include "app/text_table.h"

namespace sidecar {

namespace {

using Align = TextTable::Align;

struct WhyRow {
  std::string_view code;
  std::string_view words;
};
// The codes are core/choice.cc's.
constexpr std::array<WhyRow, 19> kWhys{{
    {"chosen", "asked"},
    {"pinned_elsewhere", "the call is for another provider or node"},
    {"tried", "was asked before"},
    {"disabled", "refuses our key or wants money"},
    {"quarantined", "serves another chain or a minority fork"},
    {"chain_not_verified", "its chain has not been checked yet"},
    {"method_denied", "is not to be asked for this method"},
    {"method_unsupported", "said that it has no such method"},
    {"transport", "takes this method over another transport"},
    {"dear", "its price rules out a second attempt"},
    {"cooling_down", "said that we ask too much"},
    {"budget_spent", "our budget for it is spent"},
    {"breaker_open", "keeps failing; its breaker is open"},
    {"pruned", "keeps no block as old as this"},
    {"range_too_large", "takes no logs over so many blocks"},
    {"lacks_block", "its head is below the block"},
    {"degraded", "others are in better health"},
    {"lower_tier", "a better tier can serve the call"},
    {"others_turn", "it was another's turn"},
}};

std::string text_of(const JsonValue& value) {
  return std::string(value.as_string().value_or(""));
}

std::string words_for(const std::string& code) {
  for (const WhyRow& row : kWhys) {
    if (row.code == code) {
      return std::string(row.words);
    }
  }
  return code;
}

std::string attempt_words(const JsonValue& step) {
  return text_of(step["kind"]) + " attempt: " + text_of(step["provider"]) + " over " +
         text_of(step["transport"]) + ", for " +
         human_micros(step["timeout_ms"].as_uint64().value_or(0) * 1'000) + " at the most";
}

std::string end_words(const JsonValue& step) {
  const uint64_t status = step["http_status"].as_uint64().value_or(0);
  const bool is_told = status != 0 && status != 200;
  return text_of(step["provider"]) + ": " + text_of(step["outcome"]) +
         (is_told ? " (HTTP " + std::to_string(status) + ")" : "") + " after " +
         human_micros(step["took_us"].as_uint64().value_or(0));
}

std::string considered_text(const JsonValue& endpoints) {
  TextTable table("                    ",
                  {Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  for (const JsonValue& each : endpoints.items()) {
    table.add({{text_of(each["provider"])},
               {text_of(each["transport"])},
               {"tier " + std::string(each["tier"].number_text())},
               {text_of(each["state"])},
               {words_for(text_of(each["why"]))}});
  }
  return table.text(false);
}

std::string head_of_step(const JsonValue& step) {
  const std::string at = human_micros(step["at_us"].as_uint64().value_or(0));
  return "  (" + text_of(step["step"]) + ") " +
         std::string(at.size() < 11 ? 11 - at.size() : 0, ' ') + at + "  ";
}

std::string step_text(const JsonValue& step) {
  if (step.has("endpoints")) {
    return head_of_step(step) + "who can serve it\n" + considered_text(step["endpoints"]);
  }
  const std::string words = step.has("kind")      ? attempt_words(step)
                            : step.has("outcome") ? end_words(step)
                                                  : text_of(step["text"]);
  return head_of_step(step) + words + "\n";
}

std::string first_lines(const std::string& text, size_t lines_max) {
  size_t end = 0;
  for (size_t line = 0; line < lines_max; ++line) {
    end = text.find('\n', end);
    if (end == std::string::npos) {
      return text;
    }
    ++end;
  }
  return text.substr(0, end) + "...";
}

}  // namespace

std::string explain_text(const JsonValue& explanation, size_t answer_lines_max) {
  std::string out = text_of(explanation["method"]) + " on " + text_of(explanation["chain"]) + ", " +
                    human_micros(explanation["took_us"].as_uint64().value_or(0)) + "\n";
  for (const JsonValue& step : explanation["steps"].items()) {
    out += step_text(step);
  }
  const uint64_t dropped = explanation["steps_dropped"].as_uint64().value_or(0);
  if (dropped > 0) {
    out += "  ... and " + std::to_string(dropped) + " more steps\n";
  }
  const std::string_view member = explanation.has("error") ? "error" : "result";
  std::string answer;
  explanation[member].write(answer);
  answer = pretty_json(answer);
  out += std::string(member) + "\n" +
         (answer_lines_max == 0 ? answer : first_lines(answer, answer_lines_max)) + "\n";
  return out;
}

}  // namespace sidecar
