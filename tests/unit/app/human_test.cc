#include "app/human.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace sidecar::testing {

TEST_CASE("human_micros: the unit that leaves three figures") {
  CHECK(human_micros(0) == "0 us");
  CHECK(human_micros(999) == "999 us");
  CHECK(human_micros(1'000) == "1.0 ms");
  CHECK(human_micros(123'456) == "123 ms");
  CHECK(human_micros(2'500'000) == "2.5 s");
  CHECK(human_micros(90'000'000) == "1.5 min");
  CHECK(human_micros(3'600'000'000) == "1.0 h");
  CHECK(human_micros(200'000'000'000) == "2.3 d");
  CHECK(human_micros(UINT64_MAX) == "213503982 d");
}

TEST_CASE("human_micros: what rounds up to the next unit is told in that") {
  CHECK(human_micros(99'949) == "99.9 ms");
  CHECK(human_micros(99'950) == "100 ms");
  CHECK(human_micros(999'499) == "999 ms");
  CHECK(human_micros(999'500) == "1.0 s");
  CHECK(human_micros(59'949'999) == "59.9 s");
  CHECK(human_micros(59'950'000) == "1.0 min");
  CHECK(human_micros(3'599'999'999) == "1.0 h");
}

TEST_CASE("human_span: whole units, rounded down") {
  CHECK(human_span(0) == "0 s");
  CHECK(human_span(59'999) == "59 s");
  CHECK(human_span(60'000) == "1 min");
  CHECK(human_span(3'599'999) == "59 min");
  CHECK(human_span(3'600'000) == "1 h");
  CHECK(human_span(172'799'999) == "47 h");
  CHECK(human_span(172'800'000) == "2 d");
}

TEST_CASE("human_count: exact to four figures, then rounded") {
  CHECK(human_count(0) == "0");
  CHECK(human_count(9'999) == "9999");
  CHECK(human_count(10'000) == "10.0k");
  CHECK(human_count(12'345) == "12.3k");
  CHECK(human_count(999'499) == "999k");
  CHECK(human_count(999'500) == "1.0M");
  CHECK(human_count(4'500'000) == "4.5M");
  CHECK(human_count(45'600'000) == "45.6M");
  CHECK(human_count(45'600'000'000) == "45.6G");
}

}  // namespace sidecar::testing
