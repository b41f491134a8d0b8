#include "rpc/json_walk.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "random_json.h"
#include "rpc/json_value.h"

namespace sidecar::testing {
namespace {

using Children = std::vector<std::pair<std::string, std::string>>;

Children children(std::string_view text) {
  // A copy of the text's own size: a read past its end is seen.
  const std::vector<char> bytes(text.begin(), text.end());
  JsonWalk walk(std::string_view(bytes.data(), bytes.size()));
  Children found;
  while (walk.next()) {
    found.emplace_back(walk.key(), walk.value());
  }
  CHECK_FALSE(walk.next());
  return found;
}

std::string compact(const JsonValue& value) {
  std::string out;
  value.write(out);
  return out;
}

}  // namespace

TEST_CASE("JsonWalk: gives every child as its lexeme") {
  CHECK(children("[]").empty());
  CHECK(children(" { } ").empty());
  CHECK(children("[1,\"a\",null , {\"b\":[1]},[ ]]") ==
        Children{{"", "1"}, {"", "\"a\""}, {"", "null"}, {"", "{\"b\":[1]}"}, {"", "[ ]"}});
  CHECK(children(" { \"a\" : -1.5e3 , \"b c\":{\"d\":\"}\"},\"\":true}\n") ==
        Children{{"a", "-1.5e3"}, {"b c", "{\"d\":\"}\"}"}, {"", "true"}});
}

TEST_CASE("JsonWalk: brackets, commas and escaped quotes in strings are text") {
  CHECK(
      children("[\"a\\\"]\",\"[{,\",\"\\\\\",\"\xc3\xa9]\",1]") ==
      Children{
          {"", "\"a\\\"]\""}, {"", "\"[{,\""}, {"", "\"\\\\\""}, {"", "\"\xc3\xa9]\""}, {"", "1"}});
}

TEST_CASE("JsonWalk: what is no container has no children") {
  for (const char* text : {"", " ", "1", "null", "\"[1]\"", "]", ",", "}"}) {
    CAPTURE(std::string(text));
    CHECK(children(text).empty());
  }
}

TEST_CASE("JsonWalk: a child that is cut is the end") {
  const std::string text = "{\"ab\":\"c\\\"d\",\"e\":{\"f\":[1,2]},\"g\":12}";
  const Children whole = children(text);
  REQUIRE(whole.size() == 3);
  for (size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    const Children found = children(std::string_view(text).substr(0, size));
    REQUIRE(found.size() <= whole.size());
    for (size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i] == whole[i]);
    }
  }
}

TEST_CASE("JsonWalk: what breaks off being JSON ends it") {
  const struct {
    const char* text;
    size_t count;
  } rows[] = {{"[1 2]", 1},      {"[1,,2]", 1}, {"[,1]", 0},  {"{1:2}", 0}, {"{\"a\" 1}", 0},
              {"{\"a\":1;}", 1}, {"[1}", 1},    {"[\"a]", 0}, {"[[1]", 1},  {"{\"a\":}", 0},
              {"{\"a\":1,}", 1}, {"[\"a\\", 0}, {"[[[[[[", 0}};
  for (const auto& row : rows) {
    CAPTURE(std::string(row.text));
    CHECK(children(row.text).size() == row.count);
  }
}

TEST_CASE("JsonWalk: finds what a whole parse finds") {
  const uint32_t seed = test_seed();
  CAPTURE(seed);
  RandomJson json(seed);
  size_t compared_count = 0;
  for (int round = 0; round < 2'000; ++round) {
    const std::string text = json.container();
    CAPTURE(std::string(text));
    const auto tree = JsonValue::parse(text);
    REQUIRE(tree.has_value());
    const Children found = children(text);
    REQUIRE(found.size() == tree->size());
    for (size_t i = 0; i < found.size(); ++i) {
      const auto child = JsonValue::parse(found[i].second);
      REQUIRE(child.has_value());
      CHECK(compact(*child) == compact(tree->is_array() ? tree->at(i) : tree->members()[i].second));
      ++compared_count;
    }
  }
  CHECK(compared_count > 500);
}

TEST_CASE("json_member: the first of its name, or nothing") {
  CHECK(json_member("{\"a\":1,\"b\":2,\"a\":3}", "a") == "1");
  CHECK(json_member("{\"a\":1}", "b").empty());
  CHECK(json_first_element("[ \"x\", 2]") == "\"x\"");
  CHECK(json_first_element("[]").empty());
  CHECK(json_first_element("{\"a\":1}").empty());
}

TEST_CASE("json_plain_string: only strings without escapes") {
  CHECK(json_plain_string("\"latest\"") == "latest");
  for (const char* lexeme : {"", "\"", "\"\"", "1", "null", "\"a\\n\"", "\"a", "{}"}) {
    CAPTURE(std::string(lexeme));
    CHECK(json_plain_string(lexeme).empty());
  }
}

TEST_CASE("json_first_byte: the first byte that is not white space, or none") {
  CHECK(json_first_byte(" \n{") == '{');
  CHECK(json_first_byte("7") == '7');
  CHECK(json_first_byte(" ") == '\0');
  CHECK(json_first_byte("") == '\0');
}

}  // namespace sidecar::testing
