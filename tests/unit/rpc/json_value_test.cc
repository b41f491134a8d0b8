#include "rpc/json_value.h"

#include <doctest/doctest.h>

#include <string>

#include "random_json.h"

namespace sidecar::testing {

TEST_CASE("JsonValue: reads members and elements by type") {
  const auto value = JsonValue::parse(
      R"({"name":"a\u00e9","on":true,"n":18446744073709551615,"i":-5,"d":1.10,"none":null,)"
      R"("list":[1,"two",{"x":3}]})");

  REQUIRE(value.has_value());
  const JsonValue& root = *value;
  CHECK(root.is_object());
  CHECK(root.size() == 7);
  CHECK(root["name"].as_string() == "a\xc3\xa9");
  CHECK(root["on"].as_bool() == true);
  CHECK(root["n"].as_uint64() == UINT64_MAX);
  CHECK(root["i"].as_int64() == -5);
  CHECK(root["d"].as_double() == 1.10);
  CHECK(root["d"].number_text() == "1.10");
  CHECK(root["none"].is_null());
  CHECK(root.has("none"));
  CHECK(root["list"].is_array());
  CHECK(root["list"].size() == 3);
  CHECK(root["list"].at(1).as_string() == "two");
  CHECK(root["list"].at(2)["x"].as_uint64() == 3);
  CHECK(root.members()[0].first == "name");
  CHECK(root["list"].items()[0].kind() == JsonKind::kNumber);
}

TEST_CASE("JsonValue: what is not there reads as null, at any depth") {
  const JsonValue root = *JsonValue::parse(R"({"a":[1]})");

  CHECK(root["b"].is_null());
  CHECK_FALSE(root.has("b"));
  CHECK(root["b"]["c"].at(7)["d"].is_null());
  CHECK(root["a"].at(1).is_null());
  CHECK(root["a"]["x"].is_null());
  CHECK(root.at(0).is_null());
  CHECK(root["a"].at(0).at(0).is_null());
  CHECK(JsonValue().is_null());
}

TEST_CASE("JsonValue: a read of another type gives nothing") {
  const JsonValue root = *JsonValue::parse(R"(["1",1,1.5,true,null,-1])");

  CHECK_FALSE(root.at(0).as_uint64().has_value());
  CHECK_FALSE(root.at(0).as_double().has_value());
  CHECK_FALSE(root.at(1).as_string().has_value());
  CHECK_FALSE(root.at(1).as_bool().has_value());
  CHECK_FALSE(root.at(2).as_uint64().has_value());
  CHECK_FALSE(root.at(3).as_uint64().has_value());
  CHECK_FALSE(root.at(4).as_bool().has_value());
  CHECK_FALSE(root.at(5).as_uint64().has_value());
  CHECK(root.at(0).number_text().empty());
}

TEST_CASE("JsonValue: of a repeated key the first counts") {
  CHECK((*JsonValue::parse(R"({"a":1,"a":2})"))["a"].as_uint64() == 1);
}

TEST_CASE("JsonValue: refuses what is no JSON, and says where") {
  const struct {
    std::string text;
    size_t offset;
  } rows[] = {
      {"", 0},
      {"{\"a\":}", 5},
      {"{} x", 3},
      {"[1]]", 3},
      {"\xef\xbb\xbf{}", 0},
      {"[\"\\udc00\"]", 7},
      {std::string(257, '[') + std::string(257, ']'), 256},
      {std::string("[]\0", 3), 2},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    size_t offset = 999;
    CHECK_FALSE(JsonValue::parse(row.text, &offset).has_value());
    CHECK(offset == row.offset);
  }
  CHECK_FALSE(JsonValue::parse("[1e400]").has_value());
}

TEST_CASE("JsonValue: scalars stand at the top too") {
  CHECK(JsonValue::parse(" 12 ")->as_uint64() == 12);
  CHECK(JsonValue::parse("\"x\"")->as_string() == "x");
  CHECK(JsonValue::parse("null")->is_null());
}

TEST_CASE("JsonValue: writes what it read, numbers and order untouched") {
  const std::string text =
      R"({"z":1.10,"a":[18446744073709551615,-0,1E5],"s":"\"\\\n","e":{},"l":[],"t":true})";
  std::string out;

  JsonValue::parse(text)->write(out);

  CHECK(out == text);
}

TEST_CASE("JsonValue: random documents written and read again are the same") {
  const uint32_t seed = test_seed();
  MESSAGE("RPCS_TEST_SEED=", seed);
  RandomJson random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string once;
    std::string twice;
    JsonValue::parse(random.document())->write(once);
    JsonValue::parse(once)->write(twice);
    REQUIRE(once == twice);
  }
}

}  // namespace sidecar::testing
