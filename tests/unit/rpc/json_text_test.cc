#include "rpc/json_text.h"

#include <doctest/doctest.h>

#include "random_json.h"
#include "rpc/scanner.h"

namespace sidecar::testing {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("append_json_string: escapes what JSON does not allow raw") {
  using namespace std::string_literals;
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("plain text, longer than sixteen bytes") ==
        "\"plain text, longer than sixteen bytes\"");
  CHECK(quoted("a\"b\\c/d") == "\"a\\\"b\\\\c/d\"");
  CHECK(quoted("\b\f\n\r\t\0\x1f\x7f"s) == "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
  CHECK(quoted("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") ==
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

TEST_CASE("append_json_string: invalid UTF-8 becomes U+FFFD, whatever bytes come") {
  CHECK(quoted("a\xff\x62") == "\"a\xef\xbf\xbd\x62\"");
  CHECK(quoted("\xe2\x82") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  CHECK(quoted("\xed\xa0\x80").size() == 2 + 3 * 3);
  CHECK(quoted("\xc0\xaf").size() == 2 + 2 * 3);

  const uint32_t seed = test_seed();
  MESSAGE("RPCS_TEST_SEED=", seed);
  RandomJson random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random.below(24), ' ');
    for (char& byte : text) {
      byte = static_cast<char>(random.below(256));
    }
    JsonScanner scanner;
    REQUIRE(scanner.feed(quoted(text)).status == ScanStatus::kDone);
  }
}

TEST_CASE("unescape_json_string: undoes every escape") {
  CHECK(unescape_json_string("\"\"").empty());
  CHECK(unescape_json_string(R"("a\"\\\/\b\f\n\r\tz")") == "a\"\\/\b\f\n\r\tz");
  CHECK(unescape_json_string(R"("\u0041\u00e9\u20AC\ud83d\ude00")") ==
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(unescape_json_string(R"("\ud800\udc00\udbff\udfff\ud7ff\ue000")") ==
        "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80");
  CHECK(unescape_json_string(R"("\u0000")") == std::string(1, '\0'));
}

TEST_CASE("unescape_json_string: gives back what append_json_string wrote") {
  const std::string text = "a\"\\\n\x01\x7f\xc3\xa9\xf0\x9f\x98\x80 end";

  CHECK(unescape_json_string(quoted(text)) == text);
}

TEST_CASE("to_uint64: takes whole numbers that fit and nothing else") {
  CHECK(to_uint64("0") == 0);
  CHECK(to_uint64("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"18446744073709551616", "-1", "1.0", "1e3", "", "\"1\"", "null", "1 "}) {
    CAPTURE(text);
    CHECK_FALSE(to_uint64(text).has_value());
  }
}

TEST_CASE("to_int64: takes whole numbers that fit and nothing else") {
  CHECK(to_int64("-32000") == -32000);
  CHECK(to_int64("-9223372036854775808") == INT64_MIN);
  for (const char* text : {"9223372036854775808", "1.5", "1e3", "", "-", "\"1\""}) {
    CAPTURE(text);
    CHECK_FALSE(to_int64(text).has_value());
  }
}

TEST_CASE("append_decimal: writes any number") {
  std::string out;
  append_decimal(out, 0);
  append_decimal(out, UINT64_MAX);
  CHECK(out == "018446744073709551615");
}

TEST_CASE("skip_whitespace: knows the four and no others") {
  CHECK(skip_whitespace(" \t\r\nx") == 4);
  CHECK(skip_whitespace("\v") == 0);
  CHECK(skip_whitespace("a  ", 1) == 3);
  CHECK(skip_whitespace("") == 0);
}

}  // namespace sidecar::testing
