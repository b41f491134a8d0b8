#include "rpc/compact.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "random_json.h"
#include "rpc/json_value.h"

namespace sidecar::testing {
namespace {

std::string compact(std::string_view text) {
  std::string out;
  append_compact(out, text);
  return out;
}

std::string compact_in_pieces(std::string_view text, size_t size) {
  CompactWriter writer;
  std::string out;
  for (size_t at = 0; at < text.size(); at += size) {
    const std::string piece(text.substr(at, size));
    writer.write(piece, out);
  }
  return out;
}

/// The value behind a text in one form, to compare values by.
std::string value_of(std::string_view text) {
  std::string out;
  const auto value = JsonValue::parse(text);
  REQUIRE(value.has_value());
  value->write(out);
  return out;
}

/// The messages that a reader finds who counts braces over all bytes, as viem's IPC client does.
std::vector<std::string> count_braces(std::string_view bytes) {
  std::vector<std::string> messages;
  size_t begin = 0;
  int level = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    level += bytes[i] == '{' ? 1 : bytes[i] == '}' ? -1 : 0;
    if (level == 0) {
      const std::string_view message = bytes.substr(begin, i + 1 - begin);
      if (message.front() == '{' && message.back() == '}') {
        messages.emplace_back(message);
      }
      begin = i + 1;
    }
  }
  return messages;
}

}  // namespace

TEST_CASE("CompactWriter: what is compact already stays byte for byte") {
  for (const char* text : {
           R"({"jsonrpc":"2.0","id":1,"result":"0x1"})",
           R"([1,-2.50,1e+9,18446744073709551615,null,true,false,"",{},[]])",
           R"({"z":1,"a":1,"a":2,"\u0061\n\/":"\"\\\u007b"})",
           R"({"a":"balanced {\"x\":{}} braces, {} and {{}}"})",
       }) {
    CHECK(compact(text) == text);
  }
}

TEST_CASE("CompactWriter: white space goes outside strings and stays inside") {
  CHECK(compact(" {\r\n\t\"a b\" : [ 1 , \" x \\n \" ] ,\n\"c\":{ } }\n") ==
        R"({"a b":[1," x \n "],"c":{}})");
  CHECK(compact(" 1 ") == "1");
  CHECK(compact("  \n").empty());
}

TEST_CASE("CompactWriter: other characters than ASCII become escapes") {
  CHECK(compact("[\"\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\x7f\"]") ==
        "[\"\\u00e9\\u20ac\\uffff\\ud83d\\ude00\\udbff\\udfff\x7f\"]");
}

TEST_CASE("CompactWriter: braces are escaped in strings where they do not balance, only there") {
  const struct {
    const char* text;
    const char* expected;
  } rows[] = {
      {R"(["{"])", R"(["\u007b"])"},
      {R"(["}"])", R"(["\u007d"])"},
      {R"(["}{"])", R"(["\u007d\u007b"])"},
      {R"(["{}}{"])", R"(["\u007b\u007d\u007d\u007b"])"},
      {R"(["a{b{c}d"])", R"(["a\u007bb\u007bc\u007dd"])"},
      {R"(["{}"])", R"(["{}"])"},
      {R"(["{\"}\""])", R"(["{\"}\""])"},
      {R"(["{\\"])", R"(["\u007b\\"])"},
      {R"({"{":"}"})", R"({"\u007b":"\u007d"})"},
      {R"(["{","{}","}"])", R"(["\u007b","{}","\u007d"])"},
      {"[\"{\xc3\xa9\"]", R"(["\u007b\u00e9"])"},
      {"[\"{\xc3\xa9}\"]", R"(["{\u00e9}"])"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(compact(row.text) == row.expected);
  }
}

TEST_CASE("CompactWriter: the window decides long strings, not the split") {
  const size_t window = CompactWriter::kBraceWindow;
  const std::string fits = "{" + std::string(window - 3, 'x') + "}";  // and the quote
  const std::string over = "{" + std::string(window - 2, 'x') + "}";

  for (const size_t size : {size_t{1}, size_t{1000}, size_t{4096}, size_t{100'000}}) {
    CAPTURE(size);
    CHECK(compact_in_pieces("[\"" + fits + "\"]", size) == "[\"" + fits + "\"]");
    CHECK(compact_in_pieces("[\"" + over + "\"]", size) ==
          "[\"\\u007b" + over.substr(1, over.size() - 2) + "\\u007d\"]");
  }
  const std::string far = std::string(3 * window, 'x') + "{}";
  CHECK(compact_in_pieces("[\"" + far + "\"]", 777) == "[\"" + far + "\"]");
}

TEST_CASE("CompactWriter: every split gives the same bytes") {
  const std::string text =
      " {\"a\" : \"\xf0\x9f\x98\x80 {}} \\\" \\u007b\", \"b{\" :[ 1.50 , \"{\\\\}\" "
      ",\"}\xc3\xa9\"]}";
  const std::string expected = compact(text);
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      CompactWriter writer;
      std::string out;
      writer.write(text.substr(0, first), out);
      writer.write(text.substr(first, second - first), out);
      writer.write(text.substr(second), out);
      REQUIRE(out == expected);
    }
  }
}

TEST_CASE("CompactWriter: reset forgets a text that broke off") {
  CompactWriter writer;
  std::string out;
  writer.write("[\"abc {", out);
  writer.reset();
  out.clear();

  writer.write("[ 1 ]", out);

  CHECK(out == "[1]");
}

TEST_CASE("CompactWriter: a reader who counts braces finds every message") {
  const std::vector<std::string> texts = {
      R"({"id":1,"error":{"code":3,"message":"reverted: }"}})",
      R"({"id":2,"result":"{{{"})",
      R"({"id":3,"result":["{}", "a}b{c", {"}":"{"}]})",
      R"({"id":4,"result":"fine"})",
  };
  std::string wire;
  for (const std::string& text : texts) {
    append_compact(wire, text);
    wire += '\n';
  }

  const std::vector<std::string> found = count_braces(wire);

  REQUIRE(found.size() == texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    CHECK(value_of(found[i]) == value_of(texts[i]));
  }
}

TEST_CASE("CompactWriter: random texts keep their value, on one ASCII line") {
  const uint32_t seed = test_seed();
  MESSAGE("RPCS_TEST_SEED=", seed);
  RandomJson random(seed);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random.container();
    CAPTURE(text);
    const std::string out = compact_in_pieces(text, 1 + random.below(text.size()));
    REQUIRE(out == compact(text));
    REQUIRE(value_of(out) == value_of(text));
    REQUIRE(std::all_of(out.begin(), out.end(),
                        [](char byte) { return static_cast<signed char>(byte) >= ' '; }));
    const std::string message = "{\"result\":" + out + "}";
    REQUIRE(count_braces(message + "\n") == std::vector<std::string>{message});
  }
}

}  // namespace sidecar::testing
