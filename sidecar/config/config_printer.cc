#include "config/config_printer.h"

#include <string_view>

#include "config/key_table.h"
#include "config/text_rule.h"
#include "config/toml_text.h"
#include "config/url.h"

namespace sidecar {
namespace {

constexpr std::string_view kStars = "\"***\"";

bool is_url(TextRule rule) {
  return rule == TextRule::kHttpUrl || rule == TextRule::kWsUrl || rule == TextRule::kProxyUrl;
}

std::string shown_address(const std::string& text, const ValueOrigin& origin) {
  if (text.empty()) {
    return "\"\"";
  }
  if (text.starts_with(kUnixScheme)) {
    return origin.substituted_at ? std::string(kStars) : quoted(text);
  }
  return quoted(shown_url(text, origin.substituted_at));
}

std::string shown_headers(const std::vector<std::pair<std::string, Secret>>& headers) {
  std::string text;
  for (const auto& header : headers) {
    text += (text.empty() ? " " : ", ") + toml_key(header.first) + " = " + std::string(kStars);
  }
  return text.empty() ? "{}" : "{" + text + " }";
}

// The one place that turns a field into text for people.
std::string shown_value(const KeyRow& row, const KeyScope& scope, const ValueOrigin& origin) {
  const FieldRef field = row.field(scope);
  if (is_url(row.rule)) {
    const Secret* const* secret = std::get_if<Secret*>(&field);
    return shown_address(secret ? (*secret)->reveal() : *std::get<std::string*>(field), origin);
  }
  if (row.type == KeyType::kTextTable) {
    return shown_headers(*std::get<std::vector<std::pair<std::string, Secret>>*>(field));
  }
  if (origin.substituted_at || row.is_secret()) {
    return row.type == KeyType::kTextList ? "[" + std::string(kStars) + "]" : std::string(kStars);
  }
  return field_text(row, scope);
}

class ResolvedPrinter {
 public:
  explicit ResolvedPrinter(const Config& config) : config_(config) {}

  std::string print() {
    text_ = "# The configuration in effect, from " + printable(config_.source, 4'096) +
            ". *** stands for what is secret.\n";
    add_keys(Section::kTop, "", {.config = &config_});
    for (const SectionRow& row : section_rows()) {
      if (row.parent == Section::kTop && row.section != Section::kTop && !row.is_list) {
        text_ += "\n[" + std::string(row.path) + "]\n";
        add_keys(row.section, std::string(row.path), {.config = &config_});
      }
    }
    for (size_t i = 0; i < config_.chains.size(); ++i) {
      add_chain(config_.chains[i], "chain[" + std::to_string(i) + "]");
    }
    for (size_t i = 0; i < config_.access.size(); ++i) {
      const std::string place = "access[" + std::to_string(i) + "]";
      text_ += "\n" + origin_comment("", place) + "[[access]]\n";
      add_keys(Section::kAccess, place, {.config = &config_, .access = &config_.access[i]});
    }
    return std::move(text_);
  }

 private:
  void add_chain(ChainConfig& chain, const std::string& place) {
    text_ += "\n" + origin_comment("", place) + "[[chain]]";
    if (default_chain(config_, chain.family) == &chain) {
      text_ += "  # the default of its family";
    }
    text_ += "\n";
    add_keys(Section::kChain, place, {.config = &config_, .chain = &chain});
    for (size_t i = 0; i < chain.providers.size(); ++i) {
      const std::string provider_place = place + ".provider[" + std::to_string(i) + "]";
      indent_ = "  ";
      text_ += "\n" + origin_comment(indent_, provider_place) + "  [[chain.provider]]\n";
      add_keys(Section::kProvider, provider_place,
               {.config = &config_, .chain = &chain, .provider = &chain.providers[i]});
      indent_ = "";
    }
  }

  void add_keys(Section section, const std::string& place, const KeyScope& scope) {
    const auto table = config_.origins.find(place);
    const std::string table_variable =
        table == config_.origins.end() ? "" : table->second.at.variable;
    for (const KeyRow& row : key_rows()) {
      if (row.section != section) {
        continue;
      }
      const std::string key_place = place + (place.empty() ? "" : ".") + std::string(row.name);
      const auto origin = config_.origins.find(key_place);
      const bool is_written = origin != config_.origins.end();
      const std::string value =
          shown_value(row, scope, is_written ? origin->second : ValueOrigin{});
      if (value.empty()) {
        continue;
      }
      text_ += indent_ + std::string(row.name) + " = " + value;
      if (!is_written) {
        text_ += "  # default";
      } else if (origin->second.at.variable != table_variable) {
        text_ += "  # " + origin->second.at.variable;
      }
      text_ += "\n";
    }
  }

  std::string origin_comment(const std::string& indent, const std::string& place) const {
    const auto origin = config_.origins.find(place);
    if (origin == config_.origins.end()) {
      return "";
    }
    const Location& at = origin->second.at;
    if (!at.variable.empty()) {
      return indent + "# from environment: " + at.variable + "\n";
    }
    return indent + "# from " + printable(config_.source, 4'096) + ":" + std::to_string(at.line) +
           ":" + std::to_string(at.column) + "\n";
  }

  Config config_;  // a copy: the key table hands out fields that can be written
  std::string text_;
  std::string indent_;
};

}  // namespace

std::string print_resolved(const Config& config) {
  return ResolvedPrinter(config).print();
}

}  // namespace sidecar
