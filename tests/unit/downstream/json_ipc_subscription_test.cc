#include "downstream/json_ipc_session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_host.h"
#include "tests/support/socket_pair.h"

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
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"result":)" + value + "}\n";
}
std::string notification(const std::string& subscription, const std::string& value) {
  return R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":)" +
         subscription + R"(,"result":)" + value + "}}\n";
}

struct Bench {
  explicit Bench(const SessionLimits& limits = {})
      : loop(std::move(Loop::create()).value()), host(*loop) {
    host.session_limits = limits;
    session = std::make_unique<JsonIpcSession>(host);
    REQUIRE(session->attach(*loop, pair.ours(), 1));
  }
  ~Bench() {
    session.reset();
    turn(*loop);
  }
  std::string say(const std::string& text) {
    pair.send(text);
    return heard();
  }
  std::string heard() {
    turn(*loop);
    return pair.receive();
  }
  uint64_t token(size_t index) const {
    return host.fake_subscriptions.subscribed.at(index).request.token;
  }
  void confirm(size_t index) { session->on_subscribed(token(index), {1, 0}); }
  void tell(size_t index, const std::string& value, EventKind kind = EventKind::kLive,
            bool is_last = false) {
    FeedEvent event;
    event.kind = kind;
    event.is_last = is_last;
    event.value = value;
    event.method = "eth_subscription";
    EventForms forms(event);
    session->on_event(token(index), forms);
  }
  FakeSubscriptions& hub() { return host.fake_subscriptions; }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  SocketPair pair;
  std::unique_ptr<JsonIpcSession> session;
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

TEST_CASE("JsonIpcSession: eth_subscribe is answered once it stands, then notifications follow") {
  Bench bench;

  CHECK(bench.say(heads(7)).empty());
  REQUIRE(bench.hub().subscribed.size() == 1);
  CHECK(bench.hub().subscribed[0].params == R"(["newHeads"])");
  bench.confirm(0);
  bench.tell(0, "{ \"number\" : \"0x1\" }");

  CHECK(bench.heard() == result(7, R"("0x1")") + notification(R"("0x1")", R"({"number":"0x1"})"));
}

TEST_CASE("JsonIpcSession: Solana's subscriptions have numbers and their own notifications") {
  Bench bench;
  bench.say(request(7, "slotSubscribe", "[]"));
  bench.confirm(0);
  FeedEvent event;
  event.value = R"({"slot":5})";
  event.method = "slotNotification";
  event.family = Family::kSvm;
  EventForms forms(event);

  bench.session->on_event(bench.token(0), forms);

  CHECK(bench.heard() == result(7, "1") +
                             R"({"jsonrpc":"2.0","method":"slotNotification","params":{"result":)"
                             R"({"slot":5},"subscription":1}})"
                             "\n");
  CHECK(bench.say(request(8, "slotUnsubscribe", "[1]")) == result(8, "true"));
  CHECK(bench.hub().unsubscribed == std::vector<SubscriptionId>{1});
}

TEST_CASE("JsonIpcSession: an event waits for the batch that answers its subscription") {
  Bench bench;
  bench.say(heads(9));
  bench.confirm(0);
  bench.heard();
  bench.say('[' + heads(1) + ',' + request(2, "eth_chainId", "[]") + ']');
  CHECK(bench.heard() == "");
  bench.confirm(1);
  bench.tell(1, "1");
  bench.tell(0, "1");
  bench.tell(1, "2", EventKind::kLive, true);

  CHECK(bench.heard() == notification(R"("0x1")", "1"));
  bench.session->on_reply(bench.host.fake_calls.submitted.at(0).token,
                          {Reply::Kind::kResult, R"("0x5")"});

  std::string answers = '[' + result(1, R"("0x2")") + ',' + result(2, R"("0x5")") + "]\n";
  std::erase(answers, '\n');
  CHECK(bench.heard() ==
        answers + '\n' + notification(R"("0x2")", "1") + notification(R"("0x2")", "2"));
}

TEST_CASE("JsonIpcSession: events that wait for a batch count as unread") {
  Bench bench(tight(Continuity::kEvery));
  bench.say('[' + heads(1) + ',' + request(2, "eth_chainId", "[]") + ']');
  bench.confirm(0);

  for (int i = 0; i < 3; ++i) {
    bench.tell(0, kBig);
  }
  CHECK(bench.host.ended.empty());
  bench.tell(0, kBig);
  bench.tell(0, kBig);
  bench.heard();

  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kOverflow);
}

TEST_CASE("JsonIpcSession: two subscriptions to the same have ids of their own") {
  Bench bench;
  bench.say(heads(1) + heads(2));
  bench.confirm(1);
  bench.confirm(0);
  CHECK(bench.heard() == result(2, R"("0x2")") + result(1, R"("0x1")"));

  bench.tell(0, "1");
  bench.tell(1, "1");

  CHECK(bench.heard() == notification(R"("0x1")", "1") + notification(R"("0x2")", "1"));
}

TEST_CASE("JsonIpcSession: an event is written once, and only ids differ") {
  Bench bench;
  bench.say(heads(1) + heads(2));
  FeedEvent event;
  event.value = "1";
  event.method = "eth_subscription";
  EventForms forms(event);

  bench.session->on_event(bench.token(0), forms);
  bench.session->on_event(bench.token(1), forms);

  CHECK(forms.made_count() == 1);
}

TEST_CASE("JsonIpcSession: a refusal is the answer to the request") {
  Bench bench;
  bench.hub().inside = [&bench](const SubscribeRequest& asked) {
    bench.session->on_subscription_lost(asked.token, R"({"code":-32601,"message":"no"})");
    return true;
  };

  CHECK(bench.say(heads(7)) == R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"}})"
                               "\n");
}

TEST_CASE("JsonIpcSession: eth_unsubscribe ends its own, once, and no event follows") {
  Bench bench;
  bench.say(heads(1));
  bench.confirm(0);
  bench.heard();

  CHECK(bench.say(request(2, "eth_unsubscribe", R"(["0x1"])")) == result(2, "true"));
  bench.tell(0, "1");
  CHECK(bench.say(request(3, "eth_unsubscribe", R"(["0x1"])")) == result(3, "false"));

  CHECK(bench.hub().unsubscribed == std::vector<SubscriptionId>{1});
}

TEST_CASE("JsonIpcSession: eth_unsubscribe of an unknown id answers false") {
  Bench bench;
  for (const std::string params : {R"(["0x99"])", "[]", "[1]", "[null]"}) {
    CAPTURE(params);
    CHECK(bench.say(request(2, "eth_unsubscribe", params)) == result(2, "false"));
  }
  CHECK(bench.hub().unsubscribed.empty());
}

TEST_CASE("JsonIpcSession: Solana's unsubscribe of an unknown id is -32602") {
  Bench bench;
  for (const char* method : {"slotUnsubscribe", "accountUnsubscribe", "slotsUpdatesUnsubscribe"}) {
    CAPTURE(method);

    const std::string got = bench.say(request(2, method, "[99]"));

    CHECK(
        got.find("\"id\":2,\"error\":{\"code\":-32602,\"message\":\"Invalid subscription id.\"") !=
        std::string::npos);
  }
}

TEST_CASE("JsonIpcSession: a foreign id ends nobody else's subscription") {
  Bench bench;
  TextSubscriptions others(bench.host);
  others.subscribe(2, 1, 0, "eth_subscribe", "[]");
  others.subscribe(2, 2, 0, "slotSubscribe", "[]");
  const std::string evm(others.confirm(1));
  const std::string svm(others.confirm(2));

  CHECK(bench.say(request(3, "eth_unsubscribe", "[" + evm + "]")) == result(3, "false"));
  CHECK(bench.say(request(4, "slotUnsubscribe", "[" + svm + "]")).find("-32602") !=
        std::string::npos);

  CHECK(bench.hub().unsubscribed.empty());
}

TEST_CASE("JsonIpcSession: subscribing inside a batch is answered in its place") {
  Bench bench;

  bench.say("[" + request(1, "eth_chainId", "[]") + "," + heads(2) + "," +
            request(3, "eth_unsubscribe", R"(["0x99"])") + "]");
  bench.confirm(0);
  CHECK(bench.heard().empty());
  bench.session->on_reply(bench.host.fake_calls.submitted[0].token,
                          {Reply::Kind::kResult, R"("0x5")"});

  CHECK(bench.heard() == R"([{"jsonrpc":"2.0","id":1,"result":"0x5"},)"
                         R"({"jsonrpc":"2.0","id":2,"result":"0x1"},)"
                         R"({"jsonrpc":"2.0","id":3,"result":false}])"
                         "\n");
}

TEST_CASE(
    "JsonIpcSession: one subscription over session_subscriptions_max is refused and counted") {
  SessionLimits limits;
  limits.subscriptions_max = 1;
  Bench bench(limits);
  bench.say(heads(1));

  const std::string got = bench.say(heads(2));

  CHECK(got.find("\"id\":2,\"error\"") != std::string::npos);
  CHECK(got.find("CLIENT_LIMIT") != std::string::npos);
  CHECK(bench.host.limits_met["session_subscriptions_max"] == 1);
  CHECK(bench.hub().subscribed.size() == 1);
}

TEST_CASE("JsonIpcSession: gaps have no notification; late events look like live ones") {
  Bench bench;
  bench.say(heads(1));
  bench.confirm(0);
  bench.heard();

  bench.tell(0, R"({"reason":"no_answer"})", EventKind::kGap);
  bench.tell(0, "2", EventKind::kReplayed);

  CHECK(bench.heard() == notification(R"("0x1")", "2"));
}

TEST_CASE("JsonIpcSession: an event waits for a long answer that is being written") {
  Bench bench;
  bench.say(heads(1) + request(2, "eth_getLogs", "[{}]"));
  bench.confirm(0);
  bench.heard();
  const uint64_t call = bench.host.fake_calls.submitted.at(0).token;

  bench.session->on_reply_part(call, "[1,");
  bench.tell(0, "7");
  bench.session->on_reply(call, {Reply::Kind::kResult, "2]"});

  CHECK(bench.heard() == result(2, "[1,2]") + notification(R"("0x1")", "7"));
}

TEST_CASE("JsonIpcSession: D01 over the hard bound the session ends and is counted") {
  Bench bench(tight(Continuity::kEvery));
  bench.say(heads(1));
  bench.confirm(0);

  for (int i = 0; i < 6; ++i) {
    bench.tell(0, kBig);
  }
  const std::string got = bench.heard();

  CHECK(got.ends_with(notification(R"("0x1")", kBig)));  // what was begun is whole
  CHECK(bench.pair.is_ended());
  CHECK(bench.host.limits_met["event_queue_bytes"] == 1);
  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kOverflow);
}

TEST_CASE("JsonIpcSession: latest passes events over while it is full, and gets the newest then") {
  Bench bench(tight(Continuity::kLatest));
  bench.say(heads(1));
  bench.confirm(0);
  bench.tell(0, kBig);
  bench.tell(0, kBig);

  bench.tell(0, "3");
  bench.tell(0, "4");
  const std::string got = bench.heard();

  CHECK(got.ends_with(notification(R"("0x1")", kBig)));
  CHECK(bench.hub().newest == std::vector<SubscriptionId>{1});
  bench.tell(0, "4");
  CHECK(bench.heard() == notification(R"("0x1")", "4"));
}

TEST_CASE("JsonIpcSession: a worker that vanishes leaves no subscription behind, answered or not") {
  Bench bench;
  bench.say(heads(1) + heads(2));
  bench.confirm(0);

  bench.pair.close_far();
  turn(*bench.loop);
  REQUIRE(bench.host.ended.size() == 1);
  bench.confirm(1);
  bench.tell(0, "1");
  bench.session.reset();

  CHECK(bench.hub().unsubscribed.size() == 2);
}

TEST_CASE("JsonIpcSession: half-close keeps subscriptions until the last of them is over") {
  Bench bench;
  bench.say(heads(1) + heads(2));
  bench.confirm(0);
  bench.confirm(1);
  bench.pair.finish_sending();
  bench.heard();

  bench.tell(0, "1", EventKind::kLive, true);
  CHECK(bench.heard() == notification(R"("0x1")", "1"));
  CHECK(bench.host.ended.empty());
  bench.session->on_subscription_lost(bench.token(1), "{}");

  CHECK(bench.heard().empty());
  CHECK(bench.pair.is_ended());
  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kPeerClosed);
  bench.session.reset();
  CHECK(bench.hub().unsubscribed.empty());
}

TEST_CASE("JsonIpcSession: shutting down answers who waits for a subscription") {
  Bench bench;
  bench.say(heads(1));

  bench.session->on_shutdown();
  const std::string got = bench.heard();

  CHECK(got.find("\"id\":1,\"error\"") != std::string::npos);
  CHECK(got.find("SHUTTING_DOWN") != std::string::npos);
  CHECK(bench.pair.is_ended());
}

}  // namespace sidecar::testing
