#include "downstream/json_ipc_session.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/support/fake_host.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

namespace {

struct Bench {
  Bench() : loop(std::move(Loop::create()).value()), host(*loop) {
    session = std::make_unique<JsonIpcSession>(host);
    REQUIRE(session->attach(*loop, pair.ours(), 1));
  }
  ~Bench() {
    session.reset();
    turn(*loop);
  }

  void answer(size_t index, std::string_view result) {
    session->on_reply(host.fake_calls.submitted[index].token, {Reply::Kind::kResult, result});
    turn(*loop);
  }

  std::unique_ptr<Loop> loop;
  FakeHost host;
  SocketPair pair;
  std::unique_ptr<JsonIpcSession> session;
};

constexpr std::string_view kCall = R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId"})";

}  // namespace

TEST_CASE("JsonIpcSession: D16 requests come through joined, spaced and one byte at a time") {
  for (const size_t step : {size_t{1}, size_t{7}, size_t{1000}}) {
    Bench bench;
    const std::string input =
        " \r\n" + std::string(kCall) + std::string(kCall) + "\n\t" + std::string(kCall);

    for (size_t at = 0; at < input.size(); at += step) {
      bench.pair.send(std::string_view(input).substr(at, step));
      turn(*bench.loop, 2);
    }

    CHECK(bench.host.fake_calls.submitted.size() == 3);
  }
}

TEST_CASE("JsonIpcSession: every answer is one compact line of ASCII") {
  Bench bench;

  bench.pair.send(kCall);
  turn(*bench.loop);
  bench.answer(0, "{ \"name\" :\n \"caf\xc3\xa9 }\" }");

  CHECK(bench.pair.receive() ==
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"name\":\"caf\\u00e9 \\u007d\"}}\n");
}

TEST_CASE("JsonIpcSession: half-close is answered, then ends with FIN") {
  Bench bench;

  bench.pair.send(kCall);
  bench.pair.finish_sending();
  turn(*bench.loop);
  CHECK_FALSE(bench.pair.is_ended());
  bench.answer(0, "1");

  CHECK(bench.pair.receive() == "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n");
  CHECK(bench.pair.is_ended());
  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kPeerClosed);
}

TEST_CASE("JsonIpcSession: garbage is answered once and the stream ends gently") {
  Bench bench;

  bench.pair.send(std::string(kCall) + "]]]" + std::string(1000, 'x'));
  turn(*bench.loop);

  const std::string got = bench.pair.receive();
  CHECK(got.find("-32700") != std::string::npos);
  CHECK(got.find("\"id\":null") != std::string::npos);
  CHECK(bench.pair.is_ended());
  CHECK(bench.host.ended[0].second == EndReason::kProtocol);
}

TEST_CASE("JsonIpcSession: D06 a text begun and not finished ends the session, idleness never") {
  Bench bench;

  bench.host.time_ahead = std::chrono::hours(24);
  bench.session->on_sweep(bench.host.now());
  CHECK(bench.host.ended.empty());
  bench.pair.send("{\"jsonrpc\"");
  turn(*bench.loop);
  bench.host.time_ahead += std::chrono::seconds(31);
  bench.session->on_sweep(bench.host.now());

  REQUIRE(bench.host.ended.size() == 1);
  CHECK(bench.host.ended[0].second == EndReason::kProtocol);
}

TEST_CASE(
    "JsonIpcSession: D01 a worker that does not read is not read from, and is cut at the limit") {
  Bench slow;
  slow.host.session_limits.output_queue_bytes_max = 1u << 20;

  const std::string big = "\"" + std::string(900'000, 'x') + "\"";
  for (int i = 0; i < 8; ++i) {
    slow.pair.send(kCall);
    turn(*slow.loop);
  }
  const size_t taken = slow.host.fake_calls.submitted.size();
  for (size_t i = 0; i < taken && slow.host.ended.empty(); ++i) {
    slow.answer(i, big);
  }

  REQUIRE(slow.host.ended.size() == 1);
  CHECK(slow.host.ended[0].second == EndReason::kOverflow);
  CHECK(slow.host.limits_met["output_queue_bytes_max"] == 1);
}

TEST_CASE("JsonIpcSession: D05 a worker that vanishes ends its session") {
  Bench bench;

  bench.pair.send(kCall);
  turn(*bench.loop);
  bench.pair.close_far();
  turn(*bench.loop);
  // Half-closed or gone cannot be told apart until a write fails.
  bench.answer(0, "1");
  turn(*bench.loop);

  CHECK_FALSE(bench.host.ended.empty());
}

TEST_CASE("JsonIpcSession: a long answer goes out in pieces that nothing interrupts") {
  Bench bench;

  bench.pair.send(std::string(kCall) + R"({"jsonrpc":"2.0","id":2,"method":"b"})");
  turn(*bench.loop);
  const uint64_t first = bench.host.fake_calls.submitted[0].token;
  bench.session->on_reply_part(first, "[1, ");
  bench.answer(1, "\"short\"");
  bench.session->on_reply(first, {Reply::Kind::kResult, "2 ]"});
  turn(*bench.loop);

  CHECK(bench.pair.receive() ==
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[1,2]}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\"short\"}\n");
}

}  // namespace sidecar::testing
