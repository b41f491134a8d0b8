#include "base/log_line.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

using log::Format;
using log::kv;
using log::Level;

std::string body(Format format, std::string_view value) {
  const std::array<log::Field, 1> fields{kv("v", value)};
  return log::line_body(format, Level::kInfo, "e", fields);
}

}  // namespace

TEST_CASE("log: values are bare where nothing in them could be mistaken, else in quotes") {
  struct Row {
    std::string value;
    std::string text;
    std::string json;
  };
  const std::vector<Row> rows{
      {"plain", "plain", R"("plain")"},
      {"", R"("")", R"("")"},
      {"two words", R"("two words")", R"("two words")"},
      {"a=b", R"("a=b")", R"("a=b")"},
      {"say \"hi\"", R"("say \"hi\"")", R"("say \"hi\"")"},
      {"back\\slash", R"("back\\slash")", R"("back\\slash")"},
      {"x\n2026-11-21 error forged=1", R"("x\n2026-11-21 error forged=1")",
       R"("x\n2026-11-21 error forged=1")"},
      {"\r\t", R"("\r\t")", R"("\r\t")"},
      {std::string("nul\0end", 7), R"("nul\x00end")", R"("nul\u0000end")"},
      {"\x1b[2J", R"("\x1b[2J")", R"("\u001b[2J")"},
      {"\x7f", R"("\x7f")", R"("\u007f")"},
      {"\xc2\x9b", R"("\x9b")", R"("\u009b")"},
      {"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"", "\"gr\xc3\xbc\xc3\x9f\""},
      {"\xf0\x9f\xa6\x80", "\"\xf0\x9f\xa6\x80\"", "\"\xf0\x9f\xa6\x80\""},
      {"bad\xff", R"("bad\xff")", R"("bad\ufffd")"},
      {"cut\xe2\x82", R"("cut\xe2\x82")", R"("cut\ufffd\ufffd")"},
      {"\xc0\x80", R"("\xc0\x80")", R"("\ufffd\ufffd")"},
      {"\xed\xa0\x80", R"("\xed\xa0\x80")", R"("\ufffd\ufffd\ufffd")"},
      {"\xf4\x90\x80\x80", R"("\xf4\x90\x80\x80")", R"("\ufffd\ufffd\ufffd\ufffd")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);

    CHECK(body(Format::kText, row.value) == "e v=" + row.text);
    CHECK(body(Format::kJournal, row.value) == "<6>e v=" + row.text);
    CHECK(body(Format::kJson, row.value) == R"("event":"e","v":)" + row.json);
  }
}

TEST_CASE("log: numbers and bools are JSON's own, and secrets are three stars") {
  const std::array<log::Field, 4> fields{kv("count", 7u), kv("is_on", true), kv("cold", -3),
                                         kv("key", Secret("hunter2"))};

  CHECK(log::line_body(Format::kJson, Level::kInfo, "e", fields) ==
        R"("event":"e","count":7,"is_on":true,"cold":-3,"key":"***")");
  CHECK(log::line_body(Format::kText, Level::kInfo, "e", fields) ==
        "e count=7 is_on=true cold=-3 key=***");
}

TEST_CASE("log: the journal's priorities follow the level") {
  CHECK(log::line_body(Format::kJournal, Level::kDebug, "e", {}) == "<7>e");
  CHECK(log::line_body(Format::kJournal, Level::kInfo, "e", {}) == "<6>e");
  CHECK(log::line_body(Format::kJournal, Level::kWarn, "e", {}) == "<4>e");
  CHECK(log::line_body(Format::kJournal, Level::kError, "e", {}) == "<3>e");
}

TEST_CASE("log: standard error is the journal when device and inode are the ones named") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  struct stat own {};
  REQUIRE(::fstat(ends[1], &own) == 0);
  const std::string named = std::to_string(own.st_dev) + ":" + std::to_string(own.st_ino);
  const std::string other = std::to_string(own.st_dev) + ":" + std::to_string(own.st_ino + 1);

  CHECK(log::is_journal(named.c_str(), ends[1]));
  CHECK_FALSE(log::is_journal(other.c_str(), ends[1]));
  CHECK_FALSE(log::is_journal(nullptr, ends[1]));
  CHECK_FALSE(log::is_journal("", ends[1]));
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK_FALSE(log::is_journal(named.c_str(), -1));
}

TEST_CASE("log: unknown names of levels and formats are refused and change nothing") {
  const std::string before(log::level_name());

  CHECK_FALSE(log::set_level("loud").ok());
  CHECK_FALSE(log::set_format("xml").ok());

  CHECK(log::level_name() == before);
  REQUIRE(log::set_level("error").ok());
  CHECK(log::level_name() == "error");
  CHECK_FALSE(log::is_on(Level::kWarn));
  REQUIRE(log::set_level(before).ok());
}

}  // namespace sidecar::testing
