#include "app/recent.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

struct Scene {
  FakeTime time;
  Recent recent{time, {2, 1}};

  static EndpointName name(std::string_view provider, ChainNumber chain = 1, size_t index = 0) {
    return {chain == 1 ? "ethereum" : "solana", provider, "http", chain, index};
  }
  void attempt(size_t index, std::optional<Outcome> outcome,
               AttemptKind kind = AttemptKind::kFirst) {
    AttemptReport report;
    report.endpoint = name("alpha", 1, index);
    report.outcome = outcome;
    report.kind = kind;
    recent.on_attempt_done(report);
  }
  void call(std::string_view from, std::string_view to, Outcome why = Outcome::kTimeout,
            std::string_view method = "eth_call") {
    CallReport report;
    report.chain_number = 1;
    report.chain = "ethereum";
    report.method = method;
    report.is_error = to.empty();
    if (!from.empty()) {
      report.failed_over_from = name(from);
      report.failed_with = why;
    }
    if (!to.empty()) {
      report.answered_by = name(to, 1, 1);
    }
    recent.on_call_done(report);
  }
};

}  // namespace

TEST_CASE("MinuteCount: counts the sixty seconds before, not the one that is not over") {
  MinuteCount count;
  for (uint64_t second = 1; second <= 200; ++second) {
    count.add(second);
    count.add(second);
  }

  CHECK(count.last_minute(200) == 120);
  CHECK(count.last_minute(201) == 120);
  CHECK(count.last_minute(230) == 62);
  CHECK(count.last_minute(261) == 0);
  CHECK(count.last_minute(1'000) == 0);
}

TEST_CASE("Recent: rates count what calls asked, and which of it failed") {
  Scene scene;

  scene.attempt(0, Outcome::kResult);
  scene.attempt(0, Outcome::kReverted);
  scene.attempt(0, Outcome::kTimeout, AttemptKind::kRetry);
  scene.attempt(0, Outcome::kResult, AttemptKind::kProbe);
  scene.attempt(0, Outcome::kResult, AttemptKind::kFeed);
  scene.attempt(0, std::nullopt);
  scene.attempt(1, Outcome::kResult, AttemptKind::kHedge);
  scene.time.advance(Millis(1'000));

  CHECK(scene.recent.rates(1, 0).attempts == 3);
  CHECK(scene.recent.rates(1, 0).failures == 1);
  CHECK(scene.recent.rates(1, 1).attempts == 1);
  CHECK(scene.recent.rates(2, 0).attempts == 0);
  scene.time.advance(Millis(61'000));
  CHECK(scene.recent.rates(1, 0).attempts == 0);
}

TEST_CASE("Recent: calls and errors are counted by chain") {
  Scene scene;

  scene.call("", "alpha");
  scene.call("", "alpha");
  scene.call("alpha", "");
  CallReport of_no_chain;
  scene.recent.on_call_done(of_no_chain);
  scene.time.advance(Millis(1'000));

  CHECK(scene.recent.calls_last_minute(1) == 3);
  CHECK(scene.recent.errors_last_minute(1) == 1);
  CHECK(scene.recent.calls_last_minute(2) == 0);
}

TEST_CASE("Recent: a call that another one answered is an event with its reason") {
  Scene scene;

  scene.call("", "alpha");
  CHECK(scene.recent.events().empty());
  scene.call("alpha", "beta", Outcome::kHttpStatus);

  REQUIRE(scene.recent.events().size() == 1);
  const Recent::Event& event = scene.recent.events().front();
  CHECK(event.of == Recent::EventOf::kCall);
  CHECK(event.from == "alpha");
  CHECK(event.to == "beta");
  CHECK(event.what == "eth_call");
  CHECK(event.why == "http_status");
}

TEST_CASE(
    "Recent: an outage is one line that counts, whatever the methods; a pause begins another") {
  Scene scene;
  scene.call("alpha", "beta");
  const uint64_t id = scene.recent.events().front().id;
  const Instant began = scene.time.now();

  scene.time.advance(Millis(30'000));
  scene.call("beta", "alpha");
  scene.call("alpha", "beta", Outcome::kTimeout, "eth_getLogs");

  REQUIRE(scene.recent.events().size() == 2);
  CHECK(scene.recent.events().front().id == id);
  CHECK(scene.recent.events().front().count == 2);
  CHECK(scene.recent.events().front().what == "eth_getLogs");
  CHECK(scene.recent.events().front().first_at == began);
  CHECK(scene.recent.events().front().at == scene.time.now());
  scene.time.advance(Recent::kMergeSpan);
  scene.call("alpha", "beta");
  CHECK(scene.recent.events().size() == 3);
  CHECK(scene.recent.events().front().count == 1);
  CHECK(scene.recent.events().front().id > id);
}

TEST_CASE("Recent: no more than a bounded number of events is kept, the newest") {
  Scene scene;

  for (size_t i = 0; i < Recent::kEventsMax + 10; ++i) {
    scene.recent.on_feed_source(Scene::name("alpha"), "kind" + std::to_string(i),
                                SourceChange::kLost);
  }

  CHECK(scene.recent.events().size() == Recent::kEventsMax);
  CHECK(scene.recent.events().front().what == "kind" + std::to_string(Recent::kEventsMax + 9));
}

TEST_CASE("Recent: health that changes is an event, the first good word is not") {
  Scene scene;

  scene.recent.on_health_changed(Scene::name("alpha"), HealthState::kUnknown, HealthState::kHealthy,
                                 HealthEvent::kSucceeded);
  CHECK(scene.recent.events().empty());
  scene.recent.on_health_changed(Scene::name("alpha"), HealthState::kHealthy, HealthState::kDown,
                                 HealthEvent::kBreakerOpened);

  REQUIRE(scene.recent.events().size() == 1);
  CHECK(scene.recent.events().front().to == "down");
  CHECK(scene.recent.events().front().why == "breaker_opened");
  CHECK(scene.recent.events().front().what == "http");
}

}  // namespace sidecar::testing
