#include "downstream/drain_gate.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_ports.h"

namespace sidecar::testing {

namespace {

/// A session that writes down what it hears.
struct Heard final : Session {
  void on_reply(uint64_t token, const Reply& reply) override {
    replies.push_back(std::to_string(token) + " " + std::string(reply.body));
    is_error = reply.kind == Reply::Kind::kError;
  }
  Flow on_reply_part(uint64_t, std::string_view) override { return Flow::kOk; }
  void on_subscription_lost(uint64_t token, std::string_view error) override {
    lost.push_back(std::to_string(token) + " " + std::string(error));
  }
  void on_shutdown() override {}
  std::vector<std::string> replies;
  std::vector<std::string> lost;
  bool is_error = false;
};

struct Gated {
  Gated() : gate(calls, subscriptions, sessions) {
    auto owned = std::make_unique<Heard>();
    heard = owned.get();
    session = sessions.add(std::move(owned));
  }
  CallId call(uint64_t token) {
    Request request;
    request.session = session;
    request.token = token;
    request.method = "eth_chainId";
    return gate.submit(request);
  }
  SubscriptionId subscribe(uint64_t token) {
    SubscribeRequest request;
    request.session = session;
    request.token = token;
    request.method = "eth_subscribe";
    return gate.subscribe(request);
  }
  FakeCalls calls;
  FakeSubscriptions subscriptions;
  SessionTable sessions;
  DrainGate gate;
  Heard* heard;
  SessionId session;
};

}  // namespace

TEST_CASE("DrainGate: passes everything on while it is open") {
  Gated to;

  const CallId call = to.call(1);
  to.gate.cancel(call);
  const SubscriptionId subscription = to.subscribe(2);
  to.gate.unsubscribe(subscription);

  CHECK(to.calls.submitted.size() == 1);
  CHECK(to.calls.cancelled.size() == 1);
  CHECK(to.subscriptions.subscribed.size() == 1);
  CHECK(to.subscriptions.unsubscribed.size() == 1);
  CHECK(to.heard->replies.empty());
  CHECK(to.heard->lost.empty());
}

TEST_CASE("DrainGate: once shut, answers inside that nothing was sent") {
  Gated to;
  to.gate.shut();
  to.gate.shut();

  CHECK(to.call(7) == 0);
  CHECK(to.subscribe(8) == 0);

  CHECK(to.calls.submitted.empty());
  CHECK(to.subscriptions.subscribed.empty());
  REQUIRE(to.heard->replies.size() == 1);
  REQUIRE(to.heard->lost.size() == 1);
  CHECK(to.heard->is_error);
  for (const std::string& said : {to.heard->replies[0].substr(2), to.heard->lost[0].substr(2)}) {
    CHECK(said.find(R"("name":"SHUTTING_DOWN")") != std::string::npos);
    CHECK(said.find(R"("sent":"no")") != std::string::npos);
    CHECK(said.find(R"("retryable":true)") != std::string::npos);
  }
}

TEST_CASE("DrainGate: what was passed on before can still be cancelled and resumed") {
  Gated to;
  const CallId call = to.call(1);
  const SubscriptionId subscription = to.subscribe(2);
  to.gate.shut();

  to.gate.resume(call);
  to.gate.cancel(call);
  to.gate.unsubscribe(subscription);

  CHECK(to.calls.resumed.size() == 1);
  CHECK(to.calls.cancelled.size() == 1);
  CHECK(to.subscriptions.unsubscribed.size() == 1);
}

}  // namespace sidecar::testing
