#include "rpc/json_writer.h"

#include <doctest/doctest.h>

#include "rpc/json_value.h"

namespace sidecar::testing {

TEST_CASE("JsonWriter: puts commas where they belong") {
  std::string out = "head ";
  JsonWriter writer(out);

  writer.begin_object()
      .key("a")
      .begin_array()
      .number(1)
      .begin_array()
      .end_array()
      .begin_object()
      .end_object()
      .signed_number(-2)
      .end_array()
      .key("b\"")
      .string("x\n")
      .key("c")
      .boolean(false)
      .key("d")
      .null()
      .key("e")
      .raw("1.50")
      .end_object();

  CHECK(out == R"(head {"a":[1,[],{},-2],"b\"":"x\n","c":false,"d":null,"e":1.50})");
}

TEST_CASE("JsonWriter: a lone value has no comma") {
  std::string out;
  JsonWriter(out).number(UINT64_MAX);
  CHECK(out == "18446744073709551615");
}

TEST_CASE("JsonWriter: what it writes can be read") {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  for (int i = 0; i < 3; ++i) {
    writer.begin_object().key("i").signed_number(-i).key("t").string("\xff").end_object();
  }
  writer.end_array();

  const auto value = JsonValue::parse(out);

  REQUIRE(value.has_value());
  CHECK(value->at(2)["i"].as_int64() == -2);
  CHECK(value->at(0)["t"].as_string() == "\xef\xbf\xbd");
}

}  // namespace sidecar::testing
