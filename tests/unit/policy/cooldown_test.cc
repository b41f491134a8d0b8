#include "policy/cooldown.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

namespace sidecar::testing {

namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart{hours(1)};

Millis pause_of(const Cooldown& cooldown, Instant from) {
  return duration_cast<Millis>(cooldown.until() - from);
}

/// A pause without a hint: what is wanted, and up to a fifth more.
bool is_jittered(Millis pause, Millis wanted) {
  return pause >= wanted && pause <= wanted + wanted / 5;
}

}  // namespace

TEST_CASE("Cooldown: is off until a provider says that we ask too much") {
  Cooldown cooldown{CooldownOptions{}};

  CHECK(cooldown.is_over(Instant::min()));
  CHECK(cooldown.is_over(kStart));
  CHECK(cooldown.until() == Instant::min());
  CHECK(cooldown.began() == Instant::min());
}

TEST_CASE("Cooldown: obeys Retry-After to the nanosecond, with no jitter") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);

  cooldown.on_throttled(seconds(7), kStart, random);

  CHECK(cooldown.began() == kStart);
  CHECK(cooldown.until() == kStart + seconds(7));
  CHECK_FALSE(cooldown.is_over(kStart));
  CHECK_FALSE(cooldown.is_over(kStart + seconds(7) - Nanos(1)));
  CHECK(cooldown.is_over(kStart + seconds(7)));
}

TEST_CASE("Cooldown: what Retry-After asks for is at most a minute, and never nothing") {
  struct Row {
    Millis asked;
    Millis given;
  };
  const Row rows[] = {
      {hours(24), seconds(60)},  {seconds(61), seconds(60)},   {seconds(60), seconds(60)},
      {seconds(1), seconds(1)},  {Millis(1), Millis(1)},       {Millis(0), seconds(1)},
      {-seconds(5), seconds(1)}, {Millis::max(), seconds(60)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asked.count());
    Cooldown cooldown{CooldownOptions{}};
    Random random(1);

    cooldown.on_throttled(row.asked, kStart, random);

    CHECK(pause_of(cooldown, kStart) == row.given);
  }
}

TEST_CASE("Cooldown: a zero asks for no more than the longest that is obeyed") {
  CooldownOptions options;
  options.retry_after_max = Millis(200);
  Cooldown cooldown(options);
  Random random(1);

  cooldown.on_throttled(Millis(0), kStart, random);

  CHECK(pause_of(cooldown, kStart) == Millis(200));
}

TEST_CASE("Cooldown: without a hint the pause is a minute, doubling to fifteen") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  Instant now = kStart;

  for (const int wanted_s : {60, 120, 240, 480, 900, 900, 900}) {
    CAPTURE(wanted_s);
    cooldown.on_throttled(std::nullopt, now, random);
    CHECK(is_jittered(pause_of(cooldown, now), seconds(wanted_s)));
    CHECK(cooldown.began() == now);
    now = cooldown.until();
  }
}

TEST_CASE("Cooldown: the jitter uses its whole fifth, and goes up only") {
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  Millis least = hours(1);
  Millis most{0};

  for (int i = 0; i < 10'000; ++i) {
    Cooldown cooldown{CooldownOptions{}};
    cooldown.on_throttled(std::nullopt, kStart, random);
    least = std::min(least, pause_of(cooldown, kStart));
    most = std::max(most, pause_of(cooldown, kStart));
  }

  CHECK(least >= seconds(60));
  CHECK(least < Millis(60'100));
  CHECK(most > Millis(71'900));
  CHECK(most <= seconds(72));
}

TEST_CASE("Cooldown: a pause too short to be jittered stays as it is") {
  CooldownOptions options;
  options.pause_min = Millis(4);
  Cooldown cooldown(options);
  Random random(1);

  cooldown.on_throttled(std::nullopt, kStart, random);

  CHECK(pause_of(cooldown, kStart) == Millis(4));
}

TEST_CASE("Cooldown: refusals of calls that were under way count as the same time") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(std::nullopt, kStart, random);
  const Instant until = cooldown.until();

  for (int i = 1; i < 50; ++i) {
    cooldown.on_throttled(std::nullopt, kStart + seconds(i), random);
  }

  CHECK(cooldown.until() == until);
  CHECK(cooldown.began() == kStart);
  cooldown.on_throttled(std::nullopt, until, random);
  CHECK(is_jittered(pause_of(cooldown, until), seconds(120)));
}

TEST_CASE("Cooldown: while cooling only a later end moves the end") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(seconds(30), kStart, random);

  cooldown.on_throttled(seconds(5), kStart + seconds(1), random);
  CHECK(cooldown.until() == kStart + seconds(30));
  cooldown.on_throttled(seconds(40), kStart + seconds(2), random);

  CHECK(cooldown.until() == kStart + seconds(42));
  CHECK(cooldown.began() == kStart);
}

TEST_CASE("Cooldown: a success after the pause forgets the count") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(std::nullopt, kStart, random);
  const Instant later = cooldown.until() + minutes(1);

  cooldown.on_success(later);
  cooldown.on_throttled(std::nullopt, later, random);

  CHECK(is_jittered(pause_of(cooldown, later), seconds(60)));
}

TEST_CASE("Cooldown: a success while cooling neither ends the pause nor forgets the count") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(std::nullopt, kStart, random);
  const Instant until = cooldown.until();

  cooldown.on_success(until - Nanos(1));
  CHECK(cooldown.until() == until);
  cooldown.on_throttled(std::nullopt, until, random);

  CHECK(is_jittered(pause_of(cooldown, until), seconds(120)));
}

TEST_CASE("Cooldown: a pause that the provider named counts as a time too") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(seconds(2), kStart, random);

  cooldown.on_throttled(std::nullopt, kStart + seconds(2), random);

  CHECK(is_jittered(pause_of(cooldown, kStart + seconds(2)), seconds(120)));
}

TEST_CASE("Cooldown: a clock that goes back ends no pause") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(seconds(10), kStart, random);

  CHECK_FALSE(cooldown.is_over(kStart - hours(1)));
  cooldown.on_success(kStart - hours(1));
  cooldown.on_throttled(std::nullopt, kStart - hours(1), random);

  CHECK(cooldown.until() == kStart + seconds(10));
}

TEST_CASE("Cooldown: reset makes it new") {
  Cooldown cooldown{CooldownOptions{}};
  Random random(1);
  cooldown.on_throttled(std::nullopt, kStart, random);

  cooldown.reset();

  CHECK(cooldown.is_over(kStart));
  CHECK(cooldown.began() == Instant::min());
  cooldown.on_throttled(std::nullopt, kStart, random);
  CHECK(is_jittered(pause_of(cooldown, kStart), seconds(60)));
}

TEST_CASE("Cooldown: obeys its options, and a thousand refusals overflow nothing") {
  CooldownOptions options;
  options.pause_min = hours(24);
  options.pause_max = hours(48);
  Cooldown cooldown(options);
  Random random(1);
  Instant now = kStart;
  cooldown.on_throttled(std::nullopt, now, random);
  CHECK(is_jittered(pause_of(cooldown, now), hours(24)));

  for (int i = 0; i < 1'000; ++i) {
    now = cooldown.until();
    cooldown.on_throttled(std::nullopt, now, random);
    REQUIRE(is_jittered(pause_of(cooldown, now), hours(48)));
  }
}

}  // namespace sidecar::testing
