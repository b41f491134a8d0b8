#include "app/human.h"

#include <doctest/doctest.h>

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
}

TEST_CASE("human_count: exact to four figures, then rounded") {
  CHECK(human_count(0) == "0");
  CHECK(human_count(9'999) == "9999");
  CHECK(human_count(12'345) == "12.3k");
  CHECK(human_count(45'600'000) == "45.6M");
  CHECK(human_count(45'600'000'000) == "45.6G");
}

}  // namespace sidecar::testing
