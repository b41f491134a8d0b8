#include "downstream/text_subscriptions.h"
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
  event.at = {1, 1};
  event.kind = kind;
  event.is_last = is_last;
  event.value = "{}";
  event.method = "eth_subscription";
  return event;
}

/// A session's subscriptions; soft bound 100 bytes for a second, hard bound 1,000.
struct Desk {
  explicit Desk(Continuity continuity = Continuity::kEvery)
      : loop(std::move(Loop::create()).value()), host(*loop) {
    host.session_limits.continuity = continuity;
    host.session_limits.subscriptions_max = 2;
    host.session_limits.slow_consumer.soft_bytes = 100;
    host.session_limits.slow_consumer.soft_time = Millis(1'000);
    host.session_limits.slow_consumer.hard_bytes = 1'000;
    mine = std::make_unique<TextSubscriptions>(host);
  }
  void subscribe(uint64_t token, std::string_view method = "eth_subscribe") {
    mine->subscribe(7, token, 2, method, R"(["newHeads"])");
  }
  std::string confirmed(uint64_t token, std::string_view method = "eth_subscribe") {
    subscribe(token, method);
    return std::string(mine->confirm(token));
  }
  FakeSubscriptions& hub() { return host.fake_subscriptions; }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  std::unique_ptr<TextSubscriptions> mine;
};

}  // namespace

TEST_CASE("TextSubscriptions: the hub is asked with all that the worker said") {
  Desk desk(Continuity::kStrict);

  desk.subscribe(5);

  REQUIRE(desk.hub().subscribed.size() == 1);
  const auto& asked = desk.hub().subscribed[0];
  CHECK(asked.request.session == 7);
  CHECK(asked.request.token == 5);
  CHECK(asked.request.chain == 2);
  CHECK(asked.method == "eth_subscribe");
  CHECK(asked.params == R"(["newHeads"])");
  CHECK(asked.request.continuity == Continuity::kStrict);
  CHECK_FALSE(asked.request.has_resume);
}

TEST_CASE(
    "TextSubscriptions: ids are strings on EVM chains, numbers on Solana, and never the same") {
  Desk desk;

  CHECK(desk.confirmed(1) == R"("0x1")");
  CHECK(desk.confirmed(2, "slotSubscribe") == "2");
  TextSubscriptions others(desk.host);
  others.subscribe(8, 1, 0, "eth_subscribe", "[]");

  CHECK(others.confirm(1) == R"("0x3")");
  CHECK(desk.mine->wire_id(1) == R"("0x1")");
}

TEST_CASE("TextSubscriptions: unsubscribing takes an id once, and tells the hub") {
  Desk desk;
  desk.confirmed(1);
  desk.confirmed(2, "slotSubscribe");

  CHECK(desk.mine->unsubscribe(R"([ "0x1" ])"));
  CHECK_FALSE(desk.mine->unsubscribe(R"(["0x1"])"));
  CHECK(desk.mine->unsubscribe("[2]"));

  CHECK(desk.hub().unsubscribed == std::vector<SubscriptionId>({1, 2}));
  CHECK(desk.mine->is_empty());
}

TEST_CASE("TextSubscriptions: an id that is not its own ends nothing, whoever has it") {
  Desk desk;
  desk.confirmed(1);
  TextSubscriptions others(desk.host);
  others.subscribe(8, 1, 0, "eth_subscribe", "[]");
  const std::string foreign(others.confirm(1));

  CHECK_FALSE(desk.mine->unsubscribe("[" + foreign + "]"));
  for (const char* params :
       {"", "[]", "[null]", "[1]", R"(["0x9"])", R"("0x1")", R"({"a":"0x1"})", R"([["0x1"]])"}) {
    CAPTURE(params);
    CHECK_FALSE(desk.mine->unsubscribe(params));
  }

  CHECK(desk.hub().unsubscribed.empty());
}

TEST_CASE("TextSubscriptions: an id is not known before it was given") {
  Desk desk;
  desk.subscribe(1);

  CHECK_FALSE(desk.mine->unsubscribe(R"(["0x1"])"));
  desk.mine->confirm(1);

  CHECK(desk.mine->unsubscribe(R"(["0x1"])"));
}

TEST_CASE("TextSubscriptions: destroying it leaves nothing behind, confirmed or not") {
  Desk desk;
  desk.confirmed(1);
  desk.subscribe(2);

  desk.mine.reset();

  CHECK(desk.hub().unsubscribed.size() == 2);
}

TEST_CASE("TextSubscriptions: what the hub ended is not ended again") {
  Desk desk;
  desk.confirmed(1);
  desk.subscribe(2);

  CHECK(desk.mine->drop(1));
  CHECK_FALSE(desk.mine->drop(2));  // its worker waits for an answer
  CHECK_FALSE(desk.mine->drop(1));
  CHECK_FALSE(desk.mine->unsubscribe(R"(["0x1"])"));
  desk.mine.reset();

  CHECK(desk.hub().unsubscribed.empty());
}

TEST_CASE("TextSubscriptions: a refusal inside subscribe leaves nothing behind") {
  Desk desk;
  desk.hub().inside = [&desk](const SubscribeRequest& request) {
    CHECK_FALSE(desk.mine->drop(request.token));
    return true;
  };

  desk.subscribe(1);

  CHECK(desk.mine->is_empty());
  desk.mine.reset();
  CHECK(desk.hub().unsubscribed.empty());
}

TEST_CASE("TextSubscriptions: it is full at subscriptions_max, those that wait counted") {
  Desk desk;
  CHECK(desk.mine->is_empty());

  desk.subscribe(1);
  CHECK_FALSE(desk.mine->is_full());
  desk.confirmed(2);
  CHECK(desk.mine->is_full());
  desk.mine->drop(1);

  CHECK_FALSE(desk.mine->is_full());
}

TEST_CASE("TextSubscriptions: what becomes of an event") {
  const struct {
    Continuity continuity;
    EventKind kind;
    bool is_last;
    size_t queued;
    EventFate fate;
  } rows[] = {
      {Continuity::kEvery, EventKind::kLive, false, 0, EventFate::kSend},
      {Continuity::kEvery, EventKind::kReplayed, false, 100, EventFate::kSend},
      {Continuity::kEvery, EventKind::kLive, false, 101, EventFate::kSend},
      {Continuity::kEvery, EventKind::kLive, false, 1'000, EventFate::kSend},
      {Continuity::kEvery, EventKind::kLive, false, 1'001, EventFate::kOverflow},
      {Continuity::kEvery, EventKind::kGap, false, 0, EventFate::kSkip},
      {Continuity::kStrict, EventKind::kLive, false, 101, EventFate::kSend},
      {Continuity::kStrict, EventKind::kLive, false, 1'001, EventFate::kOverflow},
      {Continuity::kLatest, EventKind::kLive, false, 100, EventFate::kSend},
      {Continuity::kLatest, EventKind::kLive, false, 101, EventFate::kSkip},
      {Continuity::kLatest, EventKind::kLive, true, 101, EventFate::kSend},
      {Continuity::kLatest, EventKind::kLive, false, 1'001, EventFate::kOverflow},
  };
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.continuity));
    CAPTURE(row.queued);
    Desk desk(row.continuity);
    desk.confirmed(1);

    CHECK(desk.mine->fate_of(1, event_of(row.kind, row.is_last), row.queued) == row.fate);
    CHECK(desk.mine->fate_of(9, event_of(row.kind, row.is_last), row.queued) == EventFate::kSkip);
  }
}

TEST_CASE("TextSubscriptions: over the soft bound for soft_time is an overflow") {
  Desk desk;
  desk.confirmed(1);

  CHECK(desk.mine->fate_of(1, event_of(), 101) == EventFate::kSend);
  desk.host.time_ahead += Millis(999);
  CHECK(desk.mine->fate_of(1, event_of(), 101) == EventFate::kSend);
  desk.host.time_ahead += Millis(1);

  CHECK(desk.mine->fate_of(1, event_of(), 101) == EventFate::kOverflow);
}

TEST_CASE(
    "TextSubscriptions: room again brings the newest to those that passed events over, once") {
  Desk desk(Continuity::kLatest);
  desk.confirmed(1);
  desk.confirmed(2);
  REQUIRE(desk.mine->fate_of(2, event_of(), 101) == EventFate::kSkip);
  REQUIRE(desk.mine->fate_of(2, event_of(), 101) == EventFate::kSkip);

  desk.mine->on_drained();
  desk.mine->on_drained();

  CHECK(desk.hub().newest == std::vector<SubscriptionId>{2});
}

}  // namespace sidecar::testing
