#include "config/config_reference.h"

#include <algorithm>
#include <string_view>

#include "config/env_source.h"
#include "config/key_table.h"

namespace sidecar {
namespace {

constexpr size_t kColumns = 80;

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    size_t length = text.size();
    const size_t room = kColumns - indent.size();
    if (length > room) {
      const size_t space = text.rfind(' ', room);
      length = space == std::string_view::npos ? text.size() : space;
    }
    out += std::string(indent) + std::string(text.substr(0, length)) + "\n";
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return out;
}

std::string kind_text(const KeyRow& row) {
  std::string text = type_text(row);
  if (!row.range.unit.empty()) {
    text += " " + std::string(row.range.unit);
  }
  if (row.rule != TextRule::kAny) {
    text = (row.type == KeyType::kTextList ? "a list, each item: " : "") +
           std::string(rule_text(row.rule));
  }
  if (row.is_required()) {
    text += "; required";
  } else if (row.fallback.empty()) {
    text += "; not set by default";
  } else {
    text += "; default " + std::string(row.fallback);
  }
  return row.is_secret() ? text + "; secret" : text;
}

std::string section_text(const SectionRow& section) {
  std::string text;
  if (section.section != Section::kTop) {
    const std::string path(section.path);
    text += section.is_list ? "[[" + path + "]]\n" : "[" + path + "]\n";
  }
  text += wrapped(section.sentence, "") + "\n";
  for (const KeyRow& row : key_rows()) {
    if (row.section == section.section) {
      text += "  " + std::string(row.name) + "\n" + wrapped(kind_text(row), "      ") +
              wrapped(row.sentence, "      ");
    }
  }
  return text + "\n";
}

constexpr std::string_view kValues =
    "Values\n"
    "  A size is a string of a whole number and B, KiB, MiB or GiB: \"64MiB\"; an\n"
    "  integer counts bytes. A duration is a string of a whole number and ms, s, m or\n"
    "  h: \"250ms\", \"5s\".\n"
    "  In every string, ${NAME} stands for a variable of the environment,\n"
    "  ${CRED:name} for the file `name` in $CREDENTIALS_DIRECTORY or credentials_dir,\n"
    "  and $$ for a dollar sign. Whatever used one of them is never shown.\n"
    "\n";

}  // namespace

std::string describe_config() {
  std::string text = "Configuration of rpc-sidecar: a TOML file, or the environment alone.\n\n";
  text += kValues;
  for (const SectionRow& section : section_rows()) {
    text += section_text(section);
  }
  text +=
      "Environment\n"
      "The first two count always, the others when there is no file. An empty variable\n"
      "counts as not set.\n\n";
  for (const VariableText& variable : describe_variables()) {
    text += "  " + std::string(variable.name) + "\n" + wrapped(variable.sentence, "      ");
  }
  return text;
}

}  // namespace sidecar
