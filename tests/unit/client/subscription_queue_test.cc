#include <sys/wait.h>

#include <cstdlib>

#include "tests/unit/client/watched.h"

namespace sidecar::testing {

namespace {

const std::string kNoUpstream =
    R"({"code":-32000,"message":"m","data":{"name":"NO_UPSTREAM","retryable":true}})";

rpcs_client* connect_to(const FakeSidecar& sidecar, rpcs_options options = {}) {
  options.socket_path = sidecar.path().c_str();
  options.reconnect_wait_ms = 1;
  options.reconnect_wait_ms_max = 2;
  rpcs_client* client = nullptr;
  REQUIRE(rpcs_connect(&options, &client) == RPCS_OK);
  return client;
}

/// What the next pull gives: the event's line, or the status's name.
std::string pull(rpcs_subscription* subscription, int timeout_ms = kPatienceMs) {
  const rpcs_event_view* view = nullptr;
  const rpcs_status status = rpcs_next_event(subscription, timeout_ms, &view);
  CHECK((view != nullptr) == (status == RPCS_OK));
  return view != nullptr ? line_of(*view) : rpcs_status_text(status);
}

/// Answers one SUBSCRIBE; its id.
uint64_t accept_one(FakeSession& session, const std::string& position = R"({"epoch":7,"seq":0})") {
  const Frame asked = session.receive();
  CHECK(asked.type == RPCS_SUBSCRIBE);
  session.result(asked.id, position);
  return asked.id;
}

rpcs_subscribe_request blocking_wish() {
  rpcs_subscribe_request request = wish("slotSubscribe");
  request.subscribe_later = 0;
  request.timeout_ms = kPatienceMs;
  return request;
}

}  // namespace

TEST_CASE("rpcs_next_event: gives events in order, over a reconnect, until LAST") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = accept_one(session);
    session.send(event(id, 1, "1"));
    session.hang_up();
    FakeSession again = sidecar.accept();
    again.greet();
    const Frame asked = again.receive();
    CHECK(asked.payload == R"({"method":"slotSubscribe","resume":{"epoch":7,"seq":1}})");
    again.result(asked.id, R"({"epoch":7,"seq":1})");
    again.send(event(asked.id, 2, "2", RPCS_FLAG_REPLAYED));
    again.send(event(asked.id, 3, "3", RPCS_FLAG_LAST));
    again.receive_bytes(1);
  });
  rpcs_client* client = connect_to(sidecar);
  const rpcs_subscribe_request request = blocking_wish();
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(client, &request, &subscription) == RPCS_OK);

  CHECK(pull(subscription) == "7:1 live 1");
  CHECK(pull(subscription) == "7:2 replayed 2");
  CHECK(pull(subscription) == "7:3 live 3 last");
  CHECK(pull(subscription) == rpcs_status_text(RPCS_E_ENDED));
  CHECK(pull(subscription) == rpcs_status_text(RPCS_E_ENDED));
  CHECK(rpcs_last_refusal(client) == std::string());

  CHECK(rpcs_unsubscribe(subscription) == RPCS_OK);
  rpcs_close(client);
}

TEST_CASE("rpcs_next_event: returns by its timeout, and at once with 0") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    accept_one(session);
    CHECK(session.receive().type == RPCS_UNSUBSCRIBE);
    session.receive_bytes(1);
  });
  rpcs_client* client = connect_to(sidecar);
  const rpcs_subscribe_request request = blocking_wish();
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(client, &request, &subscription) == RPCS_OK);
  const auto begun = std::chrono::steady_clock::now();

  CHECK(pull(subscription, 0) == rpcs_status_text(RPCS_E_TIMEOUT));
  CHECK(pull(subscription, 30) == rpcs_status_text(RPCS_E_TIMEOUT));

  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(29));
  CHECK(rpcs_unsubscribe(subscription) == RPCS_OK);
  rpcs_close(client);
}

TEST_CASE("rpcs_next_event: a full queue drops the oldest and tells how many") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = accept_one(session);
    const Frame call = session.receive();
    for (uint64_t seq = 1; seq <= 5; ++seq) {
      session.send(event(id, seq, std::to_string(seq)));
    }
    session.result(call.id, "1");
    session.receive_bytes(1 << 20);
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_subscribe_request request = blocking_wish();
  request.queue_events_max = 2;
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(client, &request, &subscription) == RPCS_OK);
  rpcs_reply* reply = nullptr;
  CHECK(rpcs_call(client, "m", nullptr, kPatienceMs, &reply) == RPCS_OK); /* all have come */
  rpcs_reply_free(reply);

  CHECK(pull(subscription) == R"(7:3 gap {"reason":"queue_overflow","count":3})");
  CHECK(pull(subscription) == "7:4 live 4");
  CHECK(pull(subscription) == "7:5 live 5");
  CHECK(pull(subscription, 0) == rpcs_status_text(RPCS_E_TIMEOUT));
  rpcs_close(client);
}

TEST_CASE("rpcs_next_event: bytes fill the queue too, and the newest event is kept in any case") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  const std::string big = "\"" + std::string(100000, 'x') + "\"";
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = accept_one(session);
    const Frame call = session.receive();
    session.send(event(id, 1, "1"));
    session.send(event(id, 2, big));
    session.result(call.id, "1");
    session.receive_bytes(1 << 20);
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_subscribe_request request = blocking_wish();
  request.queue_bytes_max = 2000;
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(client, &request, &subscription) == RPCS_OK);
  rpcs_reply* reply = nullptr;
  CHECK(rpcs_call(client, "m", nullptr, kPatienceMs, &reply) == RPCS_OK);
  rpcs_reply_free(reply);

  CHECK(pull(subscription) == R"(7:1 gap {"reason":"queue_overflow","count":1})");
  CHECK((pull(subscription) == "7:2 live " + big));
  rpcs_close(client);
}

TEST_CASE("rpcs_next_event: under latest only the newest waits and no gap is told") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = accept_one(session);
    const Frame call = session.receive();
    for (uint64_t seq = 1; seq <= 5; ++seq) {
      session.send(event(id, seq, std::to_string(seq)));
    }
    session.result(call.id, "1");
    session.receive_bytes(1 << 20);
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_subscribe_request request = blocking_wish();
  request.continuity = RPCS_CONTINUITY_LATEST;
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(client, &request, &subscription) == RPCS_OK);
  rpcs_reply* reply = nullptr;
  CHECK(rpcs_call(client, "m", nullptr, kPatienceMs, &reply) == RPCS_OK);
  rpcs_reply_free(reply);

  CHECK(pull(subscription) == "7:5 live 5");
  CHECK(pull(subscription, 0) == rpcs_status_text(RPCS_E_TIMEOUT));
  rpcs_close(client);
}

TEST_CASE("rpcs_next_event: under strict a full queue ends it, after what was received") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = accept_one(session);
    const Frame call = session.receive();
    for (uint64_t seq = 1; seq <= 5; ++seq) {
      session.send(event(id, seq, std::to_string(seq)));
    }
    session.result(call.id, "1");
    CHECK(session.receive().type == RPCS_UNSUBSCRIBE);
    session.receive_bytes(1 << 20);
  });
  rpcs_client* client = connect_to(sidecar);
  rpcs_subscribe_request request = blocking_wish();
  request.continuity = RPCS_CONTINUITY_STRICT;
  request.queue_events_max = 2;
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(client, &request, &subscription) == RPCS_OK);
  rpcs_reply* reply = nullptr;
  CHECK(rpcs_call(client, "m", nullptr, kPatienceMs, &reply) == RPCS_OK);
  rpcs_reply_free(reply);

  CHECK(pull(subscription) == "7:1 live 1");
  CHECK(pull(subscription) == "7:2 live 2");
  CHECK(pull(subscription) == rpcs_status_text(RPCS_E_GAP));
  rpcs_close(client);
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

TEST_CASE("rpcs_subscribe: callbacks begin when it has returned") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const Frame asked = session.receive();
    const std::string position = R"({"epoch":7,"seq":0})";
    const rpcs_frame result{static_cast<uint32_t>(position.size()), RPCS_RESULT, 0, 0, asked.id};
    uint8_t header[RPCS_HEADER_BYTES];
    rpcs_encode_header(&result, header);
    std::string both(reinterpret_cast<char*>(header), sizeof(header));
    both += position;
    const std::string payload = event_payload(7, 1, "1");
    const rpcs_frame last{static_cast<uint32_t>(payload.size()), RPCS_EVENT, RPCS_FLAG_LAST, 0,
                          asked.id};
    rpcs_encode_header(&last, header);
    both += std::string(reinterpret_cast<char*>(header), sizeof(header)) + payload;
    session.send_bytes(both);
    session.receive_bytes(1);
  });
  rpcs_client* client = connect_to(sidecar);
  struct Seen {
    rpcs_subscription* subscription = nullptr;
    Lines lines;
  } seen;
  rpcs_subscribe_request request = blocking_wish();
  request.user = &seen;
  request.on_event = [](void* user, const rpcs_event_view* view) {
    CHECK(static_cast<Seen*>(user)->subscription != nullptr);
    static_cast<Seen*>(user)->lines.push_back(line_of(*view));
  };
  request.on_end = [](void* user, rpcs_status status, const char*) {
    static_cast<Seen*>(user)->lines.push_back(rpcs_status_text(status));
  };

  CHECK(rpcs_subscribe(client, &request, &seen.subscription) == RPCS_OK);
  CHECK(seen.lines.empty());
  CHECK(rpcs_timeout_ms(client) == 0);
  CHECK(rpcs_process(client, 0) == RPCS_OK);

  CHECK(seen.lines == Lines{"7:1 live 1 last", rpcs_status_text(RPCS_E_ENDED)});
  rpcs_close(client);
}

TEST_CASE("rpcs_client: a silent sidecar is asked twice, then left; an answer is enough") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.keepalive_ms = 20;
  LoopedClient client(sidecar.path(), options);
  FakeSession session = client.meet(sidecar);
  Watched watched(client, wish("slotSubscribe"));
  accept_subscribe(client, session, 0);
  for (int i = 0; i < 4; ++i) {
    const Frame ping = client.next_frame(session);
    CHECK(ping.type == RPCS_PING);
    session.send({RPCS_PONG, 0, 0, ping.id, ping.payload});
  }

  const auto begun = std::chrono::steady_clock::now();
  FakeSession again = client.meet(sidecar);
  const Frame second = client.next_frame(again);

  CHECK(second.payload == R"({"method":"slotSubscribe","resume":{"epoch":7,"seq":0}})");
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(39));
  CHECK(session.receive().type == RPCS_PING);
  CHECK(session.receive().type == RPCS_PING);
  CHECK(session.receive_some(1).empty());
}

TEST_CASE("rpcs_client: without subscriptions nothing is asked of a silent sidecar") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.keepalive_ms = 1;
  LoopedClient client(sidecar.path(), options);
  FakeSession session = client.meet(sidecar);
  {
    Watched watched(client, wish("slotSubscribe"));
    accept_subscribe(client, session, 0);
    client.run_until([&] { return rpcs_timeout_ms(client.get()) >= 0; });
  }
  client.run_until([&] { return rpcs_timeout_ms(client.get()) == -1; });

  CHECK(rpcs_timeout_ms(client.get()) == -1);
}

TEST_CASE("rpcs_subscribe: a forked child's copy is of no use, and the parent's goes on") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  FakeSession session = client.meet(sidecar);
  const Frame asked = accept_subscribe(client, session, 0);

  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rpcs_event_view* view = nullptr;
    rpcs_subscription* none = nullptr;
    const rpcs_subscribe_request request = wish("m");
    const bool is_refused = rpcs_next_event(watched.subscription, 0, &view) == RPCS_E_FORKED &&
                            rpcs_unsubscribe(watched.subscription) == RPCS_E_FORKED &&
                            rpcs_subscribe(client.get(), &request, &none) == RPCS_E_FORKED &&
                            std::string(rpcs_last_refusal(client.get())).empty();
    rpcs_close(client.get());
    std::_Exit(is_refused && watched.end_count == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  session.send(event(asked.id, 1, "1"));
  client.run_until([&] { return watched.lines.size() == 1; });

  CHECK(status == 0);
  CHECK(!session.has_input());
}

TEST_CASE("rpcs_close: in on_event it ends all subscriptions, and no event follows") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    const uint64_t id = accept_one(session);
    session.send(event(id, 1, "1"));
    session.send(event(id, 2, "2"));
    session.receive_bytes(1);
  });
  struct Seen {
    rpcs_client* client = nullptr;
    Lines lines;
  } seen;
  seen.client = connect_to(sidecar);
  rpcs_subscribe_request request = blocking_wish();
  request.user = &seen;
  request.on_event = [](void* user, const rpcs_event_view* view) {
    static_cast<Seen*>(user)->lines.push_back(line_of(*view));
    rpcs_close(static_cast<Seen*>(user)->client);
  };
  request.on_end = [](void* user, rpcs_status status, const char*) {
    static_cast<Seen*>(user)->lines.push_back(rpcs_status_text(status));
  };
  rpcs_subscription* subscription = nullptr;
  REQUIRE(rpcs_subscribe(seen.client, &request, &subscription) == RPCS_OK);

  rpcs_status status = RPCS_OK;
  while (status == RPCS_OK) {
    pollfd polled{rpcs_fd(seen.client), POLLIN, 0};
    const int timeout = rpcs_timeout_ms(seen.client);
    REQUIRE(::poll(&polled, 1, timeout < 0 ? kPatienceMs : timeout) >= 0);
    status = rpcs_process(seen.client, RPCS_READ);
  }

  CHECK(status == RPCS_E_CLOSED);
  CHECK(seen.lines == Lines{"7:1 live 1", rpcs_status_text(RPCS_E_CLOSED)});
}

}  // namespace sidecar::testing
