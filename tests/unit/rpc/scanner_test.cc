#include "rpc/scanner.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sidecar::testing {
namespace {

using namespace std::string_literals;

struct Scan {
  ScanStatus status;
  ScanError error;
  uint64_t offset;
};

Scan scan(std::string_view text, JsonScanner& scanner) {
  scanner.feed(text);
  const ScanStatus status = scanner.finish();
  return {status, scanner.error(), scanner.offset()};
}

Scan scan(std::string_view text) {
  JsonScanner scanner;
  return scan(text, scanner);
}

std::string_view slice(const JsonScanner& scanner, MemberKey key, std::string_view text) {
  const JsonSpan& span = scanner.member(key);
  return span.is_complete() ? span.slice(text) : std::string_view("(none)");
}

const std::vector<MemberKey> kAllKeys = {
    MemberKey::kJsonrpc, MemberKey::kId,         MemberKey::kMethod,   MemberKey::kParams,
    MemberKey::kResult,  MemberKey::kError,      MemberKey::kCode,     MemberKey::kMessage,
    MemberKey::kData,    MemberKey::kDeadlineMs, MemberKey::kProvider, MemberKey::kExplain,
};

}  // namespace

TEST_CASE("JsonScanner: accepts every form of RFC 8259") {
  const std::string texts[] = {
      "{}",
      "[]",
      " \t\r\n[ ] ",
      "null",
      "true",
      "false",
      "0",
      "-0",
      "-0.0e-0",
      "1E+400",
      "123456789012345678901234567890",
      "\"\"",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD834\\udd1e\"",
      "\"\x7f\"",
      "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
      "{\"\":{\"\":[[],{}]},\"\":0}",
      "[1,-2.5,3e7,\"x\",null,true,false,{\"a\":[{}]}]",
      "{\"0123456789abcdef0123456789abcdef\":\"0123456789abcde\"}",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    const Scan result = scan(text);
    CHECK(result.status == ScanStatus::kDone);
    CHECK(result.error == ScanError::kNone);
  }
}

TEST_CASE("JsonScanner: names the fault and the byte") {
  const struct {
    std::string text;
    ScanError error;
    uint64_t offset;
  } rows[] = {
      {"", ScanError::kTruncated, 0},
      {"  ", ScanError::kTruncated, 2},
      {"\xef\xbb\xbf{}", ScanError::kSyntax, 0},
      {"\0{}"s, ScanError::kSyntax, 0},
      {"{\"a\":1,\0}"s, ScanError::kSyntax, 7},
      {"}", ScanError::kSyntax, 0},
      {"]", ScanError::kSyntax, 0},
      {",", ScanError::kSyntax, 0},
      {"{,}", ScanError::kSyntax, 1},
      {"{\"a\"}", ScanError::kSyntax, 4},
      {"{\"a\",1}", ScanError::kSyntax, 4},
      {"{\"a\"::1}", ScanError::kSyntax, 5},
      {"{\"a\":}", ScanError::kSyntax, 5},
      {"{\"a\":1,}", ScanError::kSyntax, 7},
      {"{\"a\":1 \"b\":2}", ScanError::kSyntax, 7},
      {"{1:2}", ScanError::kSyntax, 1},
      {"{'a':1}", ScanError::kSyntax, 1},
      {"[1,]", ScanError::kSyntax, 3},
      {"[,1]", ScanError::kSyntax, 1},
      {"[1 2]", ScanError::kSyntax, 3},
      {"[1}", ScanError::kSyntax, 2},
      {"{\"a\":1]", ScanError::kSyntax, 6},
      {"[1:2]", ScanError::kSyntax, 2},
      {"// x", ScanError::kSyntax, 0},
      {"[NaN]", ScanError::kSyntax, 1},
      {"[nil]", ScanError::kSyntax, 2},
      {"[True]", ScanError::kSyntax, 1},
      {"[trux]", ScanError::kSyntax, 4},
      {"[+1]", ScanError::kSyntax, 1},
      {"[01]", ScanError::kSyntax, 2},
      {"[.5]", ScanError::kSyntax, 1},
      {"[-]", ScanError::kBadNumber, 2},
      {"[-a]", ScanError::kBadNumber, 2},
      {"[1.]", ScanError::kBadNumber, 3},
      {"[1.e5]", ScanError::kBadNumber, 3},
      {"[1e]", ScanError::kBadNumber, 3},
      {"[1e+]", ScanError::kBadNumber, 4},
      {"[1.5.5]", ScanError::kSyntax, 4},
      {"[1e5.5]", ScanError::kSyntax, 4},
      {"[0x10]", ScanError::kSyntax, 2},
      {"[\"\n\"]", ScanError::kControlCharacter, 2},
      {"[\"\0\"]"s, ScanError::kControlCharacter, 2},
      {"[\"0123456789abcdef\x1f\"]", ScanError::kControlCharacter, 18},
      {"[\"\x1f" + std::string(40, 'x') + "\"]", ScanError::kControlCharacter, 2},
      {"[\"\\x\"]", ScanError::kBadEscape, 3},
      {"[\"\\u12g4\"]", ScanError::kBadEscape, 6},
      {"[\"\\u12\"]", ScanError::kBadEscape, 6},
      {"[\"\\ud800\"]", ScanError::kLoneSurrogate, 8},
      {"[\"\\ud800x\"]", ScanError::kLoneSurrogate, 8},
      {"[\"\\ud800\\n\"]", ScanError::kLoneSurrogate, 9},
      {"[\"\\ud800\\u0041\"]", ScanError::kLoneSurrogate, 13},
      {"[\"\\ud800\\ud800\"]", ScanError::kLoneSurrogate, 13},
      {"[\"\\udc00\"]", ScanError::kLoneSurrogate, 7},
      {"[\"\x80\"]", ScanError::kBadUtf8, 2},
      {"[\"\xc0\xaf\"]", ScanError::kBadUtf8, 2},
      {"[\"\xc3\"]", ScanError::kBadUtf8, 3},
      {"[\"\xc3x\"]", ScanError::kBadUtf8, 3},
      {"[\"\xe0\x80\x80\"]", ScanError::kBadUtf8, 3},
      {"[\"\xed\xa0\x80\"]", ScanError::kBadUtf8, 3},
      {"[\"\xe2\x82\"]", ScanError::kBadUtf8, 4},
      {"[\"\xf0\x80\x80\x80\"]", ScanError::kBadUtf8, 3},
      {"[\"\xf4\x90\x80\x80\"]", ScanError::kBadUtf8, 3},
      {"[\"\xf5\x80\x80\x80\"]", ScanError::kBadUtf8, 2},
      {"[\xc3\xa9]", ScanError::kSyntax, 1},
      {"{\"a\":1", ScanError::kTruncated, 6},
      {"[\"abc", ScanError::kTruncated, 5},
      {"tru", ScanError::kTruncated, 3},
      {"-", ScanError::kTruncated, 1},
      {"1.", ScanError::kTruncated, 2},
      {"1e+", ScanError::kTruncated, 3},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Scan result = scan(row.text);
    CHECK(result.status == ScanStatus::kError);
    CHECK(result.error == row.error);
    CHECK(result.offset == row.offset);
  }
}

TEST_CASE("JsonScanner: has a sentence for every fault") {
  for (int error = 0; error <= static_cast<int>(ScanError::kTruncated); ++error) {
    CHECK(scan_error_text(static_cast<ScanError>(error)).size() > 4);
  }
}

TEST_CASE("JsonScanner: tells kinds by a value's first byte") {
  CHECK(kind_of('{') == JsonKind::kObject);
  CHECK(kind_of('[') == JsonKind::kArray);
  CHECK(kind_of('"') == JsonKind::kString);
  CHECK(kind_of('t') == JsonKind::kBool);
  CHECK(kind_of('f') == JsonKind::kBool);
  CHECK(kind_of('n') == JsonKind::kNull);
  CHECK(kind_of('-') == JsonKind::kNumber);
  CHECK(kind_of('7') == JsonKind::kNumber);
}

TEST_CASE("JsonScanner: reports the outermost object's known members, and only those") {
  const std::string text =
      " {\"id\" : \"a\\\"\" , \"other\":{\"id\":5,\"result\":[]}, \"params\":[1,{\"method\":2}],"
      "\"method\":\"m\",\"jsonrpc\":\"2.0\",\"result\":-1.50 ,\"error\":{\"code\":1},"
      "\"deadline_ms\":9,\"code\":-1,\"message\":\"t\",\"data\":null,"
      "\"provider\":\"p\",\"explain\":true} ";
  JsonScanner scanner;

  REQUIRE(scan(text, scanner).status == ScanStatus::kDone);

  CHECK(slice(scanner, MemberKey::kId, text) == "\"a\\\"\"");
  CHECK(slice(scanner, MemberKey::kParams, text) == "[1,{\"method\":2}]");
  CHECK(slice(scanner, MemberKey::kMethod, text) == "\"m\"");
  CHECK(slice(scanner, MemberKey::kJsonrpc, text) == "\"2.0\"");
  CHECK(slice(scanner, MemberKey::kResult, text) == "-1.50");
  CHECK(slice(scanner, MemberKey::kError, text) == "{\"code\":1}");
  CHECK(slice(scanner, MemberKey::kDeadlineMs, text) == "9");
  CHECK(slice(scanner, MemberKey::kCode, text) == "-1");
  CHECK(slice(scanner, MemberKey::kMessage, text) == "\"t\"");
  CHECK(slice(scanner, MemberKey::kData, text) == "null");
  CHECK(slice(scanner, MemberKey::kProvider, text) == "\"p\"");
  CHECK(slice(scanner, MemberKey::kExplain, text) == "true");
  CHECK(scanner.member(MemberKey::kError).kind() == JsonKind::kObject);
  CHECK(scanner.root().slice(text) == text.substr(1, text.size() - 2));
  CHECK(scanner.child_count() == 13);
}

TEST_CASE("JsonScanner: knows a key through its escapes") {
  const std::string text =
      "{\"\\u0069\\u0064\":1,\"\\u0064\\u0065\\u0061\\u0064\\u006c\\u0069\\u006e\\u0065\\u005f"
      "\\u006d\\u0073\":2,\"id\\u0020\":3,\"\\u0000id\":4}";
  JsonScanner scanner;

  REQUIRE(scan(text, scanner).status == ScanStatus::kDone);

  CHECK(slice(scanner, MemberKey::kId, text) == "1");
  CHECK(slice(scanner, MemberKey::kDeadlineMs, text) == "2");
  CHECK_FALSE(scanner.is_duplicate(MemberKey::kId));
}

TEST_CASE("JsonScanner: flags a repeated known member and keeps the first") {
  const std::string text = "{\"id\":1,\"x\":0,\"x\":0,\"i\\u0064\":[2],\"result\":3}";
  JsonScanner scanner;

  REQUIRE(scan(text, scanner).status == ScanStatus::kDone);

  CHECK(scanner.is_duplicate(MemberKey::kId));
  CHECK_FALSE(scanner.is_duplicate(MemberKey::kResult));
  CHECK(slice(scanner, MemberKey::kId, text) == "1");
  CHECK(scanner.id_lexeme() == "1");
  CHECK(slice(scanner, MemberKey::kResult, text) == "3");
}

TEST_CASE("JsonScanner: says where the result begins before it is complete") {
  JsonScanner scanner;

  scanner.feed("{\"id\":7,\"result\":");
  CHECK_FALSE(scanner.member(MemberKey::kResult).is_present());
  scanner.feed(" ");
  CHECK_FALSE(scanner.member(MemberKey::kResult).is_present());
  scanner.feed("[1");
  CHECK(scanner.member(MemberKey::kResult).begin == 18);
  CHECK_FALSE(scanner.member(MemberKey::kResult).is_complete());
  scanner.feed("]");
  CHECK(scanner.member(MemberKey::kResult).end == 21);
  CHECK(scanner.status() == ScanStatus::kNeedMore);
  scanner.feed("}");
  CHECK(scanner.status() == ScanStatus::kDone);
}

TEST_CASE("JsonScanner: a number ends only at what follows it") {
  JsonScanner scanner;

  scanner.feed("{\"result\":12");
  CHECK_FALSE(scanner.member(MemberKey::kResult).is_complete());
  scanner.feed("3");
  scanner.feed("}");
  CHECK(scanner.member(MemberKey::kResult).end == 13);

  JsonScanner bare;
  CHECK(bare.feed("12").status == ScanStatus::kNeedMore);
  CHECK(bare.feed("3").status == ScanStatus::kNeedMore);
  CHECK(bare.finish() == ScanStatus::kDone);
  CHECK(bare.root().end == 3);
}

TEST_CASE("JsonScanner: stops at the text's last byte") {
  JsonScanner scanner;

  const JsonScanner::Step step = scanner.feed(" {\"a\":1}{\"b\":2}");

  CHECK(step.status == ScanStatus::kDone);
  CHECK(step.consumed == 8);
  CHECK(scanner.feed("{}").consumed == 0);
  scanner.reset();
  CHECK(scanner.feed("{\"b\":2}").status == ScanStatus::kDone);
  CHECK(scanner.offset() == 7);
}

TEST_CASE("JsonScanner: keeps the id's bytes when its chunk is gone") {
  const struct {
    std::string id;
    std::string kept;
  } rows[] = {
      {"12345", "12345"},
      {"\"f81d4fae-7dec\"", "\"f81d4fae-7dec\""},
      {"null", "null"},
      {"1.0e0", "1.0e0"},
      {"\"012345678901234567890123456789\"", "\"012345678901234567890123456789\""},
      {"\"0123456789012345678901234567890\"", ""},
      {std::string(1000, '7'), ""},
  };
  for (const auto& row : rows) {
    const std::string text = "{\"result\":0,\"id\":" + row.id + " }";
    for (size_t split = 0; split <= text.size(); ++split) {
      JsonScanner scanner;
      scanner.feed(std::string(text, 0, split));
      scanner.feed(std::string(text, split));
      REQUIRE(scanner.status() == ScanStatus::kDone);
      CHECK(scanner.id_lexeme() == row.kept);
      CHECK(slice(scanner, MemberKey::kId, text) == row.id);
    }
  }
}

TEST_CASE("JsonScanner: every split into three gives what one piece gives") {
  const std::string texts[] = {
      "{\"jsonrpc\":\"2.0\",\"id\":\"\\u00e9\xc3\xa9\",\"\\u0072esult\":[-1.5e+3,0.25,0,true,null,"
      "false],\"data\":\"\\ud83d\\ude00\xf0\x9f\x98\x80\\n\"}",
      " [ {\"a\" : [ ] } , \"0123456789abcdef0123456789\" , 10 ] ",
      "{\"id\":1,\"result\":\"\\ud800\"}",
      "{\"id\":1,\"id\":2,\"method\":3,\"x\":{\"id\":{}}}",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    JsonScanner whole({.elements_max = 8});
    const Scan expected = scan(text, whole);
    for (size_t first = 0; first <= text.size(); ++first) {
      for (size_t second = first; second <= text.size(); ++second) {
        JsonScanner scanner({.elements_max = 8});
        scanner.feed(std::string(text, 0, first));
        scanner.feed(std::string(text, first, second - first));
        const Scan result = scan(std::string(text, second), scanner);
        REQUIRE(result.status == expected.status);
        REQUIRE(result.error == expected.error);
        REQUIRE(result.offset == expected.offset);
        for (const MemberKey key : kAllKeys) {
          REQUIRE(scanner.member(key).begin == whole.member(key).begin);
          REQUIRE(scanner.member(key).end == whole.member(key).end);
          REQUIRE(scanner.is_duplicate(key) == whole.is_duplicate(key));
        }
        REQUIRE(scanner.id_lexeme() == whole.id_lexeme());
        REQUIRE(scanner.elements().size() == whole.elements().size());
      }
    }
  }
}

TEST_CASE("JsonScanner: counts elements past the spans it keeps") {
  const std::string text = "[ {\"id\":1} , 2,[3], \"4\"]";
  JsonScanner scanner({.elements_max = 3});

  REQUIRE(scan(text, scanner).status == ScanStatus::kDone);

  CHECK(scanner.child_count() == 4);
  REQUIRE(scanner.elements().size() == 3);
  CHECK(scanner.elements()[0].slice(text) == "{\"id\":1}");
  CHECK(scanner.elements()[1].slice(text) == "2");
  CHECK(scanner.elements()[2].slice(text) == "[3]");
  CHECK_FALSE(scanner.member(MemberKey::kId).is_present());
}

TEST_CASE("JsonScanner: A38 nesting past the cap is refused at the bracket that goes too far") {
  const auto nested = [](size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };

  CHECK(scan(nested(256)).status == ScanStatus::kDone);
  CHECK(scan(nested(257)).error == ScanError::kTooDeep);
  CHECK(scan(nested(257)).offset == 256);
  CHECK(scan(std::string(1'000'000, '[')).error == ScanError::kTooDeep);
  JsonScanner shallow({.depth_max = 1});
  CHECK(scan("[{}]", shallow).error == ScanError::kTooDeep);
  JsonScanner deepest({.depth_max = UINT16_MAX});
  CHECK(scan(nested(JsonScanner::kDepthLimit), deepest).status == ScanStatus::kDone);
  deepest.reset();
  CHECK(scan(nested(JsonScanner::kDepthLimit + 1), deepest).error == ScanError::kTooDeep);
}

TEST_CASE("JsonScanner: remembers which container each of many levels is") {
  std::string opening;
  std::string closing;
  for (int i = 0; i < 100; ++i) {
    const bool is_object = i % 3 != 0;
    opening += is_object ? "{\"k\":" : "[";
    closing.insert(0, is_object ? "}" : "]");
  }
  CHECK(scan(opening + "0" + closing).status == ScanStatus::kDone);

  std::string wrong = closing;
  wrong[70] = wrong[70] == '}' ? ']' : '}';
  CHECK(scan(opening + "0" + wrong).error == ScanError::kSyntax);
}

TEST_CASE("JsonScanner: A38 a number of a million digits and a long string cost no memory") {
  const std::string digits(1'000'000, '7');

  CHECK(scan("{\"result\":" + digits + "}").status == ScanStatus::kDone);
  CHECK(scan("{\"result\":\"" + digits + "\"}").status == ScanStatus::kDone);
  CHECK(scan("{\"" + digits + "\":0}").status == ScanStatus::kDone);
  CHECK(scan("{\"id\":" + digits + "}").status == ScanStatus::kDone);
}

}  // namespace sidecar::testing
