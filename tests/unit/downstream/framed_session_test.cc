#include "downstream/framed_session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_host.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

namespace {

std::string frame(uint8_t type, uint64_t id, const std::string& payload, uint16_t chain = 0,
                  uint8_t flags = 0) {
  const rpcs_frame head{static_cast<uint32_t>(payload.size()), type, flags, chain, id};
  uint8_t bytes[RPCS_HEADER_BYTES];
  rpcs_encode_header(&head, bytes);
  return std::string(reinterpret_cast<const char*>(bytes), sizeof(bytes)) + payload;
}

struct Got {
  rpcs_frame head;
  std::string payload;
};

std::vector<Got> frames(const std::string& bytes) {
  std::vector<Got> got;
  for (size_t at = 0; at + RPCS_HEADER_BYTES <= bytes.size();) {
    rpcs_frame head;
    REQUIRE(rpcs_decode_header(reinterpret_cast<const uint8_t*>(bytes.data() + at),
                               RPCS_PAYLOAD_MAX, &head) == RPCS_FRAME_OK);
    got.push_back({head, bytes.substr(at + RPCS_HEADER_BYTES, head.payload_length)});
    at += RPCS_HEADER_BYTES + head.payload_length;
  }
  return got;
}

struct Bench {
  Bench() : loop(std::move(Loop::create()).value()), host(*loop) {
    session = std::make_unique<FramedSession>(host);
    REQUIRE(session->attach(*loop, pair.ours(), 1));
  }
  ~Bench() {
    session.reset();
    turn(*loop);
  }
  std::vector<Got> say(const std::string& bytes) {
    pair.send(bytes);
    turn(*loop);
    return frames(pair.receive());
  }
  std::vector<Got> reply(uint64_t token, Reply::Kind kind, std::string_view body) {
    session->on_reply(token, {kind, body});
    turn(*loop);
    return frames(pair.receive());
  }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  SocketPair pair;
  std::unique_ptr<FramedSession> session;
};

const std::string kCall = R"({"method":"eth_chainId","params":[]})";

}  // namespace

TEST_CASE("FramedSession: HELLO is answered with the chains and limits") {
  Bench bench;

  const auto got = bench.say(frame(RPCS_HELLO, 9, R"({"version":1})"));

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.type == RPCS_WELCOME);
  CHECK(got[0].head.id == 9);
  CHECK(got[0].payload ==
        R"({"version":1,"server":"rpc-sidecar","chains":[{"number":1,"name":"ethereum",)"
        R"("family":"evm","chain_id":1},{"number":2,"name":"solana","family":"svm"}],)"
        R"("limits":{"frame_bytes_max":16777216,"calls_in_flight_max":1024}})");
}

TEST_CASE("FramedSession: calls are its visitor's, by the name that HELLO says once it has") {
  Bench bench;
  bench.session->set_visitor({1, 1'000, 77, FakeAccess::kKnownWorker});

  bench.say(frame(RPCS_CALL, 1, kCall));
  bench.say(frame(RPCS_HELLO, 9, R"({"version":1,"client":"bot/2"})"));
  bench.say(frame(RPCS_CALL, 2, kCall));

  REQUIRE(bench.host.fake_calls.submitted.size() == 2);
  CHECK(bench.host.fake_calls.submitted[0].worker == FakeAccess::kKnownWorker);
  CHECK(bench.host.fake_calls.submitted[1].worker == FakeAccess::kNamedWorker);
  CHECK(bench.host.fake_access.names == std::vector<std::string>{"bot/2"});
  CHECK(bench.host.fake_access.asked[0].pid == 77);
}

TEST_CASE("FramedSession: D22 what its visitor may not do is an error of that call alone") {
  Bench bench;
  bench.host.fake_access.refused_method = "eth_subscribe";

  const auto refused =
      bench.say(frame(RPCS_SUBSCRIBE, 1, R"({"method":"eth_subscribe","params":["newHeads"]})", 2));
  bench.host.fake_access.refused_method = "eth_chainId";
  const auto also = bench.say(frame(RPCS_CALL, 2, kCall));
  bench.host.fake_access.refused_method.clear();
  bench.say(frame(RPCS_CALL, 2, kCall));

  REQUIRE(refused.size() == 1);
  CHECK(refused[0].head.type == RPCS_ERROR);
  CHECK(refused[0].head.id == 1);
  CHECK(refused[0].head.chain == 2);
  CHECK(refused[0].payload == bench.host.fake_access.refusal_text);
  REQUIRE(also.size() == 1);
  CHECK(also[0].head.type == RPCS_ERROR);
  CHECK(bench.host.fake_subscriptions.subscribed.empty());
  CHECK(bench.host.fake_calls.submitted.size() == 1);
}

TEST_CASE("FramedSession: calls and subscriptions hold places in the quota while they are open") {
  Bench bench;
  const Quota& quota = bench.host.fake_access.quota;

  bench.say(frame(RPCS_CALL, 1, kCall) + frame(RPCS_CALL, 2, kCall) +
            frame(RPCS_SUBSCRIBE, 3, R"({"method":"eth_subscribe","params":["newHeads"]})"));
  CHECK(quota.inflight_count() == 2);
  CHECK(quota.subscription_count() == 1);
  bench.reply(1, Reply::Kind::kResult, "1");
  CHECK(quota.inflight_count() == 1);
  bench.say(frame(RPCS_CANCEL, 2, "") + frame(RPCS_UNSUBSCRIBE, 3, ""));

  CHECK(quota.inflight_count() == 0);
  CHECK(quota.subscription_count() == 0);
}

TEST_CASE("FramedSession: D05 a session that is gone leaves its places") {
  Bench bench;
  bench.say(frame(RPCS_CALL, 1, kCall) +
            frame(RPCS_SUBSCRIBE, 3, R"({"method":"eth_subscribe","params":["newHeads"]})"));

  bench.session.reset();

  CHECK(bench.host.fake_access.quota.inflight_count() == 0);
  CHECK(bench.host.fake_access.quota.subscription_count() == 0);
}

TEST_CASE("FramedSession: D24 another version is refused by name") {
  Bench bench;

  const auto got = bench.say(frame(RPCS_HELLO, 9, R"({"version":2})"));

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.type == RPCS_ERROR);
  CHECK(got[0].payload.find("version") != std::string::npos);
  CHECK(bench.pair.is_ended());
}

TEST_CASE("FramedSession: calls run side by side and are answered in order of completion") {
  Bench bench;

  bench.say(frame(RPCS_CALL, 1, kCall, 2) + frame(RPCS_CALL, 2, kCall));
  REQUIRE(bench.host.fake_calls.submitted.size() == 2);
  CHECK(bench.host.fake_calls.submitted[0].chain == 2);
  auto got = bench.reply(2, Reply::Kind::kResult, "\"two\"");
  auto then = bench.reply(1, Reply::Kind::kError, R"({"code":3})");

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.id == 2);
  CHECK(got[0].head.type == RPCS_RESULT);
  CHECK(got[0].payload == "\"two\"");
  CHECK(then[0].head.type == RPCS_ERROR);
  CHECK(then[0].head.chain == 2);
  CHECK(then[0].payload == R"({"code":3})");
}

TEST_CASE("FramedSession: frames may be split anywhere") {
  Bench bench;
  const std::string bytes = frame(RPCS_CALL, 1, kCall) + frame(RPCS_CALL, 2, kCall);

  for (const char byte : bytes) {
    bench.pair.send(std::string_view(&byte, 1));
    turn(*bench.loop, 2);
  }

  CHECK(bench.host.fake_calls.submitted.size() == 2);
}

TEST_CASE("FramedSession: the worker's deadline goes with the call") {
  Bench bench;

  bench.say(frame(RPCS_CALL, 1, R"({"method":"a","deadline_ms":250})"));

  CHECK(bench.host.fake_calls.submitted[0].deadline == Millis(250));
}

TEST_CASE("FramedSession: a long result goes in frames with MORE, short ones get in between") {
  Bench bench;

  bench.say(frame(RPCS_CALL, 1, kCall) + frame(RPCS_CALL, 2, kCall));
  bench.session->on_reply_part(1, "[1,");
  bench.session->on_reply(2, {Reply::Kind::kResult, "0"});
  const auto got = bench.reply(1, Reply::Kind::kResult, "2]");

  REQUIRE(got.size() == 3);
  CHECK(got[0].head.flags == RPCS_FLAG_MORE);
  CHECK(got[0].payload == "[1,");
  CHECK(got[1].head.id == 2);
  CHECK(got[2].head.flags == 0);
  CHECK(got[2].payload == "2]");
}

TEST_CASE("FramedSession: CANCEL reaches the dispatcher and no reply follows") {
  Bench bench;

  bench.say(frame(RPCS_CALL, 1, kCall) + frame(RPCS_CANCEL, 1, "") + frame(RPCS_CANCEL, 5, ""));
  const auto got = bench.reply(1, Reply::Kind::kResult, "1");

  CHECK(bench.host.fake_calls.cancelled.size() == 1);
  CHECK(got.empty());
  CHECK(bench.host.ended.empty());
}

TEST_CASE("FramedSession: PING is answered with PONG, same id and payload") {
  Bench bench;

  const auto got = bench.say(frame(RPCS_PING, 77, "hi"));

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.type == RPCS_PONG);
  CHECK(got[0].head.id == 77);
  CHECK(got[0].payload == "hi");
}

TEST_CASE("FramedSession: a call that cannot be read is refused alone") {
  for (const std::string payload :
       {"", "{", "[]", "{}", R"({"method":1})", R"({"method":"a","params":1})"}) {
    CAPTURE(payload);
    Bench bench;

    const auto got = bench.say(frame(RPCS_CALL, 1, payload));

    REQUIRE(got.size() == 1);
    CHECK(got[0].head.type == RPCS_ERROR);
    CHECK(got[0].head.id == 1);
    CHECK(bench.host.ended.empty());
  }
}

TEST_CASE("FramedSession: D07 D08 what breaks the framing is told once, with id 0, and closed") {
  struct Row {
    std::string what;
    std::string bytes;
  };
  for (const Row& row : std::vector<Row>{
           {"length 0", std::string(16, '\0')},
           {"length over the limit", frame(RPCS_CALL, 1, kCall).replace(0, 1, "\x07")},
           {"unknown type", frame(99, 1, "")},
           {"unknown flag", frame(RPCS_CALL, 1, kCall, 0, 0x80)},
           {"only the sidecar sends it", frame(RPCS_RESULT, 1, "1")},
           {"id 0", frame(RPCS_CALL, 0, kCall)},
           {"id of an open call", frame(RPCS_CALL, 1, kCall) + frame(RPCS_CALL, 1, kCall)},
           {"second HELLO",
            frame(RPCS_HELLO, 1, R"({"version":1})") + frame(RPCS_HELLO, 1, R"({"version":1})")},
           {"long PING", frame(RPCS_PING, 1, std::string(126, 'x'))}}) {
    CAPTURE(row.what);
    Bench bench;

    const auto got = bench.say(row.bytes);

    REQUIRE_FALSE(got.empty());
    CHECK(got.back().head.type == RPCS_ERROR);
    CHECK(got.back().head.id == 0);
    CHECK(bench.pair.is_ended());
    REQUIRE(bench.host.ended.size() == 1);
    CHECK(bench.host.ended[0].second == EndReason::kProtocol);
  }
}

TEST_CASE("FramedSession: a call may bring its deadline, its provider and a wish to know why") {
  Bench bench;

  bench.say(
      frame(RPCS_CALL, 1, R"({"method":"m","provider":"alpha","explain":true,"deadline_ms":250})") +
      frame(RPCS_CALL, 2, kCall));

  REQUIRE(bench.host.fake_calls.submitted.size() == 2);
  const auto& asked = bench.host.fake_calls.submitted[0];
  CHECK(asked.provider == "alpha");
  CHECK(asked.explain);
  CHECK_FALSE(asked.may_stream);
  CHECK(asked.deadline == Millis(250));
  const auto& plain = bench.host.fake_calls.submitted[1];
  CHECK(plain.provider.empty());
  CHECK_FALSE(plain.explain);
  CHECK(plain.may_stream);
  CHECK(plain.deadline == Millis(0));
}

TEST_CASE("FramedSession: a provider that is no string is refused, and the call alone") {
  Bench bench;

  const auto got =
      bench.say(frame(RPCS_CALL, 1, R"({"method":"m","provider":7})") + frame(RPCS_CALL, 2, kCall));

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.id == 1);
  CHECK(got[0].payload.find("provider must be a string") != std::string::npos);
  CHECK(bench.host.fake_calls.submitted.size() == 1);
}

TEST_CASE("FramedSession: D13 over calls_in_flight_max a call is refused alone") {
  Bench bench;
  bench.host.session_limits.calls_in_flight_max = 1;

  const auto got = bench.say(frame(RPCS_CALL, 1, kCall) + frame(RPCS_CALL, 2, kCall));

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.id == 2);
  CHECK(got[0].payload.find("CLIENT_LIMIT") != std::string::npos);
}

TEST_CASE("FramedSession: D05 destroying it cancels its open calls") {
  Bench bench;

  bench.say(frame(RPCS_CALL, 1, kCall) + frame(RPCS_CALL, 2, kCall));
  bench.session.reset();

  CHECK(bench.host.fake_calls.cancelled.size() == 2);
}

TEST_CASE("FramedSession: a drain is told once, and owes answers until the last is written") {
  Bench bench;
  bench.say(frame(RPCS_CALL, 1, kCall));

  bench.session->on_drain(Millis(10'000));
  turn(*bench.loop);
  const auto got = frames(bench.pair.receive());

  REQUIRE(got.size() == 1);
  CHECK(got[0].head.type == RPCS_GOAWAY);
  CHECK(got[0].payload == R"({"reason":"shutting down","deadline_ms":10000})");
  bench.host.time_ahead = Millis(1'000);
  CHECK(bench.session->owed() == Owed::kAnswers);
  CHECK(bench.reply(1, Reply::Kind::kResult, "true").size() == 1);
  CHECK(bench.session->owed() == Owed::kNothing);
  bench.session->on_shutdown();
  turn(*bench.loop);
  CHECK(frames(bench.pair.receive()).empty());  // no second GOAWAY
  CHECK(bench.pair.is_ended());
}

TEST_CASE("FramedSession: for a moment after GOAWAY a call that crossed it is awaited") {
  Bench bench;
  CHECK(bench.session->owed() == Owed::kNothing);

  bench.session->on_drain(Millis(10'000));
  turn(*bench.loop);

  bench.host.time_ahead = Millis(50);
  CHECK(bench.session->owed() == Owed::kAnswers);
  bench.host.time_ahead = Millis(1'000);
  CHECK(bench.session->owed() == Owed::kNothing);
}

TEST_CASE("FramedSession: with a subscription it owes events, with a call besides answers") {
  Bench bench;
  bench.say(frame(RPCS_SUBSCRIBE, 9, R"({"method":"eth_subscribe","params":["newHeads"]})"));
  CHECK(bench.session->owed() == Owed::kEvents);

  bench.say(frame(RPCS_CALL, 1, kCall));

  CHECK(bench.session->owed() == Owed::kAnswers);
}

TEST_CASE("FramedSession: on shutdown every open call is answered and GOAWAY said") {
  Bench bench;

  bench.say(frame(RPCS_CALL, 1, kCall));
  bench.session->on_shutdown();
  turn(*bench.loop);
  const auto got = frames(bench.pair.receive());

  REQUIRE(got.size() == 2);
  CHECK(got[0].head.type == RPCS_GOAWAY);
  CHECK(got[1].head.id == 1);
  CHECK(got[1].payload.find("SHUTTING_DOWN") != std::string::npos);
  CHECK(bench.pair.is_ended());
}

}  // namespace sidecar::testing
