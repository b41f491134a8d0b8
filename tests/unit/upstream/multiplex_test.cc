#include "upstream/multiplex.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/fake_time.h"
#include "tests/unit/upstream/channel_ends.h"

namespace sidecar::testing {

namespace {

/// A link whose other end is the test.
struct FakeLink final : TextLink {
  bool dial() override {
    ++dial_count;
    return can_dial;
  }
  void send(std::string_view text) override { sent.emplace_back(text); }

  bool can_dial = true;
  int dial_count = 0;
  std::vector<std::string> sent;
};

struct Bench {
  Bench() : mux(time, {100, 1, 4}, link) {}
  void start(AttemptId id) {
    Attempt attempt;
    attempt.id = id;
    attempt.request_tail = R"("method":"eth_chainId","params":[]})";
    mux.start(attempt, ends);
  }
  void open(SourceId id) {
    mux.open_feed({id, "eth_subscribe", R"(["newHeads"])", "eth_unsubscribe"}, feeds);
  }
  void say(std::string_view text) {
    JsonScanner scanner;
    REQUIRE(scanner.feed(text).status == ScanStatus::kDone);
    mux.on_link_text(text, scanner);
  }
  void event(std::string_view subscription, std::string_view value) {
    say(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":)" +
        std::string(subscription) + R"(,"result":)" + std::string(value) + "}}");
  }
  void lose(Outcome outcome = Outcome::kClosed) {
    Multiplex::Loss loss;
    loss.why.outcome = outcome;
    mux.on_link_lost(loss);
  }
  /// A feed that is up, with the node's id "0xa".
  void come_up(SourceId id) {
    open(id);
    mux.on_link_up();
    say(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})");
    feeds.told.clear();
    link.sent.clear();
  }

  FakeTime time;
  FakeLink link;
  Ends ends;
  FeedEnds feeds;
  Multiplex mux;
};

const std::string kUnsubscribe =
    R"({"jsonrpc":"2.0","id":101,"method":"eth_unsubscribe","params":["0xa"]})";

}  // namespace

TEST_CASE("Multiplex: calls and feeds wait for the link and find their answers by id") {
  Bench bench;

  bench.start(1);
  bench.open(7);
  CHECK(bench.link.dial_count == 1);
  CHECK(bench.link.sent.empty());
  bench.mux.on_link_up();
  CHECK(bench.link.sent ==
        Told{R"({"jsonrpc":"2.0","id":100,"method":"eth_chainId","params":[]})",
             R"({"jsonrpc":"2.0","id":101,"method":"eth_subscribe","params":["newHeads"]})"});
  bench.say(R"({"jsonrpc":"2.0","id":101,"result":"0xa"})");
  bench.say(R"({"jsonrpc":"2.0","id":100,"result":"0x1"})");
  bench.event("\"0xa\"", "{\"n\":1}");

  CHECK(bench.ends.bodies[1] == "\"0x1\"");
  CHECK(bench.feeds.told == Told{"open 7", "event 7 {\"n\":1}"});
  CHECK(bench.mux.epoch() == 1);
}

TEST_CASE("Multiplex: Solana's numbers and order of members are understood") {
  Bench bench;
  bench.mux.open_feed({7, "slotSubscribe", "[]", "slotUnsubscribe"}, bench.feeds);
  bench.mux.on_link_up();

  bench.say(R"({"jsonrpc":"2.0","result":24,"id":100})");
  bench.say(
      R"({"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":5},"subscription":24}})");
  bench.mux.close_feed(7);

  CHECK(bench.feeds.told == Told{"open 7", "event 7 {\"slot\":5}"});
  CHECK(bench.link.sent.back() ==
        R"({"jsonrpc":"2.0","id":101,"method":"slotUnsubscribe","params":[24]})");
}

TEST_CASE("Multiplex: events that come before the answer follow it, in order") {
  Bench bench;
  bench.open(7);
  bench.mux.on_link_up();

  bench.event("\"0xa\"", "1");
  bench.event("\"0xa\"", "2");
  CHECK(bench.feeds.told.empty());
  bench.say(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})");
  bench.event("\"0xa\"", "3");

  CHECK(bench.feeds.told == Told{"open 7", "event 7 1", "event 7 2", "event 7 3"});
}

TEST_CASE("Multiplex: what is closed by its opening gets no held event") {
  Bench bench;
  bench.feeds.on_open = [&bench](SourceId id) { bench.mux.close_feed(id); };
  bench.open(7);
  bench.mux.on_link_up();

  bench.event("\"0xa\"", "1");
  bench.say(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})");

  CHECK(bench.feeds.told == Told{"open 7"});
  CHECK(bench.link.sent.back() == kUnsubscribe);
}

TEST_CASE("Multiplex: more events than are held before the answer cost the feed, never silently") {
  Bench bench;
  bench.open(7);
  bench.mux.on_link_up();

  for (size_t i = 0; i <= FeedTable::kHeldEventsMax; ++i) {
    bench.event("\"0xa\"", "1");
  }
  bench.say(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})");

  CHECK(bench.feeds.told == Told{"lost 7 too_large"});
  CHECK(bench.link.sent.back() == kUnsubscribe);
  CHECK(bench.mux.feed_counts().overflows == 1);
}

TEST_CASE("Multiplex: a feed closed before its answer is unsubscribed when the answer comes") {
  Bench bench;
  bench.open(7);
  bench.mux.on_link_up();

  bench.mux.close_feed(7);
  CHECK(bench.link.sent.size() == 1);
  bench.event("\"0xa\"", "1");
  bench.say(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})");
  bench.say(R"({"jsonrpc":"2.0","id":101,"result":true})");

  CHECK(bench.feeds.told.empty());
  CHECK(bench.link.sent.back() == kUnsubscribe);
  CHECK(bench.link.sent.size() == 2);
}

TEST_CASE("Multiplex: what was taken back before the link is up is never sent") {
  Bench bench;
  bench.start(1);
  bench.open(7);

  CHECK(bench.mux.cancel(1) == Sent::kNo);
  bench.mux.close_feed(7);
  bench.mux.on_link_up();

  CHECK(bench.link.sent.empty());
  CHECK(bench.feeds.told.empty());
}

TEST_CASE("Multiplex: a refused subscription is told with the provider's error") {
  Bench bench;
  bench.open(7);
  bench.mux.on_link_up();

  bench.say(R"({"jsonrpc":"2.0","id":100,"error":{"code":-32601,"message":"no"}})");

  CHECK(bench.feeds.told == Told{R"(lost 7 rpc_error {"code":-32601,"message":"no"})"});
}

TEST_CASE("Multiplex: an answer that is no subscription id is no subscription") {
  for (const char* result : {"null", "{}", "-1", "1.5", "true"}) {
    CAPTURE(result);
    Bench bench;
    bench.open(7);
    bench.mux.on_link_up();

    bench.say(R"({"jsonrpc":"2.0","id":100,"result":)" + std::string(result) + "}");

    CHECK(bench.feeds.told == Told{"lost 7 protocol"});
  }
}

TEST_CASE("Multiplex: one id for two feeds refuses the second and keeps the first") {
  Bench bench;
  bench.come_up(7);
  bench.open(8);

  bench.say(R"({"jsonrpc":"2.0","id":101,"result":"0xa"})");
  bench.event("\"0xa\"", "1");

  CHECK(bench.feeds.told == Told{"lost 8 protocol", "event 7 1"});
  CHECK(bench.link.sent.size() == 1);
}

TEST_CASE("Multiplex: B18 an event of an unknown id is answered with one unsubscribe") {
  Bench bench;
  bench.come_up(7);

  bench.event("\"0xdead\"", "1");
  bench.event("\"0xdead\"", "2");
  bench.say(
      R"({"jsonrpc":"2.0","method":"accountNotification","params":{"result":1,"subscription":9}})");

  CHECK(bench.link.sent ==
        Told{R"({"jsonrpc":"2.0","id":101,"method":"eth_unsubscribe","params":["0xdead"]})",
             R"({"jsonrpc":"2.0","id":102,"method":"accountUnsubscribe","params":[9]})"});
  CHECK(bench.mux.feed_counts().stray_events == 3);
  CHECK(bench.mux.feed_counts().stray_unsubscribes == 2);
  CHECK(bench.feeds.told.empty());
}

TEST_CASE("Multiplex: B18 an unsubscribe that was lost is said once more") {
  Bench bench;
  bench.come_up(7);
  bench.mux.close_feed(7);
  CHECK(bench.link.sent == Told{kUnsubscribe});

  bench.event("\"0xa\"", "1");  // was on its way
  CHECK(bench.link.sent.size() == 1);
  bench.time.advance(FeedTable::kUnsubscribeWait);
  bench.event("\"0xa\"", "2");
  bench.event("\"0xa\"", "3");

  CHECK(bench.link.sent.size() == 2);
  CHECK(bench.link.sent.back() ==
        R"({"jsonrpc":"2.0","id":102,"method":"eth_unsubscribe","params":["0xa"]})");
  CHECK(bench.feeds.told.empty());
}

TEST_CASE("Multiplex: events held for nobody are strays once every answer has come") {
  Bench bench;
  bench.open(7);
  bench.mux.on_link_up();

  bench.event("\"0xdead\"", "1");
  CHECK(bench.link.sent.size() == 1);
  bench.say(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})");

  CHECK(bench.link.sent.back() ==
        R"({"jsonrpc":"2.0","id":101,"method":"eth_unsubscribe","params":["0xdead"]})");
  CHECK(bench.feeds.told == Told{"open 7"});
}

TEST_CASE("Multiplex: a notification with an error ends its feed") {
  Bench bench;
  bench.come_up(7);

  bench.say(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa",)"
            R"("error":{"code":1,"message":"x"}}})");
  bench.event("\"0xa\"", "1");

  CHECK(bench.feeds.told == Told{R"(lost 7 rpc_error {"code":1,"message":"x"})"});
}

TEST_CASE("Multiplex: a lost link ends calls and feeds, and what they ask for then waits a turn") {
  Bench bench;
  bench.come_up(7);
  bench.start(1);
  bench.feeds.on_lost = [&bench](SourceId id) {
    if (id == 7) {
      bench.open(8);
    }
  };

  bench.lose();
  CHECK(bench.ends.outcomes[1] == Outcome::kClosed);
  CHECK(bench.ends.sent[1] == Sent::kMaybe);
  CHECK(bench.feeds.told == Told{"lost 7 closed"});
  bench.time.advance(Multiplex::kPauseMax);
  bench.open(9);

  CHECK(bench.link.dial_count == 2);
}

TEST_CASE("Multiplex: of two that are lost the first may close the second, which hears nothing") {
  Bench bench;
  bench.open(7);
  bench.open(8);
  bench.start(1);
  bench.start(2);
  bench.feeds.on_lost = [&bench](SourceId id) { bench.mux.close_feed(id == 7 ? 8 : 7); };

  bench.lose(Outcome::kConnect);

  CHECK(bench.feeds.told.size() == 1);
  CHECK(bench.ends.sent[1] == Sent::kNo);
  CHECK(bench.ends.outcomes.size() == 2);
}

TEST_CASE("Multiplex: too large an answer is the only call's; of several nobody's") {
  for (const AttemptId count : {AttemptId{1}, AttemptId{2}}) {
    Bench bench;
    for (AttemptId id = 1; id <= count; ++id) {
      bench.start(id);
    }
    bench.mux.on_link_up();

    bench.lose(Outcome::kTooLarge);

    CHECK(bench.ends.outcomes[1] == (count == 1 ? Outcome::kTooLarge : Outcome::kClosed));
  }
}

TEST_CASE("Multiplex: within the pause calls and feeds are refused on a later turn") {
  Bench bench;
  bench.start(1);
  Multiplex::Loss loss;
  loss.why.outcome = Outcome::kConnect;
  loss.pause_min = Millis(5'000);
  bench.mux.on_link_lost(loss);

  bench.start(2);
  bench.open(7);
  bench.open(8);
  bench.mux.close_feed(8);
  CHECK(bench.ends.outcomes.size() == 1);
  CHECK(bench.feeds.told.empty());
  bench.time.advance(Millis(4'999));

  CHECK(bench.ends.outcomes[2] == Outcome::kConnect);
  CHECK(bench.ends.sent[2] == Sent::kNo);
  CHECK(bench.feeds.told == Told{"lost 7 connect"});
  CHECK(bench.link.dial_count == 1);
}

TEST_CASE("Multiplex: however fast connections end, there are not more than kDialsMax in a span") {
  Bench bench;

  for (int i = 0; i < 400; ++i) {
    bench.start(static_cast<AttemptId>(i) + 1);
    if (bench.link.dial_count > static_cast<int>(bench.mux.epoch())) {
      bench.mux.on_link_up();
      bench.say(R"({"jsonrpc":"2.0","id":1,"result":1})");  // it works, so no failure counts
      bench.lose();
    }
    bench.time.advance(Millis(10));
  }

  CHECK(bench.link.dial_count == static_cast<int>(Multiplex::kDialsMax));
}

TEST_CASE("Multiplex: a link that cannot be dialled refuses, and is not asked again at once") {
  Bench bench;
  bench.link.can_dial = false;

  bench.start(1);
  CHECK(bench.ends.outcomes.empty());
  bench.time.advance(Millis(1));

  CHECK(bench.ends.outcomes[1] == Outcome::kConnect);
}

TEST_CASE("Multiplex: A40 over queue_max a call is refused on a later turn") {
  Bench bench;
  for (AttemptId id = 1; id <= 5; ++id) {
    bench.start(id);
  }
  CHECK(bench.ends.outcomes.empty());

  bench.time.advance(Millis(1));

  CHECK(bench.ends.outcomes.size() == 1);
  CHECK(bench.ends.outcomes[5] == Outcome::kBusy);
}

}  // namespace sidecar::testing
