#include "policy/price.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

TEST_CASE("PriceMeter: a unit costs as many nano-dollars as a billion of them cost dollars") {
  PriceMeter meter(PriceOptions{400, 0});

  CHECK(meter.charge(26, 0) == 26 * 400);
  CHECK(meter.charge(1'000'000, 0) == 400'000'000);  // $0.40 a million
}

TEST_CASE("PriceMeter: bytes cost less than a nano-dollar each, and none is lost") {
  PriceMeter meter(PriceOptions{0, 80});  // $80 a terabyte

  uint64_t nano = 0;
  for (int i = 0; i < 1'000; ++i) {
    nano += meter.charge(0, 7);
  }

  CHECK(nano == 7 * 80);
  CHECK(meter.charge(0, 12) == 0);
  CHECK(meter.charge(0, 1) == 1);
}

TEST_CASE("PriceMeter: units and bytes are added, and a sum past its range stays at the top") {
  PriceMeter both(PriceOptions{10'000, 80'000});
  PriceMeter dear(PriceOptions{1'000'000'000'000, 0});

  CHECK(both.charge(1, 1'000) == 10'000 + 80'000);
  CHECK(dear.charge(UINT64_MAX, 0) == UINT64_MAX);
  CHECK(PriceMeter().charge(5, 5) == 0);
}

TEST_CASE("EventMeter: a price by the byte adds up to whole units") {
  EventMeter alchemy(event_price(Vendor::kAlchemy, Family::kEvm));  // 0.04 a byte

  CHECK(alchemy.count(1'000) == 40);
  CHECK(alchemy.count(24) == 0);
  CHECK(alchemy.count(1) == 1);
  CHECK(alchemy.count(25) == 1);
}

TEST_CASE("EventMeter: a price for each event does not look at its size") {
  EventMeter quicknode(event_price(Vendor::kQuicknode, Family::kEvm));

  CHECK(quicknode.count(100) == 20);
  CHECK(quicknode.count(4'000'000) == 20);
  CHECK(EventMeter().count(4'000'000) == 0);
}

TEST_CASE("EventMeter: published prices of a megabyte on Solana") {
  EventMeter quicknode(event_price(Vendor::kQuicknode, Family::kSvm));
  EventMeter helius(event_price(Vendor::kHelius, Family::kSvm));

  CHECK(quicknode.count(100'000) == 15);
  CHECK(helius.count(100'000) == 3);
}

TEST_CASE(
    "is_billed: what never reached the provider, and what it refused for our asking, is free") {
  for (const Outcome free : {Outcome::kConnect, Outcome::kTls, Outcome::kBusy,
                             Outcome::kRateLimited, Outcome::kUnpaid}) {
    CHECK_MESSAGE(!is_billed(free), outcome_name(free));
  }
  for (const Outcome paid : {Outcome::kResult, Outcome::kReverted, Outcome::kTimeout,
                             Outcome::kHttpStatus, Outcome::kCallerFault}) {
    CHECK_MESSAGE(is_billed(paid), outcome_name(paid));
  }
}

}  // namespace sidecar::testing
