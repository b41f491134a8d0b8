#include "tests/unit/client/looped_client.h"

namespace sidecar::testing {

TEST_CASE("rpcs_options: an answer over reply_bytes_max ends its call only, however it is cut") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.reply_bytes_max = 10;
  LoopedClient client(sidecar.path(), options);
  FakeSession session = client.meet(sidecar);
  const uint64_t whole = client.submit("whole");
  const uint64_t parts = client.submit("parts");
  const uint64_t exact = client.submit("exact");
  for (int i = 0; i < 3; ++i) {
    client.next_frame(session);
  }

  session.result(whole, std::string(11, '1'));
  session.result(parts, std::string(10, '1'), RPCS_FLAG_MORE);
  session.result(parts, "1", RPCS_FLAG_MORE);
  session.result(parts, "1");
  session.result(exact, std::string(10, '1'));
  client.run_until([&] { return client.ended.size() == 3; });
  const Frame first = client.next_frame(session);
  const Frame second = client.next_frame(session);

  CHECK(client.ended[whole].status == RPCS_E_TOO_LARGE);
  CHECK(client.ended[parts].status == RPCS_E_TOO_LARGE);
  CHECK(client.ended[exact].status == RPCS_OK);
  CHECK(first.type == RPCS_CANCEL);
  CHECK(first.id == whole);
  CHECK(second.id == parts);
}

TEST_CASE("rpcs_options: assembly_bytes_max bounds all half answers together and is given back") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.assembly_bytes_max = 100;
  LoopedClient client(sidecar.path(), options);
  FakeSession session = client.meet(sidecar);
  uint64_t ids[4];
  for (uint64_t& id : ids) {
    id = client.submit("m");
    client.next_frame(session);
  }

  session.result(ids[0], std::string(60, '1'), RPCS_FLAG_MORE);
  session.result(ids[1], std::string(60, '1'), RPCS_FLAG_MORE); /* 120: over */
  client.run_until_ended(ids[1]);
  session.error(ids[0], "{}"); /* voids its 60 */
  session.result(ids[2], std::string(100, '1'));
  session.result(ids[3], std::string(100, '1'));
  client.run_until([&] { return client.ended.size() == 4; });

  CHECK(client.ended[ids[1]].status == RPCS_E_LIMIT);
  CHECK(client.ended[ids[0]].is_error);
  CHECK(client.ended[ids[2]].status == RPCS_OK);
  CHECK(client.ended[ids[3]].status == RPCS_OK);
}

TEST_CASE("rpcs_options: calls_max and queue_bytes_max refuse at submit and free up again") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  rpcs_options options{};
  options.calls_max = 2;
  options.queue_bytes_max = 1000;
  LoopedClient client(sidecar.path(), options);
  const std::string params = "[\"" + std::string(500, 'x') + "\"]";

  const uint64_t first = client.submit("m", params.c_str());
  CHECK(client.last_submit == RPCS_OK);
  client.submit("m", params.c_str());
  CHECK(client.last_submit == RPCS_E_LIMIT); /* bytes */
  client.submit("m");
  CHECK(client.last_submit == RPCS_OK);
  client.submit("m");
  CHECK(client.last_submit == RPCS_E_LIMIT); /* count */
  CHECK(rpcs_cancel(client.get(), first) == RPCS_OK);
  client.submit("m", params.c_str());
  CHECK(client.last_submit == RPCS_OK);
}

TEST_CASE("rpcs_submit: a call longer than the sidecar takes is refused, before or after WELCOME") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  const std::string params = "[\"" + std::string(500, 'x') + "\"]";

  const uint64_t early = client.submit("m", params.c_str());
  FakeSession session =
      client.meet(sidecar, R"({"version":1,"chains":[],"limits":{"frame_bytes_max":100}})");
  client.run_until_ended(early);
  client.submit("m", params.c_str());

  CHECK(client.ended[early].status == RPCS_E_TOO_LARGE);
  CHECK(client.last_submit == RPCS_E_TOO_LARGE);
  CHECK(client.submit("m", "[1]") != 0);
  CHECK(client.next_frame(session).type == RPCS_CALL);
}

TEST_CASE("rpcs_client: no more calls are sent than the sidecar's calls_in_flight_max") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar, R"({"version":1,"limits":{"calls_in_flight_max":2}})");
  const uint64_t first = client.submit("first");
  client.submit("second");
  const uint64_t third = client.submit("third");
  client.next_frame(session);
  client.next_frame(session);

  CHECK((rpcs_wants(client.get()) & RPCS_WRITE) == 0);
  CHECK(!session.has_input());
  session.result(first, "1");

  CHECK(client.next_frame(session).id == third);
}

TEST_CASE("rpcs_submit: what cannot be a call is invalid") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  rpcs_request request{};
  request.method = "m";

  client.submit(nullptr);
  CHECK(client.last_submit == RPCS_E_INVALID);
  client.submit("");
  CHECK(client.last_submit == RPCS_E_INVALID);
  client.submit("m", "");
  CHECK(client.last_submit == RPCS_E_INVALID);
  CHECK(rpcs_submit(client.get(), &request, nullptr, nullptr, nullptr) == RPCS_E_INVALID);
  CHECK(rpcs_submit(nullptr, &request, nullptr, nullptr, nullptr) == RPCS_E_INVALID);
  CHECK(rpcs_call(client.get(), "m", nullptr, 0, nullptr) == RPCS_E_INVALID);
}

TEST_CASE("rpcs_client: a PING is answered with the same bytes, a PONG is passed over") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);

  session.send({RPCS_PONG, 0, 0, 1, "x"});
  session.send({RPCS_PING, 0, 0, 77, "are you there"});
  const Frame pong = client.next_frame(session);

  CHECK(pong.type == RPCS_PONG);
  CHECK(pong.id == 77);
  CHECK(pong.payload == "are you there");
}

TEST_CASE("rpcs_client: PINGs without end cannot make it hold answers without end") {
  TempFolder folder;
  FakeSidecar sidecar(folder.file("s"));
  LoopedClient client(sidecar.path());
  FakeSession session = client.meet(sidecar);
  std::string flood;
  for (int i = 0; i < 100; ++i) {
    flood += std::string("\x00\x00\x00\x89\x08\x00\x00\x00", 8) + std::string(8 + 125, 'p');
  }

  /* The fake never reads, so the answers pile up until the client gives the connection up. */
  client.run_until([&] {
    const ssize_t n = ::send(session.fd(), flood.data(), flood.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      /* Goes on where this stopped, so that all frames are whole. */
      flood = flood.substr(static_cast<size_t>(n)) + flood.substr(0, static_cast<size_t>(n));
    }
    return n < 0 && errno == EPIPE;
  });

  CHECK(std::string(rpcs_last_error(client.get())).find("PING") != std::string::npos);
}

}  // namespace sidecar::testing
