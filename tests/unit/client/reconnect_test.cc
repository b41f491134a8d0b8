#include <fcntl.h>

#include "tests/unit/client/looped_client.h"

namespace sidecar::testing {

TEST_CASE("rpcs_client: a restart loses sent calls, and sends again those that had not left") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar, R"({"version":1,"limits":{"calls_in_flight_max":1}})");
  const uint64_t sent = client.submit("sent");
  const uint64_t unsent = client.submit("unsent", "[7]");
  client.next_frame(session);

  sidecar.stop();
  session.hang_up();
  client.run_until_ended(sent);
  CHECK(client.ended.size() == 1);
  sidecar.listen();
  FakeSession again = client.meet(sidecar);
  const Frame call = client.next_frame(again);
  again.result(call.id, "8");
  client.run_until_ended(unsent);

  CHECK(client.ended[sent].status == RPCS_E_LOST);
  CHECK(call.id == unsent);
  CHECK(call.payload == R"({"method":"unsent","params":[7],"deadline_ms":30000})");
  CHECK(client.ended[unsent].bytes == "8");
}

TEST_CASE("rpcs_client: what may be sent again is, whole, when its sidecar is gone") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  rpcs_request request{};
  request.method = "read";
  request.may_resend = 1;
  const uint64_t read = client.submit(request);
  const uint64_t write = client.submit("write");
  const Frame first = client.next_frame(session);
  client.next_frame(session);
  session.result(read, "half", RPCS_FLAG_MORE);
  session.send({RPCS_PING, 0, 0, 9, ""});
  CHECK(client.next_frame(session).type == RPCS_PONG);

  session.hang_up();
  FakeSession again = client.meet(sidecar);
  const Frame second = client.next_frame(again);
  again.result(second.id, "7");
  client.run_until_ended(read);

  CHECK(second.id == read);
  CHECK(second.payload == first.payload);
  CHECK(client.ended[read].bytes == "7");
  CHECK(client.ended[write].status == RPCS_E_LOST);
}

TEST_CASE("rpcs_client: a call that a leaving sidecar turned away is made at the next one") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const std::string down = R"({"code":-32000,"message":"m","data":{"name":"SHUTTING_DOWN",)";
  const uint64_t unsent = client.submit("unsent");
  const uint64_t sent = client.submit("sent");
  client.next_frame(session);
  client.next_frame(session);

  session.error(sent, down + R"("retryable":false,"sent":"maybe","tried":[]}})");
  session.error(unsent, down + R"("retryable":true,"sent":"no","tried":[]}})");
  FakeSession next = client.meet(sidecar);
  const Frame call = client.next_frame(next);
  next.result(call.id, "1");
  client.run_until_ended(unsent);

  CHECK(call.id == unsent);
  CHECK(client.ended[unsent].bytes == "1");
  CHECK(client.ended[sent].is_error);
  CHECK(session.receive_bytes(1).empty());
}

TEST_CASE("rpcs_client: a call of which a part has left is sent again, for nobody had it whole") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const std::string params = "[\"" + std::string(4 << 20, 'x') + "\"]"; /* over a socket's buffer */
  const std::string payload =
      "{\"method\":\"cut\",\"params\":" + params + ",\"deadline_ms\":30000}";
  client.submit("cut", params.c_str());
  const uint64_t behind = client.submit("behind");

  client.run_until([&] { return session.has_input(); }, session.fd());
  session.hang_up();
  FakeSession again = client.meet(sidecar);
  std::string bytes;
  client.run_until(
      [&] {
        while (again.has_input() && bytes.size() < RPCS_HEADER_BYTES + payload.size()) {
          bytes += again.receive_some(RPCS_HEADER_BYTES + payload.size() - bytes.size());
        }
        return bytes.size() == RPCS_HEADER_BYTES + payload.size();
      },
      again.fd());

  CHECK(client.ended.empty());
  const bool is_whole = bytes.substr(RPCS_HEADER_BYTES) == payload; /* too long to be printed */
  CHECK(is_whole);
  CHECK(client.next_frame(again).id == behind);
}

TEST_CASE("rpcs_client: a begun call that is cancelled is finished first, then cancelled") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const std::string params = "[\"" + std::string(4 << 20, 'x') + "\"]";
  const uint64_t begun = client.submit("begun", params.c_str());
  client.run_until([&] { return session.has_input(); }, session.fd());

  CHECK(rpcs_cancel(client.get(), begun) == RPCS_OK);
  const uint64_t next = client.submit("next");
  std::string bytes;
  const size_t begun_bytes = RPCS_HEADER_BYTES + params.size() +
                             std::strlen(R"({"method":"begun","params":,"deadline_ms":30000})");
  client.run_until(
      [&] {
        while (session.has_input() && bytes.size() < begun_bytes) {
          bytes += session.receive_some(begun_bytes - bytes.size());
        }
        return bytes.size() == begun_bytes;
      },
      session.fd());
  const Frame second = client.next_frame(session);
  const Frame third = client.next_frame(session);

  CHECK(client.ended[begun].status == RPCS_E_CLOSED);
  CHECK(bytes.substr(bytes.size() - 2) == "0}");
  CHECK(second.type == RPCS_CANCEL);
  CHECK(second.id == begun);
  CHECK(third.id == next);
}

TEST_CASE("rpcs_client: a connection that died while idle costs no call") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  client.meet(sidecar).hang_up();

  const uint64_t id = client.submit("m");
  FakeSession again = client.meet(sidecar);
  const Frame call = client.next_frame(again);
  again.result(call.id, "1");
  client.run_until_ended(id);

  CHECK(client.ended[id].status == RPCS_OK);
}

TEST_CASE("rpcs_client: answers that came before the connection ended still count") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t answered = client.submit("answered");
  const uint64_t half = client.submit("half");
  client.next_frame(session);
  client.next_frame(session);
  const uint64_t unsent = client.submit("unsent"); /* its sending is what finds the end */

  session.result(answered, std::string(100000, '1'));
  session.result(half, "[1,", RPCS_FLAG_MORE);
  session.hang_up();
  REQUIRE(rpcs_process(client.get(), RPCS_WRITE) == RPCS_OK);

  CHECK(client.ended[answered].bytes.size() == 100000);
  CHECK(client.ended[half].status == RPCS_E_LOST);
  CHECK(client.ended.count(unsent) == 0);
}

TEST_CASE("rpcs_client: after GOAWAY open calls end there, new ones go to the next sidecar") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t open = client.submit("open");
  client.next_frame(session);

  session.send({RPCS_GOAWAY, 0, 0, 0, R"({"reason":"shutting down","deadline_ms":1000})"});
  session.send({RPCS_PING, 0, 0, 9, ""});
  CHECK(client.next_frame(session).type == RPCS_PONG); /* so GOAWAY has been read */
  const uint64_t later = client.submit("later");
  CHECK((rpcs_wants(client.get()) & RPCS_WRITE) == 0);
  session.result(open, "1");
  FakeSession next = client.meet(sidecar);
  const Frame call = client.next_frame(next);

  CHECK(client.ended[open].status == RPCS_OK);
  CHECK(call.id == later);
  CHECK(session.receive_bytes(1).empty()); /* the old connection got no call, and was closed */
}

TEST_CASE("rpcs_client: GOAWAY with nothing open means to connect again") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  session.send({RPCS_GOAWAY, 0, 0, 0, "{}"});
  FakeSession next = client.meet(sidecar);

  CHECK(session.receive_bytes(1).empty());
  const uint64_t id = client.submit("m");
  CHECK(client.next_frame(next).id == id);
}

TEST_CASE("rpcs_client: chains are numbered by the sidecar that is there now") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  client.submit("m", nullptr, 0, "solana");
  const Frame before = client.next_frame(session);
  session.result(before.id, "1");
  client.run_until_ended(before.id);

  session.hang_up();
  client.submit("m", nullptr, 0, "solana");
  FakeSession next = client.meet(
      sidecar, R"({"version":1,"chains":[{"number":513,"name":"solana","family":"svm"}]})");
  const Frame after = client.next_frame(next);

  CHECK(before.chain == 2);
  CHECK(after.chain == 513);
}

TEST_CASE("rpcs_client: a call whose deadline passes with no sidecar there says so") {
  TempFolder folder;
  LoopedClient client(folder.file("none"));

  const uint64_t id = client.submit("m", nullptr, 20);
  client.run_until_ended(id);

  CHECK(client.ended[id].status == RPCS_E_NO_SIDECAR);
}

TEST_CASE("rpcs_client: a sidecar that sends what it may not costs its sent calls, not more") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar, R"({"version":1,"limits":{"calls_in_flight_max":1}})");
  const uint64_t sent = client.submit("sent");
  const uint64_t unsent = client.submit("unsent");
  client.next_frame(session);

  session.result(unsent, "1"); /* an answer to what was never asked */
  client.run_until_ended(sent);
  FakeSession next = client.meet(sidecar);

  CHECK(client.ended[sent].status == RPCS_E_LOST);
  CHECK(client.next_frame(next).id == unsent);
}

TEST_CASE("rpcs_client: an ERROR with id 0 ends the connection and leaves its words") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  const uint64_t id = client.submit("m");
  client.next_frame(session);

  session.error(0, R"({"code":-32600,"message":"too much"})");
  client.run_until_ended(id);

  CHECK(client.ended[id].status == RPCS_E_LOST);
  CHECK(std::string(rpcs_last_error(client.get())).find("too much") != std::string::npos);
}

TEST_CASE("rpcs_options: on_closing hears of every socket before it is gone") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  std::vector<int> closing;
  rpcs_options options{};
  options.on_closing_user = &closing;
  options.on_closing = [](void* user, int fd) {
    CHECK(::fcntl(fd, F_GETFD) >= 0);
    static_cast<std::vector<int>*>(user)->push_back(fd);
  };
  LoopedClient client(sidecar.path(), options);
  FakeSession session = client.meet(sidecar);
  const int first = rpcs_fd(client.get());

  session.hang_up();
  client.run_until([&] { return !closing.empty(); });
  CHECK(rpcs_fd(client.get()) == -1);
  CHECK(rpcs_wants(client.get()) == 0);
  FakeSession next = client.meet(sidecar);
  const int second = rpcs_fd(client.get());
  client.close();

  CHECK(closing == std::vector<int>{first, second});
}

}  // namespace sidecar::testing
