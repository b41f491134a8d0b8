#include "config/toml_source.h"

// toml++ 3.3.0 asserts about bytes of the file: "[!" aborts it, although the very next line reports
// that as an error. Without NDEBUG its TOML_ASSUME is an assert too, else it is undefined behaviour
// with clang.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <tuple>
#include <utility>

namespace sidecar {
namespace {

Location location_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column, ""};
}

ConfigNode convert(const toml::node& node);

ConfigNode convert_table(const toml::table& table) {
  ConfigNode out;
  for (auto&& [key, value] : table) {
    out.entries.push_back({std::string(key.str()), location_of(key.source()), convert(value)});
  }
  // toml++ keeps keys by name; people read them by place.
  std::stable_sort(out.entries.begin(), out.entries.end(),
                   [](const ConfigEntry& a, const ConfigEntry& b) {
                     return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
                   });
  return out;
}

// Recursion is bounded by toml++'s own nesting limit of 256.
ConfigNode convert(const toml::node& node) {
  ConfigNode out;
  if (const toml::table* table = node.as_table()) {
    out = convert_table(*table);
  } else if (const toml::array* array = node.as_array()) {
    out.kind = ConfigNode::Kind::kList;
    for (const toml::node& item : *array) {
      out.items.push_back(convert(item));
    }
  } else if (const auto* text = node.as_string()) {
    out.kind = ConfigNode::Kind::kString;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = ConfigNode::Kind::kInteger;
    out.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = ConfigNode::Kind::kBool;
    out.is_true = boolean->get();
  } else if (node.is_floating_point()) {
    out.kind = ConfigNode::Kind::kFloat;
  } else {
    out.kind = ConfigNode::Kind::kTime;
  }
  out.at = location_of(node.source());
  return out;
}

struct Advice {
  std::string_view symptom;
  std::string_view advice;
};

constexpr std::array<Advice, 5> kAdvice = {{
    {"could not determine value type", "text must stand in quotes"},
    {"cannot redefine existing", "write each key and each [table] once"},
    {"encountered end-of-file", "a value, a quote or a bracket is missing before this place"},
    {"saw", "one `key = value` stands on a line, and text stands in quotes"},
    {"utf-8", "the file must be UTF-8 text"},
}};

// toml++ quotes a number that it cannot hold, and that may be a key somebody forgot to quote.
std::string without_numbers(std::string description) {
  const size_t tail = std::max(description.find(" is not representable") + 1,
                               description.find(" could not be interpreted") + 1);
  const size_t quote = description.find('\'');
  if (tail != 0 && quote < tail) {
    description.replace(quote, tail - 1 - quote, "the number");
  }
  return description;
}

std::string syntax_message(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  const std::string_view what =
      description.starts_with(kPrefix) ? description.substr(kPrefix.size()) : description;
  std::string message = "not TOML: " + without_numbers(std::string(what));
  for (const Advice& row : kAdvice) {
    if (description.find(row.symptom) != std::string_view::npos) {
      return message + "; " + std::string(row.advice);
    }
  }
  return message;
}

}  // namespace

std::optional<ConfigNode> parse_toml(std::string_view text, FaultList& faults) {
  try {
    return convert(toml::parse(text));
  } catch (const toml::parse_error& error) {
    faults.add(location_of(error.source()), "", syntax_message(error.description()));
  } catch (const std::exception& error) {
    faults.add({}, "", std::string("cannot be parsed: ") + error.what());
  }
  return std::nullopt;
}

}  // namespace sidecar
