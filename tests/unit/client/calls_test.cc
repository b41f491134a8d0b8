#include <cstddef>

#include "tests/unit/client/looped_client.h"

namespace sidecar::testing {

TEST_CASE("rpcs_submit: the frame bears method, params and deadline, the reply the bare bytes") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  const uint64_t id = client.submit("odd\"\\\n\x01name", R"([1, "two"])", 1234);
  const Frame call = client.next_frame(session);
  session.result(id, R"({"n":1.00,"t":"\u00e9"})");
  client.run_until_ended(id);

  CHECK(call.type == RPCS_CALL);
  CHECK(call.id == id);
  CHECK(call.chain == 0);
  CHECK(call.payload ==
        R"({"method":"odd\"\\\u000a\u0001name","params":[1, "two"],"deadline_ms":1234})");
  CHECK(client.ended[id].status == RPCS_OK);
  CHECK(!client.ended[id].is_error);
  CHECK(client.ended[id].bytes == R"({"n":1.00,"t":"\u00e9"})");
}

TEST_CASE("rpcs_submit: without params and deadline the default deadline is told") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  client.submit("m");

  CHECK(client.next_frame(session).payload == R"({"method":"m","deadline_ms":30000})");
}

TEST_CASE("rpcs_submit: a provider and a wish to know why are told, when there are any") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  rpcs_request request{};
  request.method = "m";
  request.params = "[]";
  request.deadline_ms = 250;

  request.provider = "al\"pha";
  client.submit(request);
  CHECK(client.next_frame(session).payload ==
        R"({"method":"m","params":[],"deadline_ms":250,"provider":"al\"pha"})");
  request.provider = nullptr;
  request.explain = 1;
  client.submit(request);
  CHECK(client.next_frame(session).payload ==
        R"({"method":"m","params":[],"deadline_ms":250,"explain":true})");
}

TEST_CASE("rpcs_request: has the size it had before a member took a reserved place") {
  struct First {
    const char* method;
    const char* params;
    const char* chain;
    uint32_t deadline_ms;
    void* reserved[4];
  };
  CHECK(sizeof(rpcs_request) == sizeof(First));
  CHECK(offsetof(rpcs_request, provider) == offsetof(First, reserved));
}

TEST_CASE("rpcs_submit: an ERROR frame is an answer, marked as an error") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  const uint64_t id = client.submit("m");
  client.next_frame(session);
  session.error(id, R"({"code":3,"message":"execution reverted"})");
  client.run_until_ended(id);

  CHECK(client.ended[id].status == RPCS_OK);
  CHECK(client.ended[id].is_error);
  CHECK(client.ended[id].bytes == R"({"code":3,"message":"execution reverted"})");
}

TEST_CASE("rpcs_submit: replies are matched by id, in whatever order and however cut") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  std::vector<uint64_t> ids(100);
  for (uint64_t& id : ids) {
    id = client.submit("m");
  }
  for (int i = 0; i < 100; ++i) {
    client.next_frame(session);
  }

  std::reverse(ids.begin(), ids.end());
  for (const uint64_t id : ids) {
    session.result(id, std::to_string(id));
  }
  client.run_until([&] { return client.order.size() == 100; });

  CHECK(client.order == ids);
  for (const uint64_t id : ids) {
    CHECK(client.ended[id].bytes == std::to_string(id));
  }
}

TEST_CASE("rpcs_submit: parts with MORE are joined, other answers coming in between") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t long_id = client.submit("long");
  const uint64_t short_id = client.submit("short");
  client.next_frame(session);
  client.next_frame(session);

  session.result(long_id, "[1,", RPCS_FLAG_MORE);
  session.result(short_id, "true");
  session.result(long_id, "", RPCS_FLAG_MORE);
  session.result(long_id, "2]");
  client.run_until_ended(long_id);

  CHECK(client.order == std::vector<uint64_t>{short_id, long_id});
  CHECK(client.ended[long_id].bytes == "[1,2]");
}

TEST_CASE("rpcs_submit: an ERROR voids the parts that came before it") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t id = client.submit("long");
  client.next_frame(session);

  session.result(id, "[1,2,", RPCS_FLAG_MORE);
  session.error(id, R"({"code":-32000})");
  client.run_until_ended(id);

  CHECK(client.ended[id].is_error);
  CHECK(client.ended[id].bytes == R"({"code":-32000})");
}

TEST_CASE("rpcs_submit: a frame that arrives byte by byte is the same frame") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t id = client.submit("m");
  client.next_frame(session);
  const rpcs_frame header{4, RPCS_RESULT, 0, 0, id};
  uint8_t encoded[RPCS_HEADER_BYTES];
  rpcs_encode_header(&header, encoded);
  const std::string bytes = std::string(reinterpret_cast<char*>(encoded), sizeof(encoded)) + "true";

  for (const char byte : bytes) {
    CHECK(client.ended.empty());
    session.send_bytes(std::string_view(&byte, 1));
    client.turn();
  }

  CHECK(client.ended[id].bytes == "true");
}

TEST_CASE(
    "rpcs_submit: a call past its deadline ends there, is cancelled, and its answer ignored") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  const uint64_t late = client.submit("late", nullptr, 20);
  client.next_frame(session);
  client.run_until_ended(late);
  const Frame cancel = client.next_frame(session);
  session.result(late, "1");
  const uint64_t next = client.submit("next");
  client.next_frame(session);
  session.result(next, "2");
  client.run_until_ended(next);

  CHECK(client.ended[late].status == RPCS_E_TIMEOUT);
  CHECK(cancel.type == RPCS_CANCEL);
  CHECK(cancel.id == late);
  CHECK(client.ended[next].bytes == "2");
}

TEST_CASE("rpcs_cancel: a sent call ends as closed and the sidecar is told, once") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t id = client.submit("m");
  client.next_frame(session);

  CHECK(rpcs_cancel(client.get(), id) == RPCS_OK);
  CHECK(client.ended.empty()); /* never from inside rpcs_cancel */
  CHECK(rpcs_timeout_ms(client.get()) == 0);
  client.run_until_ended(id);

  CHECK(client.ended[id].status == RPCS_E_CLOSED);
  CHECK(client.next_frame(session).type == RPCS_CANCEL);
  CHECK(rpcs_cancel(client.get(), id) == RPCS_E_INVALID);
}

TEST_CASE("rpcs_cancel: a call that never left leaves no trace on the wire") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  const uint64_t dropped = client.submit("dropped");
  const uint64_t kept = client.submit("kept");
  CHECK(rpcs_cancel(client.get(), dropped) == RPCS_OK);

  CHECK(client.next_frame(session).id == kept);
}

TEST_CASE("rpcs_submit: a chain is chosen by name, per call or for the handle") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.chain = "ethereum";
  LoopedClient client(sidecar.path(), options);

  client.submit("early", nullptr, 0, "solana"); /* before WELCOME gave the numbers */
  FakeSession session = client.meet(sidecar);
  const Frame early = client.next_frame(session);
  client.submit("a");
  client.submit("b", nullptr, 0, "solana");
  const Frame a = client.next_frame(session);
  const Frame b = client.next_frame(session);
  client.submit("c", nullptr, 0, "sol");

  CHECK(early.chain == 2);
  CHECK(a.chain == 1);
  CHECK(b.chain == 2);
  CHECK(client.last_submit == RPCS_E_INVALID);
  CHECK(std::string(rpcs_last_error(client.get())) == "the sidecar has no chain sol");
}

TEST_CASE("rpcs_submit: a queued call for a chain that the sidecar turns out to lack is invalid") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());

  const uint64_t id = client.submit("m", nullptr, 0, "nowhere");
  FakeSession session = client.meet(sidecar);
  client.run_until_ended(id);

  CHECK(client.ended[id].status == RPCS_E_INVALID);
}

TEST_CASE("rpcs_close: open calls end as closed, inside a callback when it has returned") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t sent = client.submit("sent");
  client.next_frame(session);
  const uint64_t queued = client.submit("queued");

  client.close();

  CHECK(client.ended[sent].status == RPCS_E_CLOSED);
  CHECK(client.ended[queued].status == RPCS_E_CLOSED);
}

namespace {
struct Closer {
  rpcs_client* client = nullptr;
  int first_count = 0;
  int second_count = 0;
  rpcs_status nested_call = RPCS_OK;
  rpcs_status nested_process = RPCS_OK;
  rpcs_status late_submit = RPCS_OK;
};

void on_first_done(void* user, uint64_t, rpcs_status, rpcs_reply* reply) {
  auto& closer = *static_cast<Closer*>(user);
  rpcs_reply_free(reply);
  ++closer.first_count;
  rpcs_reply* nested = nullptr;
  closer.nested_call = rpcs_call(closer.client, "m", nullptr, 0, &nested);
  closer.nested_process = rpcs_process(closer.client, 0);
  rpcs_close(closer.client);
  rpcs_request request{};
  request.method = "m";
  closer.late_submit = rpcs_submit(closer.client, &request, on_first_done, user, nullptr);
}

void on_second_done(void* user, uint64_t, rpcs_status status, rpcs_reply*) {
  CHECK(status == RPCS_E_CLOSED);
  ++static_cast<Closer*>(user)->second_count;
}
}  // namespace

TEST_CASE("rpcs_process: a callback may close the client, and may not wait in it") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  Script script([&] {
    FakeSession session = sidecar.accept();
    session.greet();
    session.result(session.receive().id, "1");
    session.receive_bytes(1 << 20); /* until the client hangs up */
  });
  rpcs_options options{};
  options.socket_path = sidecar.path().c_str();
  Closer closer;
  REQUIRE(rpcs_connect(&options, &closer.client) == RPCS_OK);
  rpcs_request request{};
  request.method = "m";
  REQUIRE(rpcs_submit(closer.client, &request, on_first_done, &closer, nullptr) == RPCS_OK);
  REQUIRE(rpcs_submit(closer.client, &request, on_second_done, &closer, nullptr) == RPCS_OK);

  rpcs_status status = RPCS_OK;
  while (status == RPCS_OK) {
    pollfd polled{rpcs_fd(closer.client), POLLIN, 0};
    status = rpcs_process(closer.client, RPCS_READ | RPCS_WRITE);
    if (status == RPCS_OK) {
      REQUIRE(::poll(&polled, 1, kPatienceMs) == 1);
    }
  }

  CHECK(status == RPCS_E_CLOSED);
  CHECK(closer.first_count == 1);
  CHECK(closer.second_count == 1);
  CHECK(closer.nested_call == RPCS_E_INVALID);
  CHECK(closer.nested_process == RPCS_E_INVALID);
  CHECK(closer.late_submit == RPCS_E_CLOSED);
}

}  // namespace sidecar::testing
