#include "policy/circuit_breaker.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace sidecar::testing {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart{std::chrono::hours(1)};
constexpr Instant kTrial = kStart + seconds(60);

/// A place a breaker can be in: the three states, and what is under way in them.
enum class Place { kFresh, kOneShort, kOpen, kTrialDue, kTrialLive };
enum class Event { kStarted, kSuccess, kFailure, kNoVerdict, kReset };

struct Scene {
  CircuitBreaker breaker{BreakerOptions{}};
  Instant now = kStart;
};

/// At the default options: the third failure opens, for a minute.
Scene scene_at(Place place) {
  Scene scene;
  const int failures = place == Place::kFresh ? 0 : place == Place::kOneShort ? 2 : 3;
  for (int i = 0; i < failures; ++i) {
    scene.breaker.on_failure(kStart);
  }
  if (place == Place::kOpen) {
    scene.now = kTrial - Nanos(1);
  }
  if (place == Place::kTrialDue || place == Place::kTrialLive) {
    scene.now = kTrial;
  }
  if (place == Place::kTrialLive) {
    scene.breaker.on_start(kTrial);
  }
  return scene;
}

bool apply(Scene& scene, Event event) {
  switch (event) {
    case Event::kStarted:
      scene.breaker.on_start(scene.now);
      return false;
    case Event::kSuccess:
      return scene.breaker.on_success(scene.now);
    case Event::kFailure:
      return scene.breaker.on_failure(scene.now);
    case Event::kNoVerdict:
      scene.breaker.on_no_verdict();
      return false;
    case Event::kReset:
      scene.breaker.reset();
      return false;
  }
  return false;
}

/// Opens a closed breaker, or fails the trial of an open one that is due.
void fail_once_more(CircuitBreaker& breaker, Instant now) {
  if (breaker.state(now) == BreakerState::kClosed) {
    for (int i = 0; i < 3; ++i) {
      breaker.on_failure(now);
    }
  } else {
    breaker.on_start(now);
    breaker.on_failure(now);
  }
}

}  // namespace

TEST_CASE("CircuitBreaker: every state by every event") {
  constexpr auto kClosed = BreakerState::kClosed;
  constexpr auto kOpen = BreakerState::kOpen;
  constexpr auto kHalfOpen = BreakerState::kHalfOpen;
  struct Row {
    Place place;
    Event event;
    bool is_changed;
    BreakerState state;
    bool may_start;
    uint32_t failures;
  };
  constexpr Row kRows[] = {
      {Place::kFresh, Event::kStarted, false, kClosed, true, 0},
      {Place::kFresh, Event::kSuccess, false, kClosed, true, 0},
      {Place::kFresh, Event::kFailure, false, kClosed, true, 1},
      {Place::kFresh, Event::kNoVerdict, false, kClosed, true, 0},
      {Place::kFresh, Event::kReset, false, kClosed, true, 0},
      {Place::kOneShort, Event::kStarted, false, kClosed, true, 2},
      {Place::kOneShort, Event::kSuccess, false, kClosed, true, 0},
      {Place::kOneShort, Event::kFailure, true, kOpen, false, 3},
      {Place::kOneShort, Event::kNoVerdict, false, kClosed, true, 2},
      {Place::kOneShort, Event::kReset, false, kClosed, true, 0},
      {Place::kOpen, Event::kStarted, false, kOpen, false, 3},
      {Place::kOpen, Event::kSuccess, true, kClosed, true, 0},
      {Place::kOpen, Event::kFailure, false, kOpen, false, 3},
      {Place::kOpen, Event::kNoVerdict, false, kOpen, false, 3},
      {Place::kOpen, Event::kReset, false, kClosed, true, 0},
      {Place::kTrialDue, Event::kStarted, false, kHalfOpen, false, 3},
      {Place::kTrialDue, Event::kSuccess, true, kClosed, true, 0},
      {Place::kTrialDue, Event::kFailure, false, kHalfOpen, true, 3},
      {Place::kTrialDue, Event::kNoVerdict, false, kHalfOpen, true, 3},
      {Place::kTrialDue, Event::kReset, false, kClosed, true, 0},
      {Place::kTrialLive, Event::kStarted, false, kHalfOpen, false, 3},
      {Place::kTrialLive, Event::kSuccess, true, kClosed, true, 0},
      {Place::kTrialLive, Event::kFailure, true, kOpen, false, 4},
      {Place::kTrialLive, Event::kNoVerdict, false, kHalfOpen, true, 3},
      {Place::kTrialLive, Event::kReset, false, kClosed, true, 0},
  };
  for (const Row& row : kRows) {
    CAPTURE(static_cast<int>(row.place));
    CAPTURE(static_cast<int>(row.event));
    Scene scene = scene_at(row.place);

    const bool is_changed = apply(scene, row.event);

    CHECK(is_changed == row.is_changed);
    CHECK(scene.breaker.state(scene.now) == row.state);
    CHECK(scene.breaker.may_start(scene.now) == row.may_start);
    CHECK(scene.breaker.failures_in_row() == row.failures);
  }
}

TEST_CASE("CircuitBreaker: opens at the third failure in a row, not at the third of all") {
  CircuitBreaker breaker{BreakerOptions{}};

  for (int i = 0; i < 5; ++i) {
    CHECK_FALSE(breaker.on_failure(kStart));
    CHECK_FALSE(breaker.on_failure(kStart));
    CHECK_FALSE(breaker.on_success(kStart));
  }

  CHECK(breaker.state(kStart) == BreakerState::kClosed);
}

TEST_CASE("CircuitBreaker: what says nothing does not break a row of failures") {
  CircuitBreaker breaker{BreakerOptions{}};

  breaker.on_failure(kStart);
  breaker.on_no_verdict();
  breaker.on_failure(kStart);
  breaker.on_no_verdict();

  CHECK(breaker.on_failure(kStart));
}

TEST_CASE("CircuitBreaker: is open for a minute, to the nanosecond") {
  Scene scene = scene_at(Place::kOpen);

  CHECK(scene.breaker.retry_at() == kTrial);
  CHECK(scene.breaker.state(kTrial - Nanos(1)) == BreakerState::kOpen);
  CHECK_FALSE(scene.breaker.may_start(kTrial - Nanos(1)));
  CHECK(scene.breaker.state(kTrial) == BreakerState::kHalfOpen);
  CHECK(scene.breaker.may_start(kTrial));
}

TEST_CASE("CircuitBreaker: half-open admits one trial, and another when that said nothing") {
  Scene scene = scene_at(Place::kTrialDue);

  scene.breaker.on_start(kTrial);
  CHECK_FALSE(scene.breaker.may_start(kTrial + minutes(5)));
  scene.breaker.on_no_verdict();

  CHECK(scene.breaker.may_start(kTrial + minutes(5)));
}

TEST_CASE("CircuitBreaker: each failed trial doubles the pause, to ten minutes at most") {
  CircuitBreaker breaker{BreakerOptions{}};
  Instant now = kStart;

  for (const int expected_s : {60, 120, 240, 480, 600, 600, 600}) {
    CAPTURE(expected_s);
    fail_once_more(breaker, now);
    CHECK(breaker.state(now) == BreakerState::kOpen);
    CHECK(breaker.retry_at() == now + seconds(expected_s));
    now = breaker.retry_at();
  }
}

TEST_CASE("CircuitBreaker: a pause counts from the trial's failure, not from its start") {
  Scene scene = scene_at(Place::kTrialLive);

  scene.breaker.on_failure(kTrial + seconds(7));

  CHECK(scene.breaker.retry_at() == kTrial + seconds(7 + 120));
}

TEST_CASE("CircuitBreaker: a thousand failed trials overflow nothing") {
  CircuitBreaker breaker{BreakerOptions{}};
  Instant now = kStart;

  for (int i = 0; i < 1'000; ++i) {
    fail_once_more(breaker, now);
    now = breaker.retry_at();
  }
  fail_once_more(breaker, now);

  CHECK(breaker.retry_at() == now + minutes(10));
}

TEST_CASE("CircuitBreaker: a success forgets the doubling") {
  CircuitBreaker breaker{BreakerOptions{}};
  fail_once_more(breaker, kStart);
  fail_once_more(breaker, kTrial);
  const Instant second_trial = breaker.retry_at();
  breaker.on_start(second_trial);

  CHECK(breaker.on_success(second_trial));
  fail_once_more(breaker, second_trial);

  CHECK(breaker.retry_at() == second_trial + seconds(60));
}

TEST_CASE(
    "CircuitBreaker: a late success closes it before the pause is over, and leaves no trace") {
  Scene scene = scene_at(Place::kOpen);
  const Instant soon = kStart + seconds(1);

  CHECK(scene.breaker.on_success(soon));
  CHECK(scene.breaker.may_start(soon));
  fail_once_more(scene.breaker, soon);

  CHECK(scene.breaker.retry_at() == soon + seconds(60));
}

TEST_CASE("CircuitBreaker: failures of attempts that were under way do not lengthen the pause") {
  Scene scene = scene_at(Place::kOpen);

  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(scene.breaker.on_failure(kStart + seconds(i)));
  }

  CHECK(scene.breaker.failures_in_row() == 3);
  CHECK(scene.breaker.retry_at() == kTrial);
  CHECK(scene.breaker.may_start(kTrial));
}

TEST_CASE("CircuitBreaker: an attempt forced through while it is open is no trial") {
  Scene scene = scene_at(Place::kOpen);

  scene.breaker.on_start(kStart + seconds(30));

  CHECK_FALSE(scene.breaker.on_failure(kStart + seconds(31)));
  CHECK(scene.breaker.may_start(kTrial));
}

TEST_CASE("CircuitBreaker: a clock that goes back lengthens no pause twice and loses no trial") {
  Scene scene = scene_at(Place::kTrialLive);
  const Instant before = kTrial - minutes(10);

  CHECK(scene.breaker.state(before) == BreakerState::kHalfOpen);
  CHECK_FALSE(scene.breaker.may_start(before));
  CHECK(scene.breaker.on_failure(before));

  CHECK(scene.breaker.state(before) == BreakerState::kOpen);
  CHECK(scene.breaker.retry_at() == kTrial + seconds(120));
}

TEST_CASE("CircuitBreaker: a clock that goes back opens no closed breaker") {
  Scene scene = scene_at(Place::kOneShort);

  CHECK(scene.breaker.may_start(kStart - minutes(30)));
  CHECK(scene.breaker.on_failure(kStart - minutes(30)));

  CHECK(scene.breaker.retry_at() == kStart - minutes(29));
}

TEST_CASE("CircuitBreaker: obeys its options") {
  BreakerOptions options;
  options.failures_max = 1;
  options.open_min = seconds(3);
  options.open_max = seconds(5);
  CircuitBreaker breaker(options);

  CHECK(breaker.on_failure(kStart));
  CHECK(breaker.retry_at() == kStart + seconds(3));
  breaker.on_start(kStart + seconds(3));
  CHECK(breaker.on_failure(kStart + seconds(3)));

  CHECK(breaker.retry_at() == kStart + seconds(8));
}

TEST_CASE("CircuitBreaker: every state has a name of its own") {
  std::set<std::string> names;
  for (const BreakerState state :
       {BreakerState::kClosed, BreakerState::kOpen, BreakerState::kHalfOpen}) {
    names.emplace(breaker_state_name(state));
  }

  CHECK(names == std::set<std::string>{"closed", "half_open", "open"});
}

}  // namespace sidecar::testing
