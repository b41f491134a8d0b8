#include "downstream/framed_session.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_host.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

namespace {

std::string frame(uint8_t type, uint64_t id, const std::string& payload = "", uint16_t chain = 0,
                  uint8_t flags = 0) {
  const rpcs_frame head{static_cast<uint32_t>(payload.size()), type, flags, chain, id};
  uint8_t bytes[RPCS_HEADER_BYTES];
  rpcs_encode_header(&head, bytes);
  return std::string(reinterpret_cast<const char*>(bytes), sizeof(bytes)) + payload;
}

/// The payload of an EVENT: u32 epoch, u64 seq, in network byte order, and the value.
std::string event_payload(char epoch, char seq, const std::string& value) {
  return std::string(3, '\0') + epoch + std::string(7, '\0') + seq + value;
}

/// All frames as `type id chain flags payload`, one a line.
std::string told(const std::string& bytes) {
  static const char* const kTypes[] = {"0",     "HELLO",     "CALL",  "RESULT",
                                       "ERROR", "SUBSCRIBE", "EVENT", "UNSUBSCRIBE"};
  std::string lines;
  for (size_t at = 0; at + RPCS_HEADER_BYTES <= bytes.size();) {
    rpcs_frame head;
    REQUIRE(rpcs_decode_header(reinterpret_cast<const uint8_t*>(bytes.data() + at),
                               RPCS_PAYLOAD_MAX, &head) == RPCS_FRAME_OK);
    const std::string payload = bytes.substr(at + RPCS_HEADER_BYTES, head.payload_length);
    lines += head.type < 8 ? kTypes[head.type] : std::to_string(head.type);
    lines += " " + std::to_string(head.id) + " " +
             (head.type == RPCS_EVENT ? payload.substr(12) : payload) + "\n";
    at += RPCS_HEADER_BYTES + head.payload_length;
  }
  return lines;
}

const std::string kHeads = R"({"method":"eth_subscribe","params":["newHeads"]})";
const std::string kLatest =
    R"({"method":"eth_subscribe","params":["newHeads"],"continuity":"latest"})";

struct Bench {
  explicit Bench(const SessionLimits& limits = {})
      : loop(std::move(Loop::create()).value()), host(*loop) {
    host.session_limits = limits;
    session = std::make_unique<FramedSession>(host);
    REQUIRE(session->attach(*loop, pair.ours(), 1));
  }
  ~Bench() {
    session.reset();
    turn(*loop);
  }
  std::string say(const std::string& bytes) {
    pair.send(bytes);
    return heard();
  }
  std::string heard() {
    turn(*loop);
    return pair.receive();
  }
  void tell(uint64_t token, const std::string& value, EventKind kind = EventKind::kLive,
            bool is_last = false) {
    FeedEvent event;
    event.at = {1, 2};
    event.kind = kind;
    event.is_last = is_last;
    event.value = value;
    EventForms forms(event);
    session->on_event(token, forms);
  }
  FakeSubscriptions& hub() { return host.fake_subscriptions; }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  SocketPair pair;
  std::unique_ptr<FramedSession> session;
};

/// Soft bound 1,000 bytes for a second, hard bound 3,000.
SessionLimits tight() {
  SessionLimits limits;
  limits.output_mark_bytes = 1'000;
  limits.slow_consumer.soft_bytes = 1'000;
  limits.slow_consumer.soft_time = Millis(1'000);
  limits.slow_consumer.hard_bytes = 3'000;
  return limits;
}

const std::string kBig = '"' + std::string(800, 'x') + '"';

}  // namespace

TEST_CASE("FramedSession: SUBSCRIBE is answered with its place once the hub says so, then EVENTs") {
  Bench bench;

  CHECK(bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads, 2)).empty());
  REQUIRE(bench.hub().subscribed.size() == 1);
  CHECK(bench.hub().subscribed[0].request.token == 9);
  CHECK(bench.hub().subscribed[0].request.chain == 2);
  bench.session->on_subscribed(9, {1, 1});
  bench.tell(9, R"({"number":"0x1"})");

  CHECK(bench.heard() == frame(RPCS_RESULT, 9, R"({"epoch":1,"seq":1})", 2) +
                             frame(RPCS_EVENT, 9, event_payload(1, 2, R"({"number":"0x1"})"), 2));
}

TEST_CASE("FramedSession: an EVENT's flags say what it is") {
  const struct {
    EventKind kind;
    bool is_last;
    int flags;
  } rows[] = {{EventKind::kLive, false, 0},
              {EventKind::kReplayed, false, RPCS_FLAG_REPLAYED},
              {EventKind::kGap, false, RPCS_FLAG_GAP},
              {EventKind::kLive, true, RPCS_FLAG_LAST},
              {EventKind::kReplayed, true, RPCS_FLAG_REPLAYED | RPCS_FLAG_LAST}};
  for (const auto& row : rows) {
    CAPTURE(row.flags);
    Bench bench;
    bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads));

    bench.tell(9, "7", row.kind, row.is_last);

    CHECK(bench.heard() ==
          frame(RPCS_EVENT, 9, event_payload(1, 2, "7"), 0, static_cast<uint8_t>(row.flags)));
  }
}

TEST_CASE("FramedSession: after the last event the id is free, and nothing is left to end") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads));

  bench.tell(9, "7", EventKind::kLive, true);
  bench.tell(9, "8");

  CHECK(told(bench.heard()) == "EVENT 9 7\n");
  CHECK(told(bench.say(frame(RPCS_UNSUBSCRIBE, 9))) == "RESULT 9 false\n");
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads));
  CHECK(bench.hub().subscribed.size() == 2);
  CHECK(bench.hub().unsubscribed.empty());
}

TEST_CASE("FramedSession: UNSUBSCRIBE is answered, and no EVENT follows") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads) + frame(RPCS_SUBSCRIBE, 10, kHeads));

  CHECK(bench.say(frame(RPCS_UNSUBSCRIBE, 9, "", 2)) == frame(RPCS_RESULT, 9, "true", 2));
  bench.tell(9, "1");
  bench.tell(10, "1");

  CHECK(told(bench.heard()) == "EVENT 10 1\n");
  CHECK(bench.hub().unsubscribed == std::vector<SubscriptionId>{1});
}

TEST_CASE("FramedSession: UNSUBSCRIBE of what is no subscription answers false, calls included") {
  Bench bench;
  bench.say(frame(RPCS_CALL, 5, R"({"method":"eth_chainId"})"));

  CHECK(told(bench.say(frame(RPCS_UNSUBSCRIBE, 9))) == "RESULT 9 false\n");
  CHECK(told(bench.say(frame(RPCS_UNSUBSCRIBE, 5))) == "RESULT 5 false\n");

  CHECK(bench.hub().unsubscribed.empty());
  CHECK(bench.host.fake_calls.cancelled.empty());
}

TEST_CASE("FramedSession: a refused SUBSCRIBE is an ERROR, and its id is free again") {
  Bench bench;
  bench.hub().inside = [&bench](const SubscribeRequest& request) {
    bench.session->on_subscription_lost(request.token, R"({"code":-32601,"message":"no"})");
    return true;
  };

  CHECK(bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads, 2)) ==
        frame(RPCS_ERROR, 9, R"({"code":-32601,"message":"no"})", 2));
  bench.hub().inside = nullptr;
  CHECK(bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads)).empty());

  CHECK(bench.hub().subscribed.size() == 2);
  CHECK(bench.host.ended.empty());
}

TEST_CASE("FramedSession: an answer may come inside SUBSCRIBE") {
  Bench bench;
  bench.hub().inside = [&bench](const SubscribeRequest& request) {
    bench.session->on_subscribed(request.token, {4'294'967'295, UINT64_MAX});
    return false;
  };

  CHECK(told(bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads))) ==
        "RESULT 9 {\"epoch\":4294967295,\"seq\":18446744073709551615}\n");
}

TEST_CASE("FramedSession: a strict subscription that the hub ends is an ERROR for its id alone") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads, 2) + frame(RPCS_SUBSCRIBE, 10, kHeads));

  bench.session->on_subscription_lost(9, R"({"code":-32000})");
  bench.tell(9, "1");
  bench.tell(10, "1");

  CHECK(bench.heard() == frame(RPCS_ERROR, 9, R"({"code":-32000})", 2) +
                             frame(RPCS_EVENT, 10, event_payload(1, 2, "1")));
  CHECK(bench.host.ended.empty());
}

TEST_CASE("FramedSession: a SUBSCRIBE that cannot be read is refused, the session goes on") {
  Bench bench;

  const std::string got = told(bench.say(
      frame(RPCS_SUBSCRIBE, 9, R"({"method":"eth_subscribe","continuity":"sometimes"})")));

  CHECK(got.find("ERROR 9 ") == 0);
  CHECK(got.find("-32602") != std::string::npos);
  CHECK(got.find("continuity must be") != std::string::npos);
  CHECK(bench.hub().subscribed.empty());
  CHECK(bench.host.ended.empty());
}

TEST_CASE("FramedSession: ids are shared by calls and subscriptions, and 0 is none") {
  const std::string rows[] = {
      frame(RPCS_SUBSCRIBE, 0, kHeads),
      frame(RPCS_SUBSCRIBE, 9, kHeads) + frame(RPCS_SUBSCRIBE, 9, kHeads),
      frame(RPCS_CALL, 9, R"({"method":"a"})") + frame(RPCS_SUBSCRIBE, 9, kHeads),
      frame(RPCS_SUBSCRIBE, 9, kHeads) + frame(RPCS_CALL, 9, R"({"method":"a"})")};
  for (const std::string& bytes : rows) {
    CAPTURE(bytes);
    Bench bench;

    const std::string got = told(bench.say(bytes));

    CHECK(got.find("ERROR 0 ") == 0);
    CHECK(bench.pair.is_ended());
    REQUIRE(bench.host.ended.size() == 1);
    CHECK(bench.host.ended[0].second == EndReason::kProtocol);
  }
}

TEST_CASE("FramedSession: one subscription over session_subscriptions_max is refused and counted") {
  SessionLimits limits;
  limits.subscriptions_max = 1;
  Bench bench(limits);
  bench.say(frame(RPCS_SUBSCRIBE, 1, kHeads));

  const std::string got = told(bench.say(frame(RPCS_SUBSCRIBE, 2, kHeads)));

  CHECK(got.find("ERROR 2 ") == 0);
  CHECK(got.find("CLIENT_LIMIT") != std::string::npos);
  CHECK(bench.host.limits_met["session_subscriptions_max"] == 1);
  CHECK(bench.hub().subscribed.size() == 1);
  bench.say(frame(RPCS_UNSUBSCRIBE, 1));
  CHECK(bench.say(frame(RPCS_SUBSCRIBE, 2, kHeads)).empty());
}

TEST_CASE("FramedSession: D01 over the hard bound the worker is told SUB_OVERFLOW and let go") {
  Bench bench(tight());
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads, 2));

  for (int i = 0; i < 6; ++i) {
    bench.tell(9, kBig);
  }
  const std::string got = told(bench.heard());

  CHECK(got.find("ERROR 9 ") != std::string::npos);
  CHECK(got.find("SUB_OVERFLOW") != std::string::npos);
  CHECK(got.find("EVENT", got.find("ERROR")) == std::string::npos);
  CHECK(bench.pair.is_ended());
  CHECK(bench.host.limits_met["event_queue_bytes"] == 1);
  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kOverflow);
}

TEST_CASE("FramedSession: over the soft bound for its time is an overflow too") {
  Bench bench(tight());
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads));
  bench.tell(9, kBig);
  bench.tell(9, kBig);
  bench.tell(9, "1");
  CHECK(bench.host.ended.empty());

  bench.host.time_ahead += Millis(1'000);
  bench.tell(9, "2");

  CHECK(bench.host.ended.size() == 1);
  CHECK(told(bench.heard()).find("SUB_OVERFLOW") != std::string::npos);
}

TEST_CASE("FramedSession: latest passes events over while it is full, and gets the newest then") {
  Bench bench(tight());
  bench.say(frame(RPCS_SUBSCRIBE, 9, kLatest) + frame(RPCS_SUBSCRIBE, 10, kHeads));
  bench.tell(9, kBig);
  bench.tell(9, kBig);

  bench.tell(9, "3");
  bench.tell(9, "4");
  bench.tell(10, "5");
  CHECK(bench.hub().newest.empty());
  const std::string got = told(bench.heard());

  CHECK(got == "EVENT 9 " + kBig + "\nEVENT 9 " + kBig + "\nEVENT 10 5\n");
  CHECK(bench.hub().newest == std::vector<SubscriptionId>{1});
  bench.tell(9, "4");
  CHECK(told(bench.heard()) == "EVENT 9 4\n");
}

TEST_CASE("FramedSession: a worker that vanishes leaves no subscription behind") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads) + frame(RPCS_SUBSCRIBE, 10, kHeads));
  bench.session->on_subscribed(9, {1, 1});

  bench.pair.close_far();
  turn(*bench.loop);
  REQUIRE(bench.host.ended.size() == 1);
  bench.tell(9, "1");
  bench.session->on_subscribed(10, {1, 1});
  bench.session->on_subscription_lost(10, "{}");
  bench.session.reset();

  CHECK(bench.hub().unsubscribed == std::vector<SubscriptionId>{1});
}

TEST_CASE("FramedSession: half-close keeps subscriptions until the last of them is over") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads) + frame(RPCS_SUBSCRIBE, 10, kHeads));
  bench.pair.finish_sending();
  turn(*bench.loop);

  bench.tell(9, "1");
  bench.tell(9, "2", EventKind::kLive, true);
  CHECK(told(bench.heard()) == "EVENT 9 1\nEVENT 9 2\n");
  CHECK(bench.host.ended.empty());
  bench.session->on_subscription_lost(10, "{}");

  CHECK(told(bench.heard()) == "ERROR 10 {}\n");
  CHECK(bench.pair.is_ended());
  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kPeerClosed);
}

TEST_CASE("FramedSession: shutting down ends each subscription with its reason") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, kHeads, 2));

  bench.session->on_shutdown();
  const std::string got = told(bench.heard());

  CHECK(got.find("ERROR 9 ") != std::string::npos);
  CHECK(got.find("SHUTTING_DOWN") != std::string::npos);
  CHECK(bench.pair.is_ended());
}

}  // namespace sidecar::testing
