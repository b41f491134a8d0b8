#include "config/quantity.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::testing {
namespace {

struct BytesCase {
  std::string_view text;
  std::optional<uint64_t> bytes;
};

TEST_CASE("Quantity: sizes are whole numbers of B, KiB, MiB or GiB") {
  const std::vector<BytesCase> cases = {
      {"0B", 0},
      {"1B", 1},
      {"64KiB", 64u << 10},
      {"64MiB", 64u << 20},
      {"4GiB", uint64_t{4} << 30},
      {"8589934591GiB", uint64_t{8589934591} << 30},
      {"8589934592GiB", std::nullopt},
      {"99999999999999999999B", std::nullopt},
      {"", std::nullopt},
      {"64", std::nullopt},
      {"MiB", std::nullopt},
      {"64MB", std::nullopt},
      {"64mib", std::nullopt},
      {"64 MiB", std::nullopt},
      {" 64MiB", std::nullopt},
      {"64MiB ", std::nullopt},
      {"-1B", std::nullopt},
      {"+1B", std::nullopt},
      {"1.5MiB", std::nullopt},
      {"0x10B", std::nullopt},
  };

  for (const BytesCase& row : cases) {
    CAPTURE(row.text);
    CHECK(parse_bytes(row.text) == row.bytes);
  }
}

struct DurationCase {
  std::string_view text;
  std::optional<int64_t> millis;
};

TEST_CASE("Quantity: durations are whole numbers of ms, s, m or h") {
  const std::vector<DurationCase> cases = {
      {"0ms", 0},
      {"250ms", 250},
      {"5s", 5'000},
      {"2m", 120'000},
      {"24h", 86'400'000},
      {"2562047788015h", 9'223'372'036'854'000'000},
      {"2562047788016h", std::nullopt},
      {"", std::nullopt},
      {"5", std::nullopt},
      {"s", std::nullopt},
      {"5 s", std::nullopt},
      {"5S", std::nullopt},
      {"1m30s", std::nullopt},
      {"1.5s", std::nullopt},
      {"-5s", std::nullopt},
      {"5d", std::nullopt},
  };

  for (const DurationCase& row : cases) {
    CAPTURE(row.text);
    const auto duration = parse_duration(row.text);
    CHECK(duration.has_value() == row.millis.has_value());
    CHECK(duration.value_or(Millis(-1)).count() == row.millis.value_or(-1));
  }
}

TEST_CASE("Quantity: modes are three or four octal digits") {
  CHECK(parse_mode("0660") == 0660u);
  CHECK(parse_mode("600") == 0600u);
  CHECK(parse_mode("7777") == 07777u);
  for (const std::string_view text : {"", "66", "00660", "0680", "0x60", "rw-rw----", " 660"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_mode(text));
  }
}

TEST_CASE("Quantity: numbers are digits only") {
  CHECK(parse_number("0") == 0u);
  CHECK(parse_number("18446744073709551615") == UINT64_MAX);
  for (const std::string_view text : {"", "18446744073709551616", "-1", "+1", "1 ", "0x1", "1e3"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
}

TEST_CASE("Quantity: values print in the largest unit that leaves no remainder") {
  CHECK(format_bytes(0) == "0B");
  CHECK(format_bytes(1'000) == "1000B");
  CHECK(format_bytes(1'536) == "1536B");
  CHECK(format_bytes(256u << 10) == "256KiB");
  CHECK(format_bytes(uint64_t{4} << 30) == "4GiB");
  CHECK(format_duration(Millis(0)) == "0ms");
  CHECK(format_duration(Millis(1'500)) == "1500ms");
  CHECK(format_duration(Millis(75'000)) == "75s");
  CHECK(format_duration(Millis(300'000)) == "5m");
  CHECK(format_duration(Millis(86'400'000)) == "24h");
  CHECK(format_mode(0660) == "0660");
  CHECK(format_mode(0) == "0000");
}

}  // namespace
}  // namespace sidecar::testing
