#include "policy/health.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

namespace {

using E = HealthEvent;
using S = HealthState;
using std::chrono::seconds;

constexpr Instant kStart{std::chrono::hours(1)};

constexpr std::array<S, kHealthStateCount> kStates = {S::kUnknown, S::kHealthy,     S::kDegraded,
                                                      S::kDown,    S::kQuarantined, S::kDisabled};

E event_at(size_t index) {
  return static_cast<E>(index);
}

/// The events that lead from nothing to a state in the plainest way.
std::vector<E> way_to(S state) {
  switch (state) {
    case S::kUnknown:
      return {};
    case S::kHealthy:
      return {E::kSucceeded};
    case S::kDegraded:
      return {E::kSucceeded, E::kFellBehind};
    case S::kDown:
      return {E::kSucceeded, E::kBreakerOpened};
    case S::kQuarantined:
      return {E::kSucceeded, E::kWrongChain};
    case S::kDisabled:
      return {E::kSucceeded, E::kUnauthorised};
  }
  return {};
}

Health after(const std::vector<E>& events) {
  Health health;
  for (const E event : events) {
    health.on_event(event, kStart);
  }
  return health;
}

struct Condition {
  E begins;
  E ends;  ///< a condition that a success ends has it here
  S state;
};
constexpr Condition kConditions[] = {
    {E::kWrongChain, E::kRightChain, S::kQuarantined}, {E::kForked, E::kRejoined, S::kQuarantined},
    {E::kUnauthorised, E::kSucceeded, S::kDisabled},   {E::kUnpaid, E::kSucceeded, S::kDisabled},
    {E::kBreakerOpened, E::kBreakerClosed, S::kDown},  {E::kFellBehind, E::kCaughtUp, S::kDegraded},
    {E::kHeadStuck, E::kHeadMoved, S::kDegraded},      {E::kSyncing, E::kSynced, S::kDegraded},
    {E::kProbeFailed, E::kSucceeded, S::kDegraded},    {E::kOutrun, E::kSucceeded, S::kDegraded},
};

int severity(S state) {
  switch (state) {
    case S::kUnknown:
    case S::kHealthy:
      return 0;
    case S::kDegraded:
      return 1;
    case S::kDown:
      return 2;
    case S::kDisabled:
      return 3;
    case S::kQuarantined:
      return 4;
  }
  return -1;
}

}  // namespace

TEST_CASE("Health: every state by every event") {
  constexpr S kU = S::kUnknown;
  constexpr S kH = S::kHealthy;
  constexpr S kG = S::kDegraded;
  constexpr S kD = S::kDown;
  constexpr S kQ = S::kQuarantined;
  constexpr S kX = S::kDisabled;
  struct Row {
    E event;
    std::array<S, kHealthStateCount> next;  ///< by the state before, in the order of the enum
  };
  // Before: unknown, healthy, degraded (behind), down, quarantined (chain), disabled (key).
  constexpr std::array<Row, kHealthEventCount> kRows{{
      {E::kSucceeded, {kH, kH, kG, kD, kQ, kH}},
      {E::kProbeFailed, {kG, kG, kG, kD, kQ, kX}},
      {E::kOutrun, {kG, kG, kG, kD, kQ, kX}},
      {E::kBreakerOpened, {kD, kD, kD, kD, kQ, kX}},
      {E::kBreakerClosed, {kU, kH, kG, kH, kQ, kX}},
      {E::kFellBehind, {kG, kG, kG, kD, kQ, kX}},
      {E::kCaughtUp, {kU, kH, kH, kD, kQ, kX}},
      {E::kHeadStuck, {kG, kG, kG, kD, kQ, kX}},
      {E::kHeadMoved, {kU, kH, kG, kD, kQ, kX}},
      {E::kSyncing, {kG, kG, kG, kD, kQ, kX}},
      {E::kSynced, {kU, kH, kG, kD, kQ, kX}},
      {E::kWrongChain, {kQ, kQ, kQ, kQ, kQ, kQ}},
      {E::kRightChain, {kU, kH, kG, kD, kH, kX}},
      {E::kForked, {kQ, kQ, kQ, kQ, kQ, kQ}},
      {E::kRejoined, {kU, kH, kG, kD, kQ, kX}},
      {E::kUnauthorised, {kX, kX, kX, kX, kQ, kX}},
      {E::kUnpaid, {kX, kX, kX, kX, kQ, kX}},
      {E::kReset, {kU, kU, kU, kU, kU, kU}},
  }};
  const Instant later = kStart + seconds(5);
  for (size_t i = 0; i < kRows.size(); ++i) {
    REQUIRE(kRows[i].event == event_at(i));
    for (size_t j = 0; j < kStates.size(); ++j) {
      CAPTURE(health_event_name(kRows[i].event));
      CAPTURE(health_state_name(kStates[j]));
      Health health = after(way_to(kStates[j]));
      REQUIRE(health.state() == kStates[j]);
      const Instant before = health.since();

      const bool is_changed = health.on_event(kRows[i].event, later);

      CHECK(health.state() == kRows[i].next[j]);
      CHECK(is_changed == (kRows[i].next[j] != kStates[j]));
      CHECK(health.since() == (is_changed ? later : before));
      if (is_changed) {
        CHECK(health.reason() == kRows[i].event);
      }
    }
  }
}

TEST_CASE("Health: nothing is known before the first success, whatever else is told") {
  Health health;

  for (const E event : {E::kRightChain, E::kSynced, E::kCaughtUp, E::kHeadMoved, E::kRejoined,
                        E::kBreakerClosed, E::kReset}) {
    CAPTURE(health_event_name(event));
    CHECK_FALSE(health.on_event(event, kStart));
    CHECK(health.state() == S::kUnknown);
  }

  CHECK(health.on_event(E::kSucceeded, kStart));
  CHECK(health.state() == S::kHealthy);
}

TEST_CASE("Health: a condition that ends before the first success leaves nothing known") {
  for (const Condition& condition : kConditions) {
    CAPTURE(health_event_name(condition.begins));
    Health health;

    CHECK(health.on_event(condition.begins, kStart));
    CHECK(health.state() == condition.state);
    CHECK(health.on_event(condition.ends, kStart));

    CHECK(health.state() == (condition.ends == E::kSucceeded ? S::kHealthy : S::kUnknown));
  }
}

TEST_CASE("Health: of two conditions the worse decides, and the other when that ends") {
  for (const Condition& first : kConditions) {
    for (const Condition& second : kConditions) {
      if (first.begins == second.begins || first.ends == second.ends) {
        continue;
      }
      CAPTURE(health_event_name(first.begins));
      CAPTURE(health_event_name(second.begins));
      Health health = after({E::kSucceeded, first.begins, second.begins});
      const bool is_first_worse = severity(first.state) > severity(second.state);
      const bool is_second_worse = severity(second.state) > severity(first.state);

      CHECK(health.state() == (is_second_worse ? second.state : first.state));
      CHECK(health.reason() == (is_second_worse ? second.begins : first.begins));

      CHECK(health.on_event(first.ends, kStart) == is_first_worse);
      CHECK(health.state() == second.state);
      CHECK(health.reason() == second.begins);
      CHECK(health.on_event(second.ends, kStart));
      CHECK(health.state() == S::kHealthy);
      CHECK(health.reason() == second.ends);
    }
  }
}

TEST_CASE("Health: a success ends a failed probe, a refused key and an unpaid bill together") {
  Health health = after({E::kProbeFailed, E::kUnauthorised, E::kUnpaid});

  CHECK(health.on_event(E::kSucceeded, kStart));

  CHECK(health.state() == S::kHealthy);
}

TEST_CASE("Health: a success ends neither lag nor an open breaker nor a fork") {
  for (const Condition& condition : kConditions) {
    if (condition.ends == E::kSucceeded) {
      continue;
    }
    CAPTURE(health_event_name(condition.begins));
    Health health = after({E::kSucceeded, condition.begins});

    CHECK_FALSE(health.on_event(E::kSucceeded, kStart));

    CHECK(health.state() == condition.state);
    CHECK(health.reason() == condition.begins);
  }
}

TEST_CASE("Health: told twice, a condition still ends at once") {
  for (const Condition& condition : kConditions) {
    CAPTURE(health_event_name(condition.begins));
    Health health = after({E::kSucceeded, condition.begins, condition.begins});

    CHECK(health.on_event(condition.ends, kStart));

    CHECK(health.state() == S::kHealthy);
  }
}

TEST_CASE("Health: the reason follows when one of two causes of the same state ends") {
  Health health = after({E::kSucceeded, E::kFellBehind, E::kSyncing});
  REQUIRE(health.reason() == E::kFellBehind);

  const bool is_changed = health.on_event(E::kCaughtUp, kStart + seconds(9));

  CHECK_FALSE(is_changed);
  CHECK(health.state() == S::kDegraded);
  CHECK(health.reason() == E::kSyncing);
  CHECK(health.since() == kStart);
}

TEST_CASE("Health: the reason of a better but not good state is the condition that is left") {
  Health health = after({E::kUnpaid, E::kWrongChain});

  CHECK(health.on_event(E::kRightChain, kStart));

  CHECK(health.state() == S::kDisabled);
  CHECK(health.reason() == E::kUnpaid);
}

TEST_CASE("Health: only the quarantined and the disabled are not even a last resort") {
  for (const S state : kStates) {
    CAPTURE(health_state_name(state));

    const bool may_be_asked = after(way_to(state)).may_be_asked();

    CHECK(may_be_asked == (state != S::kQuarantined && state != S::kDisabled));
  }
}

TEST_CASE("Health: reset forgets all that was told, the success too") {
  Health health;
  for (const Condition& condition : kConditions) {
    health.on_event(condition.begins, kStart);
  }
  health.on_event(E::kSucceeded, kStart);
  REQUIRE(health.state() == S::kQuarantined);

  CHECK(health.on_event(E::kReset, kStart));
  CHECK(health.state() == S::kUnknown);
  CHECK(health.reason() == E::kReset);

  CHECK(health.on_event(E::kBreakerOpened, kStart));
  CHECK(health.on_event(E::kBreakerClosed, kStart));
  CHECK(health.state() == S::kUnknown);
}

TEST_CASE("Health: is the worst of a plain set of conditions, over random events") {
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  Health health;
  std::set<E> held;
  bool is_known = false;
  Instant since;
  for (int step = 0; step < 20'000; ++step) {
    // A reset once in a while only: it would empty the set before it fills.
    const E event = event_at(random.below(kHealthEventCount - 1) + (random.below(50) == 0 ? 1 : 0));
    const Instant now = kStart + seconds(step);
    const S before = health.state();

    const bool is_changed = health.on_event(event, now);

    is_known = event == E::kReset ? false : is_known || event == E::kSucceeded;
    S expected = is_known ? S::kHealthy : S::kUnknown;
    for (const Condition& condition : kConditions) {
      if (event == condition.begins) {
        held.insert(event);
      } else if (event == condition.ends || event == E::kReset) {
        held.erase(condition.begins);
      }
      if (held.contains(condition.begins) && severity(condition.state) > severity(expected)) {
        expected = condition.state;
      }
    }
    since = expected == before ? since : now;
    REQUIRE(health.state() == expected);
    REQUIRE(is_changed == (expected != before));
    REQUIRE(health.since() == since);
    REQUIRE((severity(expected) == 0 || held.contains(health.reason())));
  }
}

TEST_CASE("Health: every state and every event has a name of its own") {
  std::set<std::string> names;
  for (const S state : kStates) {
    names.emplace(health_state_name(state));
  }
  for (size_t i = 0; i < kHealthEventCount; ++i) {
    names.emplace(health_event_name(event_at(i)));
  }

  CHECK(names.size() == kHealthStateCount + kHealthEventCount);
  CHECK_FALSE(names.contains(""));
  CHECK(health_event_name(E::kSucceeded) == "succeeded");
  CHECK(health_event_name(E::kReset) == "reset");
}

}  // namespace sidecar::testing
