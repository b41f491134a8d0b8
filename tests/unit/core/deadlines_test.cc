#include "core/deadlines.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "tests/support/fake_time.h"

namespace sidecar::testing {

using namespace std::chrono_literals;

TEST_CASE("Deadlines: each is told once, in order of time") {
  FakeTime time;
  std::vector<uint64_t> told;
  Deadlines deadlines(
      time, [](uint64_t) { return true; }, [&told](uint64_t id) { told.push_back(id); });

  deadlines.add(time.now() + 30ms, 3);
  deadlines.add(time.now() + 10ms, 1);
  deadlines.add(time.now() + 20ms, 2);
  time.advance(25ms);
  CHECK(told == std::vector<uint64_t>{1, 2});
  time.advance(1h);

  CHECK(told == std::vector<uint64_t>{1, 2, 3});
}

TEST_CASE("Deadlines: the dead are swept out before they outnumber the living") {
  FakeTime time;
  std::set<uint64_t> live;
  Deadlines deadlines(
      time, [&live](uint64_t id) { return live.contains(id); }, [](uint64_t) {});

  for (uint64_t id = 1; id <= 100'000; ++id) {
    live = {id};
    deadlines.add(time.now() + 1h, id);
  }

  CHECK(deadlines.size() <= 1'024);
}

}  // namespace sidecar::testing
