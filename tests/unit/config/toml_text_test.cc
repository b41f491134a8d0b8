#include "config/toml_text.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {
namespace {

using namespace std::string_view_literals;

TEST_CASE("quoted: escapes what a TOML string may not hold as it is") {
  CHECK(quoted("/run/rpc.sock") == "\"/run/rpc.sock\"");
  CHECK(quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(quoted("a\nb\0c\x7f"sv) == "\"a\\u000ab\\u0000c\\u007f\"");
  CHECK(quoted("é€😀") == "\"é€😀\"");
  CHECK(quoted("a\xff\xc3") == "\"a\\u00ff\\u00c3\"");
}

TEST_CASE("toml_key: quotes what is no bare key") {
  CHECK(toml_key("X-Api_Key1") == "X-Api_Key1");
  CHECK(toml_key("x.y") == "\"x.y\"");
  CHECK(toml_key("") == "\"\"");
}

TEST_CASE("printable: shortens between characters and says so") {
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("abcd", 3) == "abc...");
  CHECK(printable("ab€", 3) == "ab...");
  CHECK(printable("\x1b[31m") == "\\u001b[31m");
}

TEST_CASE("is_utf8: follows RFC 3629") {
  for (const std::string_view text :
       {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text.size());
    CHECK(is_utf8(text));
  }
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe0\xa0",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff", "abc\xe2\x82"}) {
    CAPTURE(quoted(text));
    CHECK_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace sidecar::testing
