#include "policy/price.h"

#include <doctest/doctest.h>

namespace sidecar::testing {

TEST_CASE("PriceMeter: a unit costs as many nano-dollars as a billion of them cost dollars") {
  PriceMeter meter;

  CHECK(meter.charge({400, 0}, 26, 0) == 26 * 400);
  CHECK(meter.charge({400, 0}, 1'000'000, 0) == 400'000'000);  // $0.40 a million
}

TEST_CASE("PriceMeter: bytes cost less than a nano-dollar each, and none is lost") {
  const PriceOptions price{0, 80};  // $80 a terabyte
  PriceMeter meter;

  uint64_t nano = 0;
  for (int i = 0; i < 1'000; ++i) {
    nano += meter.charge(price, 0, 7);
  }

  CHECK(nano == 7 * 80);
  CHECK(meter.charge(price, 0, 12) == 0);
  CHECK(meter.charge(price, 0, 1) == 1);
}

TEST_CASE("PriceMeter: units and bytes are added, and a sum past its range stays at the top") {
  PriceMeter meter;

  CHECK(meter.charge({10'000, 80'000}, 1, 1'000) == 10'000 + 80'000);
  CHECK(meter.charge({1'000'000'000'000, 0}, UINT64_MAX, 0) == UINT64_MAX);
  CHECK(meter.charge({}, 5, 5) == 0);
}

TEST_CASE("EventMeter: a price by the byte adds up to whole units") {
  const EventPrice alchemy = event_price(Vendor::kAlchemy, Family::kEvm);  // 0.04 a byte
  EventMeter meter;

  CHECK(meter.count(alchemy, 1'000) == 40);
  CHECK(meter.count(alchemy, 24) == 0);
  CHECK(meter.count(alchemy, 1) == 1);
  CHECK(meter.count(alchemy, 25) == 1);
}

TEST_CASE("EventMeter: a price for each event does not look at its size") {
  const EventPrice quicknode = event_price(Vendor::kQuicknode, Family::kEvm);
  EventMeter meter;

  CHECK(meter.count(quicknode, 100) == 20);
  CHECK(meter.count(quicknode, 4'000'000) == 20);
  CHECK(meter.count({}, 4'000'000) == 0);
}

TEST_CASE("EventMeter: published prices of a megabyte on Solana") {
  EventMeter meter;

  CHECK(meter.count(event_price(Vendor::kQuicknode, Family::kSvm), 100'000) == 15);
  CHECK(meter.count(event_price(Vendor::kHelius, Family::kSvm), 100'000) == 3);
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
