#include <sys/wait.h>

#include <cstdlib>

#include "tests/unit/client/watched.h"

namespace sidecar::testing {

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
