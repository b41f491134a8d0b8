#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "config/config_printer.h"
#include "config/key_table.h"
#include "config/load_config.h"

namespace sidecar::testing {
namespace {

struct Mention {
  int commented_count = 0;
  int active_count = 0;
  std::string commented_value;
};

std::string example_text() {
  std::ifstream file(std::string(TEST_SOURCE_DIR) + "/../systemd/example.toml");
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Line {
  std::string indent;
  std::string heading;  // of `[heading]` or `[[heading]]`
  std::string key;      // of `key = value` or `#key = value`
  std::string value;
  bool is_commented = false;
};

Line cut(const std::string& text) {
  Line line;
  const size_t indent = std::min(text.find_first_not_of(' '), text.size());
  line.indent = text.substr(0, indent);
  std::string rest = text.substr(indent);
  if (rest.starts_with('[')) {
    const size_t begin = rest.find_first_not_of('[');
    line.heading = rest.substr(begin, rest.find(']') - begin);
    return line;
  }
  line.is_commented = rest.starts_with('#');
  rest.erase(0, line.is_commented ? 1 : 0);
  const size_t key_end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  if (key_end != 0 && key_end != std::string::npos && rest.substr(key_end).starts_with(" = ")) {
    line.key = rest.substr(0, key_end);
    line.value = rest.substr(key_end + 3);
  }
  return line;
}

// Every `key = value` and `#key = value`, by the key's path.
std::map<std::string, Mention> mentions(const std::string& text) {
  std::map<std::string, Mention> found;
  std::string section;
  std::istringstream lines(text);
  for (std::string line_text; std::getline(lines, line_text);) {
    const Line line = cut(line_text);
    if (!line.heading.empty()) {
      section = line.heading + ".";
    } else if (!line.key.empty()) {
      Mention& mention = found[section + line.key];
      (line.is_commented ? mention.commented_count : mention.active_count) += 1;
      if (line.is_commented) {
        mention.commented_value = line.value;
      }
    }
  }
  return found;
}

// The same file with every default in force, not in a comment.
std::string with_defaults_written_out(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line_text; std::getline(lines, line_text);) {
    const Line line = cut(line_text);
    out += line.key.empty() ? line_text : line.indent + line.key + " = " + line.value;
    out += "\n";
  }
  return out;
}

std::string without_default_marks(std::string text) {
  constexpr std::string_view kMark = "  # default\n";
  for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), "\n");
  }
  return text;
}

TEST_CASE("example.toml: shows every key, and every default once and as it is") {
  auto found = mentions(example_text());

  for (const KeyRow& row : key_rows()) {
    const std::string path = key_path(row.section, row.name);
    CAPTURE(path);
    const Mention mention = found[path];
    found.erase(path);
    if (mention.commented_count == 0) {
      // Only what has no default, or "none" as its default, is shown by use alone.
      CHECK(mention.active_count > 0);
      CHECK((row.fallback.empty() || row.fallback == "\"\""));
    } else {
      CHECK(mention.commented_count == 1);
      CHECK(mention.commented_value == row.fallback);
    }
  }
  for (const auto& unknown : found) {
    FAIL_CHECK(unknown.first << " is no key");
  }
}

TEST_CASE("example.toml: is a configuration without a fault, with its defaults written out too") {
  const std::string text = example_text();
  const std::string written_out = with_defaults_written_out(text);
  const Environment environment = {{"ALCHEMY_API_KEY", "key"}};

  const auto plain = load_config_text(text, "example.toml", environment);
  const auto full = load_config_text(written_out, "example.toml", environment);

  REQUIRE(written_out != text);
  for (const auto* loaded : {&plain, &full}) {
    for (const ConfigFault& fault : loaded->faults) {
      FAIL_CHECK(to_text(fault));
    }
  }
  CHECK(without_default_marks(print_resolved(plain.config)) ==
        without_default_marks(print_resolved(full.config)));
}

}  // namespace
}  // namespace sidecar::testing
