#include "tests/unit/client/watched.h"

namespace sidecar::testing {

namespace {

/// What the next pull gives: the event's line, or the status's name.
std::string pull(rpcs_subscription* subscription, int timeout_ms = kPatienceMs) {
  const rpcs_event_view* view = nullptr;
  const rpcs_status status = rpcs_next_event(subscription, timeout_ms, &view);
  CHECK((view != nullptr) == (status == RPCS_OK));
  return view != nullptr ? line_of(*view) : rpcs_status_text(status);
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

}  // namespace sidecar::testing
