#include "base/slot_map.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

TEST_CASE("SlotMap: an id of something erased finds nothing, also when its slot is used again") {
  SlotMap<std::string> map;

  const uint64_t first = map.insert("first");
  CHECK(map.erase(first));
  const uint64_t second = map.insert("second");

  CHECK(first != second);
  CHECK(map.find(first) == nullptr);
  CHECK_FALSE(map.erase(first));
  REQUIRE(map.find(second) != nullptr);
  CHECK(*map.find(second) == "second");
}

TEST_CASE("SlotMap: 0 and made-up ids find nothing") {
  SlotMap<int> map;
  map.insert(1);

  CHECK(map.find(0) == nullptr);
  CHECK(map.find(uint64_t{1} << 32 | 7) == nullptr);
}

TEST_CASE("SlotMap: agrees with a plain map over random inserts and erases") {
  constexpr uint64_t kSeed = 20'261'121;
  CAPTURE(kSeed);
  Random random(kSeed);
  SlotMap<uint64_t> map;
  std::map<uint64_t, uint64_t> model;
  std::vector<uint64_t> dead;

  for (int step = 0; step < 20'000; ++step) {
    if (model.empty() || random.below(3) != 0) {
      const uint64_t value = random.next();
      const uint64_t id = map.insert(value);
      REQUIRE_FALSE(model.contains(id));
      model.emplace(id, value);
    } else {
      auto victim = model.begin();
      std::advance(victim, static_cast<int64_t>(random.below(std::min<size_t>(model.size(), 50))));
      REQUIRE(map.erase(victim->first));
      dead.push_back(victim->first);
      model.erase(victim);
    }
  }

  CHECK(map.size() == model.size());
  for (const auto& [id, value] : model) {
    REQUIRE(map.find(id) != nullptr);
    CHECK(*map.find(id) == value);
  }
  for (const uint64_t id : dead) {
    CHECK(map.find(id) == nullptr);
  }
  size_t visited = 0;
  map.for_each([&](uint64_t id, uint64_t& value) { visited += model.at(id) == value ? 1 : 0; });
  CHECK(visited == model.size());
}

}  // namespace sidecar::testing
