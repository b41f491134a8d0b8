#include "config/toml_source.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {
namespace {

using namespace std::string_view_literals;
using Kind = ConfigNode::Kind;

TEST_CASE("parse_toml: every kind of value keeps its place, in the order of the file") {
  FaultList faults("f.toml");
  const auto root = parse_toml(
      "z = \"text\"\n"
      "a = 5\n"
      "b = true\n"
      "f = 1.5\n"
      "t = 1979-05-27\n"
      "l = [ \"x\", 7 ]\n"
      "[s]\n"
      "  k = { n = \"v\" }\n",
      faults);

  REQUIRE(root);
  REQUIRE(faults.empty());
  std::string order;
  for (const ConfigEntry& entry : root->entries) {
    order += entry.key + "@" + std::to_string(entry.at.line) + " ";
  }
  CHECK(order == "z@1 a@2 b@3 f@4 t@5 l@6 s@7 ");
  CHECK(find_entry(*root, "z")->value.text == "text");
  CHECK(find_entry(*root, "z")->value.at.column == 5);
  CHECK(find_entry(*root, "a")->value.integer == 5);
  CHECK(find_entry(*root, "b")->value.is_true);
  CHECK(find_entry(*root, "f")->value.kind == Kind::kFloat);
  CHECK(find_entry(*root, "t")->value.kind == Kind::kTime);
  const ConfigNode& list = find_entry(*root, "l")->value;
  REQUIRE(list.items.size() == 2);
  CHECK(list.items[1].kind == Kind::kInteger);
  CHECK(list.items[1].at.column == 12);
  const ConfigNode& table = find_entry(*root, "s")->value;
  REQUIRE(table.kind == Kind::kTable);
  CHECK(find_entry(find_entry(table, "k")->value, "n")->value.text == "v");
}

struct SyntaxCase {
  std::string_view text;
  std::string_view fault;
};

TEST_CASE("parse_toml: a syntax error is one fault with its place and an advice") {
  const std::vector<SyntaxCase> cases = {
      {"a = 1\nb = secret\n",
       "f.toml:2:5: not TOML: value: could not determine value type; text must stand in quotes"},
      {"a = 1\na = 2\n",
       "f.toml:2:5: not TOML: key-value pair: cannot redefine existing integer 'a'; write each key "
       "and each [table] once"},
      {"[a]\n[a]\n",
       "f.toml:2:1: not TOML: table header: cannot redefine existing table 'a'; write each key and "
       "each [table] once"},
      {"a = \"x",
       "f.toml:1:7: not TOML: string: encountered end-of-file; a value, a quote or a bracket is "
       "missing before this place"},
      {"a = 12x",
       "f.toml:1:7: not TOML: decimal integer: expected digit, saw 'x'; one `key = value` stands "
       "on "
       "a line, and text stands in quotes"},
      {"a = \"\xff\"",
       "f.toml:1:5: not TOML: Encountered invalid utf-8 sequence; the file must be "
       "UTF-8 text"},
      // What toml++ would abort at: it asserts that a table's name begins like one.
      {"[!x]\n",
       "f.toml:1:2: not TOML: key: expected bare key starting character or string delimiter, saw "
       "'!'; one `key = value` stands on a line, and text stands in quotes"},
      {"[\0x]\n"sv,
       "f.toml:1:2: not TOML: key: expected bare key starting character or string delimiter, saw "
       "'\\u0000'; one `key = value` stands on a line, and text stands in quotes"},
      // What toml++ takes for unreachable: a letter that is no white space.
      {"x = \u00e9\n",
       "f.toml:1:5: not TOML: value: could not determine value type; text must stand in quotes"},
      {"x = 1\u0432\n",
       "f.toml:1:6: not TOML: decimal integer: expected digit, saw '\u0432'; one `key = value` "
       "stands "
       "on a line, and text stands in quotes"},
      // A key that nobody quoted is not repeated, should it look like a number.
      {"a = 0xDEADBEEFDEADBEEFDEADBEEF\n",
       "f.toml:1:31: not TOML: hexadecimal integer: the number is not representable in 64 bits"},
      {"a = 1e999999\n",
       "f.toml:1:13: not TOML: floating-point: the number could not be interpreted as a value"},
  };

  for (const SyntaxCase& row : cases) {
    CAPTURE(row.text);
    FaultList faults("f.toml");
    CHECK_FALSE(parse_toml(row.text, faults));
    const auto taken = faults.take();
    REQUIRE(taken.size() == 1);
    CHECK(to_text(taken[0]) == row.fault);
  }
}

TEST_CASE("parse_toml: nesting without end is a fault, not a crash") {
  FaultList faults("f.toml");

  const auto root = parse_toml("a = " + std::string(500'000, '['), faults);

  CHECK_FALSE(root);
  CHECK(faults.take().size() == 1);
}

TEST_CASE("FaultList: sorts by place, keeps a limit, and tells how many it dropped") {
  FaultList faults("f.toml");
  faults.add({0, 0, "NAME"}, "ignored", "from the environment");
  for (uint32_t i = FaultList::kFaultsMax + 4; i > 0; --i) {
    faults.add({i, 1, ""}, "k", "m");
  }

  const auto taken = faults.take();

  REQUIRE(taken.size() == FaultList::kFaultsMax + 1);
  CHECK(to_text(taken.front()) == "f.toml:6:1: k: m");
  CHECK(to_text(taken[1]) == "f.toml:7:1: k: m");
  CHECK(to_text(taken[FaultList::kFaultsMax - 1]) == "environment: NAME: from the environment");
  CHECK(to_text(taken.back()) == "f.toml: 5 more faults");
}

}  // namespace
}  // namespace sidecar::testing
