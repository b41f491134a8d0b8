#include "tests/unit/client/watched.h"

namespace sidecar::testing {

namespace {

const std::string kNoUpstream =
    R"({"code":-32000,"message":"m","data":{"name":"NO_UPSTREAM","retryable":true}})";
const std::string kShuttingDown =
    R"({"code":-32000,"message":"m","data":{"name":"SHUTTING_DOWN","retryable":true}})";
const std::string kSubOverflow =
    R"({"code":-32000,"message":"m","data":{"name":"SUB_OVERFLOW","retryable":false}})";

}  // namespace

TEST_CASE("rpcs_subscribe: asks with method, params and chain, and tells every kind of event") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  rpcs_subscribe_request request = wish("eth_subscribe", R"(["newHeads"])");
  request.chain = "solana";
  Watched watched(client, request);
  FakeSession session = client.meet(sidecar);

  const Frame asked = accept_subscribe(client, session, 41);
  session.send(event(asked.id, 42, "{}"));
  session.send(event(asked.id, 43, "\"b\"", RPCS_FLAG_REPLAYED));
  session.send(event(asked.id, 50, R"({"reason":"fill_limit"})", RPCS_FLAG_GAP));
  session.send(event(asked.id, 51, ""));
  client.run_until([&] { return watched.lines.size() == 4; });

  CHECK(asked.payload == R"({"method":"eth_subscribe","params":["newHeads"]})");
  CHECK(asked.chain == 2);
  CHECK(watched.lines == Lines{"7:42 live {}", "7:43 replayed \"b\"",
                               R"(7:50 gap {"reason":"fill_limit"})", "7:51 live "});
  CHECK(watched.end_count == 0);
  client.close();
  CHECK(watched.end_count == 1);
  CHECK(watched.status == RPCS_E_CLOSED);
}

TEST_CASE("rpcs_subscribe: an event cut anywhere comes whole") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  FakeSession session = client.meet(sidecar);
  const Frame asked = accept_subscribe(client, session, 0);
  const std::string value = "[" + std::string(200000, '1') + "]";
  const std::string payload = event_payload(7, 1, value);
  const rpcs_frame header{static_cast<uint32_t>(payload.size()), RPCS_EVENT, 0, 0, asked.id};
  uint8_t encoded[RPCS_HEADER_BYTES];
  rpcs_encode_header(&header, encoded);
  const std::string bytes =
      std::string(reinterpret_cast<char*>(encoded), sizeof(encoded)) + payload;

  for (const size_t at : {size_t{3}, size_t{20}, size_t{27}, size_t{29}, size_t{100000}}) {
    static size_t sent = 0;
    sent = at == 3 ? 0 : sent;
    session.send_bytes(std::string_view(bytes).substr(sent, at - sent));
    sent = at;
    client.turn();
    CHECK(watched.lines.empty());
  }
  session.send_bytes(std::string_view(bytes).substr(100000));
  client.run_until([&] { return !watched.lines.empty(); });

  CHECK((watched.lines == Lines{"7:1 live " + value}));
}

TEST_CASE("rpcs_subscribe: after a new connection it goes on after the last event, none twice") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  rpcs_subscribe_request request = wish("eth_subscribe", R"(["logs",{}])");
  request.continuity = RPCS_CONTINUITY_STRICT;
  Watched watched(client, request);
  FakeSession session = client.meet(sidecar);
  const Frame first = accept_subscribe(client, session, 41);
  session.send(event(first.id, 42, "1"));
  session.send(event(first.id, 43, "2"));
  session.send_bytes(std::string(20, '\0')); /* no whole frame: it ends here */
  session.hang_up();

  FakeSession again = client.meet(sidecar);
  const Frame second = accept_subscribe(client, again, 43);
  again.send(event(second.id, 43, "2", RPCS_FLAG_REPLAYED));
  again.send(event(second.id, 44, "3", RPCS_FLAG_REPLAYED));
  again.send(event(second.id, 45, "4"));
  client.run_until([&] { return watched.lines.size() == 4; });

  CHECK(first.payload ==
        R"({"method":"eth_subscribe","params":["logs",{}],"continuity":"strict"})");
  CHECK(second.payload == R"({"method":"eth_subscribe","params":["logs",{}],"continuity":"strict",)"
                          R"("resume":{"epoch":7,"seq":43}})");
  CHECK(second.id != first.id);
  CHECK(watched.lines == Lines{"7:42 live 1", "7:43 live 2", "7:44 replayed 3", "7:45 live 4"});
}

TEST_CASE("rpcs_subscribe: one that had no event yet resumes from where it began") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("rootSubscribe"));
  FakeSession session = client.meet(sidecar);
  accept_subscribe(client, session, 9);
  session.hang_up();
  FakeSession again = client.meet(sidecar);

  const Frame second = client.next_frame(again);

  CHECK(second.payload == R"({"method":"rootSubscribe","resume":{"epoch":7,"seq":9}})");
}

TEST_CASE("rpcs_subscribe: another epoch begins anew, after its gap") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  FakeSession session = client.meet(sidecar);
  const Frame first = accept_subscribe(client, session, 100);
  session.send(event(first.id, 101, "1"));
  session.hang_up();
  FakeSession again = client.meet(sidecar);
  const Frame second = client.next_frame(again);

  again.result(second.id, R"({"epoch":8,"seq":4})");
  again.send(event(second.id, 5, R"({"reason":"resume"})", RPCS_FLAG_GAP, 8));
  again.send(event(second.id, 6, "2", 0, 8));
  client.run_until([&] { return watched.lines.size() == 3; });

  CHECK(watched.lines == Lines{"7:101 live 1", R"(8:5 gap {"reason":"resume"})", "8:6 live 2"});
}

TEST_CASE("rpcs_subscribe: what the sidecar ends for its own reasons is asked for again") {
  for (const std::string& error : {kShuttingDown, kSubOverflow, kNoUpstream}) {
    CAPTURE(error);
    TempFolder folder;
    FakeSidecar sidecar(folder.file("s"));
    LoopedClient client(sidecar.path());
    Watched watched(client, wish("slotSubscribe"));
    FakeSession session = client.meet(sidecar);
    const Frame first = accept_subscribe(client, session, 0);
    session.send(event(first.id, 1, "1"));
    session.error(first.id, error);

    const Frame second = client.next_frame(session);

    CHECK(second.payload == R"({"method":"slotSubscribe","resume":{"epoch":7,"seq":1}})");
    CHECK(watched.lines == Lines{"7:1 live 1"});
    CHECK(watched.end_count == 0);
  }
}

TEST_CASE("rpcs_subscribe: after GOAWAY it goes on at the next sidecar") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  FakeSession session = client.meet(sidecar);
  const Frame first = accept_subscribe(client, session, 0);
  session.send(event(first.id, 1, "1"));
  session.send({RPCS_GOAWAY, 0, 0, 0, R"({"reason":"shutting down","deadline_ms":0})"});

  FakeSession again = client.meet(sidecar);
  const Frame second = client.next_frame(again);

  CHECK(second.payload == R"({"method":"slotSubscribe","resume":{"epoch":7,"seq":1}})");
  CHECK(watched.lines.size() == 1);
}

TEST_CASE("rpcs_subscribe: LAST ends it after its event") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("signatureSubscribe", R"(["5h6x"])"));
  FakeSession session = client.meet(sidecar);
  const Frame asked = accept_subscribe(client, session, 0);

  session.send(event(asked.id, 1, "{}", RPCS_FLAG_LAST));
  client.run_until([&] { return watched.end_count > 0; });

  CHECK(watched.lines == Lines{"7:1 live {} last"});
  CHECK(watched.status == RPCS_E_ENDED);
  CHECK(watched.error.empty());
}

TEST_CASE("rpcs_unsubscribe: tells the sidecar, and what it sent meanwhile is passed over") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  Watched other(client, wish("rootSubscribe"));
  FakeSession session = client.meet(sidecar);
  const Frame one = accept_subscribe(client, session, 0);
  const Frame two = accept_subscribe(client, session, 0);
  const uint64_t gone = one.payload.find("slot") != std::string::npos ? one.id : two.id;
  const uint64_t kept = gone == one.id ? two.id : one.id;
  session.send(event(kept, 1, "1"));
  client.run_until([&] { return other.lines.size() == 1; });

  watched.stop();
  const Frame told = client.next_frame(session);
  session.send(event(gone, 1, "late"));
  session.result(gone, "true");
  session.send(event(kept, 2, "2"));
  client.run_until([&] { return other.lines.size() == 2; });

  CHECK(told.type == RPCS_UNSUBSCRIBE);
  CHECK(told.id == gone);
  CHECK(told.payload.empty());
  CHECK(watched.lines.empty());
  CHECK(watched.end_count == 0);
  CHECK(rpcs_unsubscribe(nullptr) == RPCS_OK);
}

TEST_CASE("rpcs_unsubscribe: in its own callback the events behind are not told") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  watched.unsubscribes_at_event = true;
  FakeSession session = client.meet(sidecar);
  const Frame asked = accept_subscribe(client, session, 0);

  session.send(event(asked.id, 1, "1"));
  session.send(event(asked.id, 2, "2"));
  client.run_until([&] { return !watched.lines.empty(); });

  CHECK(client.next_frame(session).type == RPCS_UNSUBSCRIBE);
  CHECK(watched.lines.size() == 1);
  CHECK(watched.end_count == 0);
}

TEST_CASE("rpcs_subscribe: an event over reply_bytes_max is left out, and a gap says so") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.reply_bytes_max = 40;
  LoopedClient client(sidecar.path(), options);
  Watched watched(client, wish("slotSubscribe"));
  rpcs_subscribe_request request = wish("rootSubscribe");
  request.continuity = RPCS_CONTINUITY_STRICT;
  Watched strict(client, request);
  FakeSession session = client.meet(sidecar);
  const Frame one = accept_subscribe(client, session, 0);
  const Frame two = accept_subscribe(client, session, 0);

  for (const uint64_t id : {one.id, two.id}) {
    session.send(event(id, 1, std::string(28, '1')));
    session.send(event(id, 2, std::string(29, '2')));
    session.send(event(id, 3, "3"));
  }
  client.run_until([&] { return watched.lines.size() == 3 && strict.end_count == 1; });

  CHECK(watched.lines[1] == R"(7:2 gap {"reason":"too_large"})");
  CHECK(watched.lines[2] == "7:3 live 3");
  CHECK(strict.lines.size() == 1);
  CHECK(strict.status == RPCS_E_GAP);
}

TEST_CASE("rpcs_subscribe: frames that cannot be cost the connection, not the subscription") {
  for (const Frame& frame :
       {Frame{RPCS_EVENT, 0, 0, 0, "eleven byte"}, Frame{RPCS_RESULT, 0, 0, 0, "{}"}}) {
    CAPTURE(frame.type);
    TempFolder folder;
    FakeSidecar sidecar(folder.file("s"));
    LoopedClient client(sidecar.path());
    Watched watched(client, wish("slotSubscribe"));
    FakeSession session = client.meet(sidecar);
    const Frame asked = accept_subscribe(client, session, 3);
    session.send({frame.type, 0, 0, asked.id, frame.payload});

    FakeSession again = client.meet(sidecar);
    const Frame second = client.next_frame(again);

    CHECK(second.payload == R"({"method":"slotSubscribe","resume":{"epoch":7,"seq":3}})");
    CHECK(watched.end_count == 0);
  }
}

TEST_CASE("rpcs_subscribe: an EVENT before the RESULT costs the connection") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  Watched watched(client, wish("slotSubscribe"));
  FakeSession session = client.meet(sidecar);
  const Frame asked = client.next_frame(session);
  session.send(event(asked.id, 1, "1"));

  FakeSession again = client.meet(sidecar);
  const Frame second = client.next_frame(again);

  CHECK(second.payload == R"({"method":"slotSubscribe"})");
  CHECK(watched.lines.empty());
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

}  // namespace sidecar::testing
