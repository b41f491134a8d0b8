#include "policy/quota.h"

#include <doctest/doctest.h>

#include <vector>

namespace sidecar::testing {

namespace {

Instant at(Nanos since) {
  return Instant(since);
}

/// How many of `count` calls get in at one moment, each over before the next begins.
int begun(Quota& quota, int count, Instant now) {
  int entered = 0;
  for (int i = 0; i < count; ++i) {
    Quota::Place place;
    entered += quota.enter(Quota::Kind::kCall, now, place) ? 0 : 1;
  }
  return entered;
}

}  // namespace

TEST_CASE("Quota: without options nothing is refused") {
  Quota quota({});
  std::vector<Quota::Place> places(1'000);

  for (Quota::Place& place : places) {
    CHECK_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), place));
  }

  CHECK(quota.inflight_count() == 1'000);
}

TEST_CASE("Quota: a burst of calls, then as many a second as the rate says") {
  Quota quota({.rate = 10, .burst = 25});

  CHECK(begun(quota, 100, at(Millis(5'000))) == 25);
  CHECK(begun(quota, 100, at(Millis(5'099))) == 0);
  CHECK(begun(quota, 100, at(Millis(5'100))) == 1);
  CHECK(begun(quota, 100, at(Millis(6'100))) == 10);
  CHECK(begun(quota, 100, at(Millis(60'000))) == 25);
}

TEST_CASE("Quota: without burst a second's calls may come at once") {
  Quota quota({.rate = 7});

  CHECK(begun(quota, 100, at(Millis(0))) == 7);
}

TEST_CASE("Quota: who asks again when told gets in, who asks before does not") {
  Quota quota({.rate = 3, .burst = 1});
  Quota::Place place;
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Millis(1'000)), place));

  const auto refusal = quota.enter(Quota::Kind::kCall, at(Millis(1'000)), place);

  REQUIRE(refusal);
  CHECK(refusal->limit == "rate");
  CHECK(refusal->retry_after == Millis(334));  // a third of a second, rounded up
  CHECK(quota.enter(Quota::Kind::kCall, at(Millis(1'333)), place));
  CHECK_FALSE(quota.enter(Quota::Kind::kCall, at(Millis(1'334)), place));
}

TEST_CASE("Quota: what is refused takes no token") {
  Quota quota({.rate = 10, .burst = 1});
  REQUIRE(begun(quota, 1, at(Millis(0))) == 1);

  CHECK(begun(quota, 1'000'000, at(Millis(50))) == 0);

  CHECK(begun(quota, 1, at(Millis(100))) == 1);
}

TEST_CASE("Quota: a clock that goes back makes no tokens and loses none") {
  Quota quota({.rate = 10, .burst = 2});
  REQUIRE(begun(quota, 2, at(Millis(10'000))) == 2);

  CHECK(begun(quota, 10, at(Millis(9'000))) == 0);

  CHECK(begun(quota, 10, at(Millis(10'100))) == 1);
}

TEST_CASE("Quota: open calls are bounded, and each that ends makes room for one") {
  Quota quota({.inflight_max = 2});
  Quota::Place one;
  Quota::Place two;
  Quota::Place three;
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), one));
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), two));

  const auto refusal = quota.enter(Quota::Kind::kCall, at(Nanos(0)), three);
  one = Quota::Place();

  REQUIRE(refusal);
  CHECK(refusal->limit == "inflight_max");
  CHECK(refusal->retry_after > Millis(0));
  CHECK_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), three));
  CHECK(quota.inflight_count() == 2);
}

TEST_CASE("Quota: subscriptions are bounded by themselves") {
  Quota quota({.inflight_max = 1, .subscriptions_max = 1});
  Quota::Place call;
  Quota::Place subscription;
  Quota::Place more;
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), call));

  CHECK_FALSE(quota.enter(Quota::Kind::kSubscription, at(Nanos(0)), subscription));
  const auto refusal = quota.enter(Quota::Kind::kSubscription, at(Nanos(0)), more);

  REQUIRE(refusal);
  CHECK(refusal->limit == "subscriptions_max");
  CHECK(quota.subscription_count() == 1);
}

TEST_CASE("Quota: a place that was moved is left once") {
  Quota quota({});
  Quota::Place first;
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), first));

  {
    Quota::Place second(std::move(first));
    Quota::Place third;
    third = std::move(second);
    CHECK(quota.inflight_count() == 1);
  }

  CHECK(quota.inflight_count() == 0);
}

TEST_CASE("Quota: the largest options do not overflow") {
  Quota quota({.rate = UINT32_MAX, .burst = UINT32_MAX});

  CHECK(begun(quota, 10, at(Nanos(0))) == 10);
  CHECK(begun(quota, 10, Instant::max() - Nanos(1'000'000'000)) == 10);
}

TEST_CASE("Quota: other options hold from now on and leave what is open alone") {
  Quota quota({});
  Quota::Place one;
  Quota::Place two;
  Quota::Place three;
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), one));
  REQUIRE_FALSE(quota.enter(Quota::Kind::kCall, at(Nanos(0)), two));

  quota.set_options({.inflight_max = 1});

  CHECK(quota.inflight_count() == 2);
  CHECK(quota.enter(Quota::Kind::kCall, at(Nanos(0)), three));
}

}  // namespace sidecar::testing
