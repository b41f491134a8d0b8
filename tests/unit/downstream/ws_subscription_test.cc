#include "downstream/ws_session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "downstream/http_face.h"
#include "tests/support/fake_host.h"
#include "tests/support/fake_views.h"
#include "tests/support/socket_pair.h"
#include "tests/unit/net/http_ws_client.h"

namespace sidecar::testing {

namespace {

std::string request(int id, const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + method +
         R"(","params":)" + params + "}";
}
std::string heads(int id) {
  return request(id, "eth_subscribe", R"(["newHeads"])");
}
std::string result(int id, const std::string& value) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + value + "}";
}
std::string notification(const std::string& subscription, const std::string& value) {
  return R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":)" +
         subscription + R"(,"result":)" + value + "}}";
}
std::string joined(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) {
    lines += text + "\n";
  }
  return lines;
}

/// A worker on a WebSocket of its own, its handshake done.
struct Bench {
  explicit Bench(const SessionLimits& limits = {})
      : loop(std::move(Loop::create()).value()), host(*loop) {
    host.session_limits = limits;
    auto made = HttpFace::create(*loop, {}, host, *sessions, views);
    REQUIRE(made.ok());
    face = std::move(made).value();
    face->adopt(client.ours());
    client.send(handshake());
    const bool is_open = turn_until(*loop, [this]() {
      bytes += client.receive();
      return bytes.find("\r\n\r\n") != std::string::npos && sessions->size() == 1;
    });
    REQUIRE(is_open);
    bytes.clear();
  }
  ~Bench() {
    bool is_closed = false;
    face->close([&is_closed]() { is_closed = true; });
    const bool is_done = turn_until(*loop, [&is_closed]() { return is_closed; });
    CHECK(is_done);
    sessions.reset();
  }

  /// Sends a message and waits until the hub was asked `count` times in all.
  void subscribe(const std::string& text, size_t count = 1) {
    client.send(text_frame(text));
    const bool is_asked =
        turn_until(*loop, [this, count]() { return hub().subscribed.size() >= count; });
    REQUIRE(is_asked);
  }
  /// The messages that come until there are so many, one a line.
  std::string hear(size_t count) {
    std::vector<std::string> messages;
    turn_until(*loop, [&]() {
      bytes += client.receive();
      messages = read_frames(bytes).messages;
      return messages.size() >= count;
    });
    bytes.clear();
    return joined(messages);
  }
  std::string say(const std::string& text) {
    client.send(text_frame(text));
    return hear(1);
  }
  /// All up to FIN.
  Received rest() {
    const bool is_ended = turn_until(*loop, [this]() {
      bytes += client.receive();
      return client.is_ended();
    });
    CHECK(is_ended);
    return read_frames(bytes);
  }
  Subscriber subscriber(size_t index) const {
    const auto& asked = host.fake_subscriptions.subscribed.at(index);
    return {asked.request.session, asked.request.token, asked.id, asked.request.continuity};
  }
  void confirm(size_t index) {
    sessions->on_subscribed(subscriber(index).session, subscriber(index).token, {1, 0});
  }
  void tell(const std::vector<size_t>& to, const std::string& value,
            EventKind kind = EventKind::kLive) {
    FeedEvent event;
    event.kind = kind;
    event.value = value;
    event.method = "eth_subscription";
    std::vector<Subscriber> subscribers;
    for (const size_t index : to) {
      subscribers.push_back(subscriber(index));
    }
    sessions->on_event(event, subscribers);
  }
  SessionId session() const { return subscriber(0).session; }
  FakeSubscriptions& hub() { return host.fake_subscriptions; }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  FakeViews views;
  std::unique_ptr<SessionTable> sessions = std::make_unique<SessionTable>();
  SocketPair client;
  std::unique_ptr<HttpFace> face;
  std::string bytes;
};

/// Soft bound 1,000 bytes for a second, hard bound 3,000.
SessionLimits tight(Continuity continuity) {
  SessionLimits limits;
  limits.continuity = continuity;
  limits.output_mark_bytes = 1'000;
  limits.slow_consumer.soft_bytes = 1'000;
  limits.slow_consumer.soft_time = Millis(1'000);
  limits.slow_consumer.hard_bytes = 3'000;
  return limits;
}

const std::string kBig = '"' + std::string(800, 'x') + '"';

}  // namespace

TEST_CASE("WsSession: eth_subscribe is answered once it stands, then notifications follow") {
  Bench bench;
  bench.subscribe(heads(7));
  CHECK(bench.hub().subscribed[0].request.chain == 1);  // of the path /ethereum

  bench.confirm(0);
  bench.tell({0}, "{ \"number\" : \"0x1\" }");

  CHECK(bench.hear(2) ==
        joined({result(7, R"("0x1")"), notification(R"("0x1")", "{ \"number\" : \"0x1\" }")}));
}

TEST_CASE("WsSession: an event waits for the batch that answers its subscription") {
  Bench bench;
  bench.subscribe('[' + heads(1) + ',' + request(2, "eth_chainId", "[]") + ']');
  bench.confirm(0);
  bench.tell({0}, "1");
  bench.tell({0}, "2");
  const auto& call = bench.host.fake_calls.submitted.at(0);

  bench.sessions->on_reply(call.session, call.token, {Reply::Kind::kResult, R"("0x5")"});

  CHECK(bench.hear(3) == joined({'[' + result(1, R"("0x1")") + ',' + result(2, R"("0x5")") + ']',
                                 notification(R"("0x1")", "1"), notification(R"("0x1")", "2")}));
}

TEST_CASE("WsSession: one event goes to each of its subscriptions, and is written once") {
  Bench bench;
  bench.subscribe(heads(1));
  bench.subscribe(heads(2), 2);
  bench.confirm(0);
  bench.confirm(1);
  bench.hear(2);

  bench.tell({0, 1}, "5");

  CHECK(bench.hear(2) == joined({notification(R"("0x1")", "5"), notification(R"("0x2")", "5")}));
  CHECK(bench.sessions->forms_made() == 1);
}

TEST_CASE("WsSession: unsubscribing ends its own and no other, by each family's rules") {
  Bench bench;
  bench.subscribe(heads(1));
  bench.confirm(0);
  bench.hear(1);
  TextSubscriptions others(bench.host);
  others.subscribe(99, 1, 0, "eth_subscribe", "[]");
  const std::string foreign(others.confirm(1));

  CHECK(bench.say(request(2, "eth_unsubscribe", "[" + foreign + "]")) == result(2, "false") + "\n");
  CHECK(bench.say(request(3, "slotUnsubscribe", "[9]")).find("-32602") != std::string::npos);
  CHECK(bench.hub().unsubscribed.empty());
  CHECK(bench.say(request(4, "eth_unsubscribe", R"(["0x1"])")) == result(4, "true") + "\n");
  CHECK(bench.hub().unsubscribed == std::vector<SubscriptionId>{1});
  bench.tell({0}, "1");

  CHECK(bench.say(request(5, "eth_unsubscribe", R"(["0x1"])")) == result(5, "false") + "\n");
}

TEST_CASE("WsSession: a refusal is the answer, and leaves nothing behind") {
  Bench bench;
  bench.subscribe(heads(7));

  bench.sessions->on_subscription_lost(bench.session(), bench.subscriber(0).token,
                                       R"({"code":-32601,"message":"no"})");

  CHECK(bench.hear(1) == R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"}})"
                         "\n");
  bench.sessions->remove(bench.session());
  CHECK(bench.hub().unsubscribed.empty());
}

TEST_CASE("WsSession: gaps have no notification") {
  Bench bench;
  bench.subscribe(heads(1));
  bench.confirm(0);

  bench.tell({0}, R"({"reason":"no_answer"})", EventKind::kGap);
  bench.tell({0}, "2", EventKind::kReplayed);

  CHECK(bench.hear(2) == joined({result(1, R"("0x1")"), notification(R"("0x1")", "2")}));
}

TEST_CASE("WsSession: D01 over the hard bound the socket closes with 1012, and is counted") {
  Bench bench(tight(Continuity::kEvery));
  bench.subscribe(heads(1));
  bench.confirm(0);

  for (int i = 0; i < 6; ++i) {
    bench.tell({0}, kBig);
  }
  const Received got = bench.rest();

  CHECK(got.close_code == 1012);
  REQUIRE(got.messages.size() > 1);
  CHECK(got.messages.back() == notification(R"("0x1")", kBig));
  CHECK(bench.host.limits_met["event_queue_bytes"] == 1);
  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0] == std::pair(bench.session(), EndReason::kOverflow));
  bench.sessions->remove(bench.session());
  CHECK(bench.hub().unsubscribed == std::vector<SubscriptionId>{1});
}

TEST_CASE("WsSession: over the soft bound for its time is an overflow too") {
  Bench bench(tight(Continuity::kEvery));
  bench.subscribe(heads(1));
  bench.confirm(0);
  bench.tell({0}, kBig);
  bench.tell({0}, kBig);
  bench.tell({0}, "1");
  CHECK(bench.host.ended.empty());

  bench.host.time_ahead += Millis(1'000);
  bench.tell({0}, "2");

  CHECK(bench.rest().close_code == 1012);
}

TEST_CASE("WsSession: latest passes events over while it is full, and gets the newest then") {
  Bench bench(tight(Continuity::kLatest));
  bench.subscribe(heads(1));
  bench.confirm(0);
  bench.tell({0}, kBig);
  bench.tell({0}, kBig);

  bench.tell({0}, "3");
  bench.tell({0}, "4");
  CHECK(bench.hear(3) == joined({result(1, R"("0x1")"), notification(R"("0x1")", kBig),
                                 notification(R"("0x1")", kBig)}));
  const bool is_asked = turn_until(*bench.loop, [&]() { return !bench.hub().newest.empty(); });
  CHECK(is_asked);
  bench.tell({0}, "4");

  CHECK(bench.hub().newest == std::vector<SubscriptionId>{1});
  CHECK(bench.hear(1) == notification(R"("0x1")", "4") + "\n");
}

TEST_CASE("WsSession: shutting down answers who waits, and closes with 1012") {
  Bench bench;
  bench.subscribe(heads(1));

  bench.sessions->find(bench.session())->on_shutdown();
  const Received got = bench.rest();

  CHECK(got.close_code == 1012);
  REQUIRE(got.messages.size() == 1);
  CHECK(got.messages[0].find("SHUTTING_DOWN") != std::string::npos);
}

TEST_CASE("WsSession: a worker that vanishes while it subscribes leaves nothing behind") {
  Bench bench;
  bench.subscribe(heads(1));
  bench.subscribe(heads(2), 2);
  bench.confirm(0);

  bench.client.close_far();
  const bool is_ended = turn_until(*bench.loop, [&]() { return !bench.host.ended.empty(); });
  CHECK(is_ended);
  bench.confirm(1);
  bench.tell({0, 1}, "1");
  bench.sessions->remove(bench.session());
  bench.tell({0, 1}, "2");

  CHECK(bench.hub().unsubscribed.size() == 2);
}

TEST_CASE("WsSession: one subscription over session_subscriptions_max is refused and counted") {
  SessionLimits limits;
  limits.subscriptions_max = 1;
  Bench bench(limits);
  bench.subscribe(heads(1));

  const std::string got = bench.say(heads(2));

  CHECK(got.find("CLIENT_LIMIT") != std::string::npos);
  CHECK(bench.host.limits_met["session_subscriptions_max"] == 1);
  CHECK(bench.hub().subscribed.size() == 1);
}

}  // namespace sidecar::testing
