#include "tests/unit/client/watched.h"

namespace sidecar::testing {

namespace {

const std::string kBadParams = R"({"code":-32602,"message":"bad params"})";
const std::string kNoUpstream =
    R"({"code":-32000,"message":"m","data":{"name":"NO_UPSTREAM","retryable":true}})";
const std::string kSubGap =
    R"({"code":-32000,"message":"m","data":{"name":"SUB_GAP","retryable":false}})";

}  // namespace

TEST_CASE("rpcs_subscribe: a refusal for good is an end, with the error object") {
  struct Row {
    std::string error;
    rpcs_status status;
    bool is_live; /* it comes after the subscription stood */
  };
  for (const Row& row :
       {Row{kBadParams, RPCS_E_REFUSED, false}, Row{kBadParams, RPCS_E_REFUSED, true},
        Row{"no JSON", RPCS_E_REFUSED, false}, Row{kSubGap, RPCS_E_GAP, true}}) {
    CAPTURE(row.error);
    TempFolder folder;
    FakeSidecar sidecar(folder.file("s"));
    LoopedClient client(sidecar.path());
    Watched watched(client, wish("slotSubscribe"));
    FakeSession session = client.meet(sidecar);
    const Frame asked = client.next_frame(session);
    if (row.is_live) {
      session.result(asked.id, R"({"epoch":7,"seq":0})");
      session.send(event(asked.id, 1, "1"));
    }
    session.error(asked.id, row.error);

    client.run_until([&] { return watched.end_count > 0; });

    CHECK(watched.status == row.status);
    CHECK(watched.error == row.error);
    CHECK(watched.lines.size() == (row.is_live ? 1 : 0));
    watched.stop();
    client.submit("m"); /* the next frame is no UNSUBSCRIBE: the sidecar knows */
    CHECK(client.next_frame(session).type == RPCS_CALL);
    CHECK(watched.end_count == 1);
  }
}

TEST_CASE("rpcs_subscribe: a first answer that does not come is an end, with what is known") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  rpcs_subscribe_request request = wish("slotSubscribe");
  request.timeout_ms = 30;
  Watched unanswered(client, request);
  request.timeout_ms = kPatienceMs;
  Watched refused(client, request);
  FakeSession session = client.meet(sidecar);
  const uint64_t one = client.next_frame(session).id;
  const uint64_t other = client.next_frame(session).id;
  client.run_until([&] { return unanswered.end_count + refused.end_count > 0; });
  const Frame given_up = client.next_frame(session);
  const uint64_t refused_id = given_up.id == one ? other : one;
  session.error(refused_id, kNoUpstream);
  const Frame tried_again = client.next_frame(session);

  CHECK(unanswered.status == RPCS_E_TIMEOUT);
  CHECK(given_up.type == RPCS_UNSUBSCRIBE);
  CHECK(tried_again.type == RPCS_SUBSCRIBE);
  CHECK(refused.end_count == 0);
}

TEST_CASE("rpcs_subscribe: an answer that is no position ends it") {
  for (const char* answer : {"true", "{}", R"({"epoch":4294967296,"seq":1})", R"({"epoch":1})"}) {
    CAPTURE(answer);
    TempFolder folder;
    FakeSidecar sidecar(folder.file("s"));
    LoopedClient client(sidecar.path());
    Watched watched(client, wish("slotSubscribe"));
    FakeSession session = client.meet(sidecar);
    const Frame asked = client.next_frame(session);

    session.result(asked.id, answer);
    client.run_until([&] { return watched.end_count > 0; });

    CHECK(watched.status == RPCS_E_PROTOCOL);
    CHECK(client.next_frame(session).type == RPCS_UNSUBSCRIBE);
  }
}

TEST_CASE("rpcs_subscribe: wrong arguments and full limits are refused at once") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.subscriptions_max = 1;
  LoopedClient client(sidecar.path(), options);
  FakeSession session = client.meet(sidecar);
  rpcs_subscribe_request continuity = wish("m");
  continuity.continuity = static_cast<rpcs_continuity>(3);

  CHECK(Watched(client, wish("")).begun == RPCS_E_INVALID);
  CHECK(Watched(client, wish("m", "")).begun == RPCS_E_INVALID);
  CHECK(Watched(client, continuity).begun == RPCS_E_INVALID);
  Watched first(client, wish("m"));
  CHECK(first.begun == RPCS_OK);
  CHECK(Watched(client, wish("m")).begun == RPCS_E_LIMIT);
  first.stop();
  CHECK(Watched(client, wish("m")).begun == RPCS_OK);
}

TEST_CASE("rpcs_subscribe: a chain that the sidecar does not have ends it") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  rpcs_subscribe_request request = wish("slotSubscribe");
  request.chain = "nowhere";
  Watched watched(client, request);

  FakeSession session = client.meet(sidecar);
  client.run_until([&] { return watched.end_count > 0; });

  CHECK(watched.status == RPCS_E_INVALID);
}

TEST_CASE("rpcs_subscribe: waits over what may pass, and a refusal for good says why") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const std::string bad = R"({"code":-32602,"message":"bad params"})";
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    session.error(session.receive().id, kNoUpstream);
    session.error(session.receive().id, bad);
    session.receive_bytes(1);
  });
  rpcs_client* client = connect_to(sidecar);
  const rpcs_subscribe_request request = blocking_wish();
  rpcs_subscription* subscription = nullptr;

  CHECK(rpcs_subscribe(client, &request, &subscription) == RPCS_E_REFUSED);

  CHECK(subscription == nullptr);
  CHECK(rpcs_last_refusal(client) == bad);
  CHECK(std::string(rpcs_last_error(client)).find("bad params") != std::string::npos);
  rpcs_close(client);
}

TEST_CASE("rpcs_subscribe: what could be tried again until the timeout is told as the refusal") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    session.error(session.receive().id, kNoUpstream);
    session.receive_bytes(1 << 20); /* and no answer to the next ones */
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_subscribe_request request = blocking_wish();
  request.timeout_ms = 50;
  rpcs_subscription* subscription = nullptr;

  const rpcs_status status = rpcs_subscribe(client, &request, &subscription);

  CHECK(status == RPCS_E_REFUSED);
  CHECK(rpcs_last_refusal(client) == kNoUpstream);
  rpcs_close(client);
}

}  // namespace sidecar::testing
