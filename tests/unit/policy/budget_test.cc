#include "policy/budget.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/random.h"
#include "budget_house.h"

namespace sidecar::testing {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart = kBudgetStart;

/// What a budget allows, told from the list of all that was spent: over every stretch that ends
/// now no more than burst + rate * time, and no more than per_10s in the last eleven seconds'
/// slices.
struct Model {
  struct Spent {
    Instant when;
    uint64_t cost;
  };

  bool may_spend(uint64_t cost, Instant now) const {
    uint64_t sum = cost;
    uint64_t in_slices = cost;
    bool may = cost <= burst;
    for (auto each = spent.rbegin(); each != spent.rend(); ++each) {
      sum += each->cost;
      const auto elapsed = static_cast<uint64_t>((now - each->when).count());
      may = may && sum * 1'000'000'000 <= burst * 1'000'000'000 + rate * elapsed;
      const int64_t slices_ago = (now - kStart) / seconds(1) - (each->when - kStart) / seconds(1);
      in_slices += slices_ago < 11 ? each->cost : 0;
    }
    return may && in_slices <= units_10s;
  }

  uint64_t rate;
  uint64_t burst;
  uint64_t units_10s;
  std::vector<Spent> spent;
};

/// The most spent in any ten seconds, ends included.
uint64_t most_in_10s(const std::vector<Model::Spent>& spent) {
  uint64_t most = 0;
  uint64_t sum = 0;
  auto oldest = spent.begin();
  for (const Model::Spent& each : spent) {
    sum += each.cost;
    while (each.when - oldest->when > seconds(10)) {
      sum -= oldest->cost;
      ++oldest;
    }
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("Budget: without bounds everything may be spent and nothing is left to tell") {
  BudgetHouse house{BudgetOptions{}};

  CHECK_FALSE(house.budget.is_bounded());
  CHECK(house.take(UINT64_MAX));
  CHECK(house.take(UINT64_MAX));
  CHECK(house.affordable_at(UINT64_MAX) == house.now);
  CHECK_FALSE(house.left().second);
  CHECK_FALSE(house.left().ten_seconds);
  CHECK_FALSE(house.left().day);
  CHECK_FALSE(house.left().month);
}

TEST_CASE("Budget: any one bound makes it bounded") {
  CHECK(BudgetHouse(per_second(1)).budget.is_bounded());
  CHECK(BudgetHouse(per_10s(1)).budget.is_bounded());
  CHECK(BudgetHouse(per_day(1)).budget.is_bounded());
  CHECK(BudgetHouse(per_month(1, 1, 0)).budget.is_bounded());
}

TEST_CASE("Budget: the bucket begins full and refills evenly, a unit at a time") {
  BudgetHouse house(per_second(4));

  for (int i = 0; i < 4; ++i) {
    CHECK(house.take(1));
  }
  CHECK_FALSE(house.may_spend(1));
  house.advance(milliseconds(250) - Nanos(1));
  CHECK_FALSE(house.may_spend(1));
  house.advance(Nanos(1));
  CHECK(house.take(1));

  CHECK_FALSE(house.may_spend(1));
}

TEST_CASE("Budget: the burst is the size of the bucket, the rate fills it") {
  BudgetHouse house(per_second(2, 10));

  CHECK(house.take(10));
  house.advance(seconds(3));
  CHECK(house.left().second == 6);
  house.advance(hours(1));

  CHECK(house.left().second == 10);
  CHECK_FALSE(house.may_spend(11));
}

TEST_CASE("Budget: the bucket does not drift, however odd the steps") {
  BudgetHouse house(per_second(3, 1'000'000));
  REQUIRE(house.take(1'000'000));

  // A third of a second is no whole number of nanoseconds; a prime step hits no boundary.
  for (int i = 0; i < 1'000'000; ++i) {
    house.advance(Nanos(1'000'003));
    house.may_spend(1);
  }

  // A million steps are 1000.003 seconds.
  CHECK(house.left().second == 3'000);
  house.advance(Nanos(330'333'333));
  CHECK(house.left().second == 3'000);
  house.advance(Nanos(1));
  CHECK(house.left().second == 3'001);
}

TEST_CASE("Budget: the largest bucket does not overflow in a year") {
  BudgetHouse house(per_second(1'000'000'000, 1'000'000'000));
  REQUIRE(house.take(1'000'000'000));

  house.advance(Nanos(1));
  CHECK(house.left().second == 1);
  house.advance(hours(24 * 365));

  CHECK(house.left().second == 1'000'000'000);
  CHECK(BudgetHouse(per_second(UINT32_MAX, UINT32_MAX)).left().second == UINT32_MAX);
}

TEST_CASE("Budget: what is spent in a slice is given back eleven slices later, not sooner") {
  BudgetHouse house(per_10s(100));
  house.advance(milliseconds(999));

  CHECK(house.take(100));
  CHECK(house.left().ten_seconds == 0);
  house.advance(seconds(10));
  CHECK_FALSE(house.may_spend(1));
  house.advance(milliseconds(1));

  CHECK(house.take(100));
}

TEST_CASE("Budget: a long quiet time empties all slices at once") {
  BudgetHouse house(per_10s(100));
  for (int i = 0; i < 11; ++i) {
    REQUIRE(house.take(9));
    house.advance(seconds(1));
  }

  house.advance(hours(30));

  CHECK(house.left().ten_seconds == 100);
}

TEST_CASE("Budget: a cost larger than a bound never fits") {
  for (const BudgetOptions& options :
       {per_second(10), per_second(100, 10), per_10s(10), per_day(10), per_month(10, 1, 0)}) {
    BudgetHouse house(options);

    CHECK(house.may_spend(10));
    CHECK(house.affordable_at(10) == house.now);
    for (const uint64_t cost : {uint64_t{11}, uint64_t{1} << 40, UINT64_MAX}) {
      CHECK_FALSE(house.may_spend(cost));
      CHECK_FALSE(house.affordable_at(cost));
    }
    house.advance(hours(24 * 40));
    CHECK_FALSE(house.may_spend(11));
  }
}

TEST_CASE("Budget: what costs nothing may be spent when all is used up") {
  BudgetOptions options = per_second(5);
  options.per_10s = 5;
  options.per_day = 5;
  options.per_month = 5;
  BudgetHouse house(options);
  REQUIRE(house.take(5));

  CHECK_FALSE(house.may_spend(1));
  CHECK(house.take(0));
  CHECK(house.affordable_at(0) == house.now);
}

TEST_CASE("Budget: a used-up day or month has no time at which it is affordable") {
  BudgetHouse day(per_day(10));
  BudgetHouse month(per_month(10, 1, 0));
  REQUIRE(day.take(8));
  REQUIRE(month.take(8));

  CHECK(day.affordable_at(2) == day.now);
  CHECK_FALSE(day.affordable_at(3));
  CHECK(month.affordable_at(2) == month.now);
  CHECK_FALSE(month.affordable_at(3));
}

TEST_CASE("Budget: the time at which a cost is affordable waits for the slower of two bounds") {
  BudgetOptions options = per_second(10, 40);
  options.per_10s = 50;
  BudgetHouse house(options);
  REQUIRE(house.take(40));

  // The bucket has 10 after a second, 20 after two; the slices have 10 at once, more after eleven.
  CHECK(house.affordable_at(10) == kStart + seconds(1));
  CHECK(house.affordable_at(20) == kStart + seconds(11));
}

TEST_CASE("Budget: left tells what each bound would still allow") {
  BudgetOptions options = per_second(10, 20);
  options.per_10s = 100;
  options.per_day = 1'000;
  options.per_month = 10'000;
  BudgetHouse house(options);

  REQUIRE(house.take(7));

  CHECK(house.left().second == 13);
  CHECK(house.left().ten_seconds == 93);
  CHECK(house.left().day == 993);
  CHECK(house.left().month == 9'993);
}

TEST_CASE("Budget: never more than its bounds, and affordable exactly when told, at random") {
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  size_t spent_count = 0;
  size_t refused_count = 0;
  for (int round = 0; round < 40; ++round) {
    CAPTURE(round);
    BudgetOptions options = per_second(static_cast<uint32_t>(1 + random.below(50)),
                                       static_cast<uint32_t>(1 + random.below(100)));
    options.per_10s = 1 + random.below(400);
    BudgetHouse house(options);
    Model model{options.per_second, options.burst, options.per_10s, {}};
    const uint64_t cost_max = 1 + random.below(options.burst);
    const uint64_t step_max = 1 + random.below(round % 2 == 0 ? 300'000'000 : 3'000'000'000);
    for (int step = 0; step < 500; ++step) {
      house.advance(Nanos(static_cast<int64_t>(random.below(step_max))));
      const uint64_t cost = random.below(cost_max + 1);
      const bool may = model.may_spend(cost, house.now);

      REQUIRE(house.may_spend(cost) == may);

      const std::optional<Instant> when = house.affordable_at(cost);
      if (may) {
        REQUIRE(when == house.now);
        house.budget.spend(cost, house.now, house.unix_now);
        model.spent.push_back({house.now, cost});
      } else if (when) {
        ++refused_count;
        REQUIRE(*when > house.now);
        CHECK(model.may_spend(cost, *when));
        CHECK_FALSE(model.may_spend(cost, *when - Nanos(1)));
        BudgetHouse later = house;
        CHECK_FALSE(later.budget.may_spend(cost, *when - Nanos(1), house.unix_now));
        CHECK(later.budget.may_spend(cost, *when, house.unix_now));
      } else {
        REQUIRE((cost > options.burst || cost > options.per_10s));
      }
    }
    CHECK(most_in_10s(model.spent) <= options.per_10s);
    spent_count += model.spent.size();
  }
  CHECK(spent_count > 1'000);
  CHECK(refused_count > 1'000);
}

TEST_CASE("Budget: a greedy caller gets the whole rate, and ten elevenths of the ten seconds") {
  BudgetHouse bucket(per_second(100));
  BudgetHouse slices(per_10s(1'100));
  uint64_t from_bucket = 0;
  uint64_t from_slices = 0;

  for (int i = 0; i < 110'000; ++i) {
    from_bucket += bucket.take(1) ? 1 : 0;
    from_slices += slices.take(1) ? 1 : 0;
    bucket.advance(milliseconds(1));
    slices.advance(milliseconds(1));
  }

  CHECK(from_bucket == 100 + 10'999);
  CHECK(from_slices == 11'000);
}

TEST_CASE("Budget: a clock that goes back counts as no time passed") {
  BudgetOptions options = per_second(10);
  options.per_10s = 15;
  BudgetHouse house(options);
  REQUIRE(house.take(10));

  CHECK_FALSE(house.budget.may_spend(1, kStart - minutes(5), house.unix_now));
  CHECK(house.budget.affordable_at(1, kStart - minutes(5), house.unix_now) ==
        kStart + milliseconds(100));
  CHECK(house.budget.affordable_at(6, kStart - minutes(5), house.unix_now) == kStart + seconds(11));
  CHECK_FALSE(house.budget.may_spend(1, kStart + milliseconds(99), house.unix_now));

  CHECK(house.budget.may_spend(1, kStart + milliseconds(100), house.unix_now));
}

TEST_CASE("Budget: what is spent beyond a bound takes it to zero, never below") {
  BudgetOptions options = per_second(10);
  options.per_10s = 10;
  options.per_day = 10;
  BudgetHouse house(options);

  house.budget.spend(UINT64_MAX, house.now, house.unix_now);
  house.budget.spend(UINT64_MAX, house.now, house.unix_now);

  CHECK(house.left().second == 0);
  CHECK(house.left().ten_seconds == 0);
  CHECK(house.left().day == 0);
  CHECK_FALSE(house.affordable_at(1));
  house.advance(hours(24));
  CHECK(house.take(10));
}

}  // namespace sidecar::testing
