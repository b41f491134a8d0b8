#include "downstream/framed_subscriptions.h"
#include "net/loop.h"  // before doctest: both name a CHECK

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_host.h"

namespace sidecar::testing {

namespace {

FeedEvent event_of(EventKind kind = EventKind::kLive, bool is_last = false) {
  FeedEvent event;
  event.kind = kind;
  event.is_last = is_last;
  event.value = "{}";
  return event;
}

std::string heads(const std::string& more = "") {
  return R"({"method":"eth_subscribe","params":["newHeads"])" + more + "}";
}

/// A session's subscriptions; soft bound 100 bytes for a second, hard bound 1,000.
struct Desk {
  Desk() : loop(std::move(Loop::create()).value()), host(*loop) {
    host.session_limits.subscriptions_max = 2;
    host.session_limits.slow_consumer.soft_bytes = 100;
    host.session_limits.slow_consumer.soft_time = Millis(1'000);
    host.session_limits.slow_consumer.hard_bytes = 1'000;
    mine = std::make_unique<FramedSubscriptions>(host);
  }
  std::string_view subscribe(uint64_t id, const std::string& payload) {
    return mine->subscribe(7, id, 2, payload);
  }
  FakeSubscriptions& hub() { return host.fake_subscriptions; }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  std::unique_ptr<FramedSubscriptions> mine;
};

}  // namespace

TEST_CASE("FramedSubscriptions: the hub is asked with all that the frame says") {
  Desk desk;

  CHECK(desk.subscribe(5, heads()).empty());
  CHECK(desk.subscribe(6, heads(R"(,"continuity":"latest","resume":{"epoch":4294967295,)"
                                R"("seq":18446744073709551615})"))
            .empty());

  REQUIRE(desk.hub().subscribed.size() == 2);
  const auto& plain = desk.hub().subscribed[0];
  CHECK(plain.request.session == 7);
  CHECK(plain.request.token == 5);
  CHECK(plain.request.chain == 2);
  CHECK(plain.method == "eth_subscribe");
  CHECK(plain.params == R"(["newHeads"])");
  CHECK(plain.request.continuity == Continuity::kEvery);
  CHECK_FALSE(plain.request.has_resume);
  const auto& resumed = desk.hub().subscribed[1];
  CHECK(resumed.request.continuity == Continuity::kLatest);
  CHECK(resumed.request.has_resume);
  CHECK(resumed.request.resume.epoch == UINT32_MAX);
  CHECK(resumed.request.resume.seq == UINT64_MAX);
}

TEST_CASE("FramedSubscriptions: the worker chooses its continuity") {
  const struct {
    const char* text;
    Continuity continuity;
  } rows[] = {{R"("every")", Continuity::kEvery},
              {R"("latest")", Continuity::kLatest},
              {R"("strict")", Continuity::kStrict}};
  for (const auto& row : rows) {
    Desk desk;

    CHECK(desk.subscribe(1, heads(std::string(R"(,"continuity":)") + row.text)).empty());

    REQUIRE(desk.hub().subscribed.size() == 1);
    CHECK(desk.hub().subscribed[0].request.continuity == row.continuity);
  }
}

TEST_CASE("FramedSubscriptions: what cannot be read is said, and the hub is not asked") {
  const std::string resume = "resume must be {\"epoch\":N,\"seq\":N}";
  const std::string continuity = R"(continuity must be "every", "latest" or "strict")";
  const std::pair<std::string, std::string> rows[] = {
      {heads(R"(,"continuity":"some")"), continuity},
      {heads(R"(,"continuity":null)"), continuity},
      {heads(R"(,"continuity":"STRICT")"), continuity},
      {heads(R"(,"resume":{})"), resume},
      {heads(R"(,"resume":7)"), resume},
      {heads(R"(,"resume":{"epoch":1})"), resume},
      {heads(R"(,"resume":{"epoch":4294967296,"seq":1})"), resume},
      {heads(R"(,"resume":{"epoch":1,"seq":-1})"), resume},
      {heads(R"(,"resume":{"epoch":1,"seq":"1"})"), resume},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto& [payload, fault] = row;
    Desk desk;

    CHECK(desk.subscribe(1, payload) == fault);

    CHECK(desk.mine->is_empty());
    CHECK(desk.hub().subscribed.empty());
  }
  for (const char* payload : {"", "{", "[]", R"({"params":[]})", R"({"method":7})"}) {
    CAPTURE(payload);
    Desk desk;

    CHECK_FALSE(desk.subscribe(1, payload).empty());

    CHECK(desk.hub().subscribed.empty());
  }
}

TEST_CASE("FramedSubscriptions: unsubscribing tells the hub once") {
  Desk desk;
  desk.subscribe(5, heads());
  REQUIRE(desk.mine->has(5));

  CHECK(desk.mine->unsubscribe(5));
  CHECK_FALSE(desk.mine->unsubscribe(5));
  CHECK_FALSE(desk.mine->unsubscribe(6));

  CHECK(desk.hub().unsubscribed == std::vector<SubscriptionId>{1});
  CHECK(desk.mine->is_empty());
}

TEST_CASE("FramedSubscriptions: what the hub ended is not ended again; all else is") {
  Desk desk;
  desk.subscribe(5, heads());
  desk.subscribe(6, heads());
  CHECK(desk.mine->is_full());
  CHECK(desk.mine->ids().size() == 2);
  CHECK(desk.mine->chain_of(5) == 2);
  CHECK(desk.mine->chain_of(9) == 0);

  CHECK(desk.mine->drop(5) == 2);
  CHECK(desk.mine->drop(5) == 0);
  CHECK_FALSE(desk.mine->is_full());
  desk.mine.reset();

  CHECK(desk.hub().unsubscribed == std::vector<SubscriptionId>{2});
}

TEST_CASE("FramedSubscriptions: a refusal inside subscribe leaves nothing behind") {
  Desk desk;
  desk.hub().inside = [&desk](const SubscribeRequest& request) {
    CHECK(desk.mine->drop(request.token) == 2);
    return true;
  };

  CHECK(desk.subscribe(1, heads()).empty());

  CHECK(desk.mine->is_empty());
  desk.mine.reset();
  CHECK(desk.hub().unsubscribed.empty());
}

TEST_CASE("FramedSubscriptions: what becomes of an event") {
  const struct {
    const char* continuity;
    EventKind kind;
    bool is_last;
    size_t queued;
    EventFate fate;
  } rows[] = {
      {"every", EventKind::kLive, false, 100, EventFate::kSend},
      {"every", EventKind::kGap, false, 0, EventFate::kSend},
      {"every", EventKind::kLive, false, 1'000, EventFate::kSend},
      {"every", EventKind::kLive, false, 1'001, EventFate::kOverflow},
      {"strict", EventKind::kLive, false, 101, EventFate::kSend},
      {"strict", EventKind::kLive, false, 1'001, EventFate::kOverflow},
      {"latest", EventKind::kReplayed, false, 100, EventFate::kSend},
      {"latest", EventKind::kLive, false, 101, EventFate::kSkip},
      {"latest", EventKind::kLive, true, 101, EventFate::kSend},
      {"latest", EventKind::kLive, false, 1'001, EventFate::kOverflow},
  };
  for (const auto& row : rows) {
    CAPTURE(row.continuity);
    CAPTURE(row.queued);
    Desk desk;
    desk.subscribe(1, heads(std::string(R"(,"continuity":")") + row.continuity + '"'));

    CHECK(desk.mine->fate_of(1, event_of(row.kind, row.is_last), row.queued) == row.fate);
    CHECK(desk.mine->fate_of(9, event_of(row.kind, row.is_last), row.queued) == EventFate::kSkip);
  }
}

TEST_CASE(
    "FramedSubscriptions: room again brings the newest to those that passed events over, once") {
  Desk desk;
  desk.subscribe(1, heads(R"(,"continuity":"latest")"));
  desk.subscribe(2, heads());
  REQUIRE(desk.mine->fate_of(1, event_of(), 101) == EventFate::kSkip);
  REQUIRE(desk.mine->fate_of(2, event_of(), 101) == EventFate::kSend);

  desk.mine->on_drained();
  desk.mine->on_drained();

  CHECK(desk.hub().newest == std::vector<SubscriptionId>{1});
}

}  // namespace sidecar::testing
