#include "upstream/ws_channel.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/support/ws_peer.h"
#include "tests/unit/upstream/channel_ends.h"

namespace sidecar::testing {

namespace {

struct Bench {
  explicit Bench(Millis ping_interval = Millis(10'000)) : loop(std::move(Loop::create()).value()) {
    ProviderOptions options;
    options.name = "alpha";
    options.ws = Secret(peer.url("/secret-key"));
    options.queue_max = 4;
    options.connect_timeout = Millis(500);
    options.response_bytes_max = 4'096;
    options.ping_interval = ping_interval;
    channel = std::move(WsChannel::create(*loop, options, 100, 1)).value();
  }
  ~Bench() {
    channel.reset();
    turn(*loop, 16);
  }
  void start(AttemptId id) {
    Attempt attempt;
    attempt.id = id;
    attempt.request_tail = R"("method":"eth_chainId","params":[]})";
    channel->start(attempt, ends);
  }
  void open(SourceId id) {
    channel->feeds()->open_feed({id, "eth_subscribe", R"(["newHeads"])", "eth_unsubscribe"}, feeds);
  }
  /// Upgraded, with `frames` requests read.
  void come_up(size_t frames) {
    REQUIRE(peer.accept(*loop));
    peer.send(peer.upgrade());
    REQUIRE(peer.has_frames(*loop, frames));
  }
  bool until(const std::function<bool()>& is_done) { return turn_until(*loop, is_done); }
  bool ends_attempt(AttemptId id) {
    return until([this, id]() { return ends.outcomes.contains(id); });
  }
  bool tells(size_t count) {
    return until([this, count]() { return feeds.told.size() >= count; });
  }
  /// Calls until one is not refused by the pause; false when none is for a long time.
  bool is_dialled_again(int turns) {
    for (int i = 0; i < turns; ++i) {
      start(next_id_++);
      turn(*loop, 1);
      ::poll(nullptr, 0, 1);
      if (peer.has_waiting()) {
        return true;
      }
    }
    return false;
  }

  WsPeer peer;
  std::unique_ptr<Loop> loop;
  Ends ends;
  FeedEnds feeds;
  std::unique_ptr<WsChannel> channel;

 private:
  AttemptId next_id_ = 1'000;
};

}  // namespace

TEST_CASE("WsChannel: calls and feeds share one connection and find their own") {
  Bench bench;

  bench.start(1);
  bench.open(7);
  bench.start(2);
  bench.come_up(3);
  CHECK(bench.peer.frames() ==
        Told{R"(text:{"jsonrpc":"2.0","id":100,"method":"eth_chainId","params":[]})",
             R"(text:{"jsonrpc":"2.0","id":101,"method":"eth_subscribe","params":["newHeads"]})",
             R"(text:{"jsonrpc":"2.0","id":102,"method":"eth_chainId","params":[]})"});
  bench.peer.send(
      server_text(R"({"jsonrpc":"2.0","id":102,"result":"two"})"
                  "\n") +
      server_text(R"({"jsonrpc":"2.0","id":101,"result":"0xa"})") +
      server_text(
          R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":{"n":1}}})") +
      server_text(R"({"jsonrpc":"2.0","id":100,"error":{"code":-32000,"message":"no"}})"));
  CHECK(bench.ends_attempt(1));

  CHECK(bench.ends.bodies[2] == "\"two\"");
  CHECK(bench.ends.outcomes[1] == Outcome::kRpcError);
  CHECK(bench.feeds.told == Told{"open 7", "event 7 {\"n\":1}"});
  CHECK(bench.peer.connection_count == 1);
  CHECK(bench.channel->epoch() == 1);
}

TEST_CASE("WsChannel: B01 a refused upgrade tells its status, and nothing was sent") {
  for (const int status : {401, 403, 404, 429, 503}) {
    CAPTURE(status);
    Bench bench;

    bench.start(1);
    bench.open(7);
    REQUIRE(bench.peer.accept(*bench.loop));
    bench.peer.send("HTTP/1.1 " + std::to_string(status) +
                    " No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");

    CHECK(bench.ends_attempt(1));
    CHECK(bench.ends.outcomes[1] == Outcome::kHttpStatus);
    CHECK(bench.ends.statuses[1] == status);
    CHECK(bench.ends.sent[1] == Sent::kNo);
    CHECK(bench.ends.pauses[1] == Millis(7'000));
    CHECK(bench.tells(1));
    CHECK(bench.feeds.told == Told{"lost 7 http_status"});
  }
}

TEST_CASE("WsChannel: B02 an upgrade that is never answered is a connect failure") {
  Bench bench;

  bench.start(1);
  REQUIRE(bench.peer.accept(*bench.loop));

  CHECK(bench.ends_attempt(1));
  CHECK(bench.ends.outcomes[1] == Outcome::kConnect);
  CHECK(bench.ends.sent[1] == Sent::kNo);
}

TEST_CASE("WsChannel: B07 a message over response_bytes_max ends what is under way") {
  Bench bench;
  bench.start(1);
  bench.come_up(1);

  bench.peer.send(server_text(std::string(4'097, ' ')));

  CHECK(bench.ends_attempt(1));
  CHECK(bench.ends.outcomes[1] == Outcome::kTooLarge);
  CHECK(bench.peer.has_frames(*bench.loop, 2));
  CHECK(bench.peer.frames().back() == "close:1009");
}

TEST_CASE("WsChannel: B09 text that is not UTF-8, or no JSON, ends the connection with 1007") {
  for (const char* text : {"{\"jsonrpc\":\"2.0\",\"id\":100,\"result\":\"\xff\"}",
                           "{\"id\":", "<html>", "{\"id\":100,\"result\":1} {}", ""}) {
    CAPTURE(text);
    Bench bench;
    bench.start(1);
    bench.open(7);
    bench.come_up(2);

    bench.peer.send(server_text(text));

    CHECK(bench.ends_attempt(1));
    CHECK(bench.ends.outcomes[1] == Outcome::kBadJson);
    CHECK(bench.ends.sent[1] == Sent::kMaybe);
    CHECK(bench.feeds.told == Told{"lost 7 bad_json"});
    CHECK(bench.peer.has_frames(*bench.loop, 3));
    CHECK(bench.peer.frames().back() == "close:1007");
  }
}

TEST_CASE(
    "WsChannel: B10 a connection that ends takes calls and feeds with it; the next is dialled") {
  enum class How { kClose, kFin, kReset };
  for (const How how : {How::kClose, How::kFin, How::kReset}) {
    CAPTURE(static_cast<int>(how));
    Bench bench;
    bench.start(1);
    bench.open(7);
    bench.come_up(2);

    if (how == How::kClose) {
      bench.peer.send(server_close(1001));
    } else {
      how == How::kFin ? bench.peer.hang_up() : bench.peer.reset();
    }

    CHECK(bench.ends_attempt(1));
    CHECK(bench.ends.outcomes[1] == Outcome::kClosed);
    CHECK(bench.ends.sent[1] == Sent::kMaybe);
    CHECK(bench.feeds.told == Told{"lost 7 closed"});
    CHECK(bench.is_dialled_again(1'000));
  }
}

TEST_CASE("WsChannel: B10 after close code 1013 it stays away for longer") {
  Bench bench;
  bench.start(1);
  bench.come_up(1);

  bench.peer.send(server_close(1013));

  CHECK(bench.ends_attempt(1));
  CHECK_FALSE(bench.is_dialled_again(300));
}

TEST_CASE("WsChannel: B11 a silent provider is found out by pings") {
  Bench bench(Millis(20));
  bench.start(1);
  bench.open(7);
  bench.come_up(2);

  CHECK(bench.ends_attempt(1));

  CHECK(bench.ends.outcomes[1] == Outcome::kClosed);
  CHECK(bench.feeds.told == Told{"lost 7 closed"});
}

TEST_CASE("WsChannel: B18 what a lost connection left open is not spoken of on the next one") {
  Bench bench;
  bench.open(7);
  bench.come_up(1);
  bench.peer.send(server_text(R"({"jsonrpc":"2.0","id":100,"result":"0xa"})"));
  CHECK(bench.tells(1));

  bench.peer.hang_up();
  CHECK(bench.tells(2));
  bench.channel->feeds()->close_feed(7);
  REQUIRE(bench.is_dialled_again(1'000));
  bench.come_up(1);
  bench.peer.send(server_text(
      R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xa","result":1}})"));

  CHECK(bench.until([&bench]() {
    return bench.peer.frames().back().find("eth_unsubscribe") != std::string::npos;
  }));
  CHECK(bench.feeds.told == Told{"open 7", "lost 7 closed"});
  CHECK(bench.channel->feed_counts().stray_unsubscribes == 1);
}

TEST_CASE("WsChannel: B19 an answer in the segment of the 101 is kept") {
  Bench bench;
  bench.start(1);
  REQUIRE(bench.peer.accept(*bench.loop));

  bench.peer.send(bench.peer.upgrade() +
                  server_text(R"({"jsonrpc":"2.0","id":100,"result":"early"})"));

  CHECK(bench.ends_attempt(1));
  CHECK(bench.ends.bodies[1] == "\"early\"");
}

TEST_CASE("WsChannel: A40 over queue_max an attempt is refused on a later turn") {
  Bench bench;
  for (AttemptId id = 1; id <= 5; ++id) {
    bench.start(id);
  }
  CHECK(bench.ends.outcomes.empty());

  CHECK(bench.ends_attempt(5));

  CHECK(bench.ends.outcomes[5] == Outcome::kBusy);
}

TEST_CASE("WsChannel: a URL that cannot be one, and a proxy, are refused without being told") {
  auto loop = std::move(Loop::create()).value();
  ProviderOptions options;
  options.name = "alpha";
  options.ws = Secret("wss:/secret-key");
  const auto bad = WsChannel::create(*loop, options, 1, 1);
  options.ws = Secret("ws://127.0.0.1/secret-key");
  options.proxy = "http://127.0.0.1:9";

  const auto proxied = WsChannel::create(*loop, options, 1, 1);

  REQUIRE_FALSE(bad.ok());
  REQUIRE_FALSE(proxied.ok());
  CHECK(bad.error().detail.find("secret") == std::string::npos);
  CHECK(proxied.error().detail.find("secret") == std::string::npos);
}

}  // namespace sidecar::testing
