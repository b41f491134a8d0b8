#include "upstream/http_channel.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/acceptor.h"
#include "tests/support/socket_pair.h"
#include "tests/support/temp_folder.h"

namespace sidecar::testing {

namespace {

constexpr std::string_view kError = R"({"code":-32005,"message":"slow down"})";

struct Ended {
  Outcome outcome = Outcome::kResult;
  int http_status = 0;
  std::optional<Millis> retry_after;
  std::string body;
};

struct Ends final : AttemptSink {
  Flow on_attempt_part(AttemptId, std::string_view) override { return flow; }
  void on_attempt_done(AttemptId attempt, const AttemptResult& result) override {
    ended[attempt] = {result.outcome, result.http_status, result.retry_after,
                      std::string(result.body)};
  }
  std::map<AttemptId, Ended> ended;
  Flow flow = Flow::kOk;
};

/// A channel to a provider on a Unix socket, whose answers the test writes.
struct Bench {
  Bench() : loop(std::move(Loop::create()).value()) {
    const std::string path = folder.file("provider.sock");
    acceptor = std::move(Acceptor::listen_unix(
                             *loop, path, {}, 16, [this](int fd) { fds.push_back(fd); }, []() {}))
                   .value();
    ProviderOptions options;
    options.http = Secret("http+unix://" + path);
    options.connections_max = 1;
    options.stream_bytes_min = 1'000;
    options.held_bytes_max = 100'000;
    channel = std::move(HttpChannel::create(*loop, options, 1)).value();
  }
  ~Bench() {
    channel.reset();
    for (const int fd : fds) {
      ::close(fd);
    }
    acceptor.reset();
    turn(*loop);
  }

  /// Asks once, answers with this head's lines and body, and says how it ended.
  Ended ask(std::string_view status, std::string_view header_lines, std::string_view body) {
    Attempt attempt;
    attempt.id = ++last_id;
    attempt.request_tail = R"("method":"eth_chainId","params":[]})";
    attempt.may_resend = true;
    attempt.may_stream = true;
    channel->start(attempt, ends);
    REQUIRE(turn_until(*loop, [this]() { return !fds.empty() && receive(); }));
    const std::string answer =
        "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(header_lines) +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    REQUIRE(::send(fds.back(), answer.data(), answer.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(answer.size()));
    REQUIRE(turn_until(*loop, [this]() { return ends.ended.contains(last_id); }));
    return ends.ended[last_id];
  }
  std::string error_body() const {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(last_id + 1) + R"(,"error":)" +
           std::string(kError) + "}";
  }
  bool receive() const {
    char buffer[4096];
    return ::recv(fds.back(), buffer, sizeof(buffer), MSG_DONTWAIT) > 0;
  }

  TempFolder folder;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Acceptor> acceptor;
  std::vector<int> fds;
  Ends ends;
  AttemptId last_id = 0;
  std::unique_ptr<HttpChannel> channel;
};

}  // namespace

TEST_CASE("HttpChannel: A28 a refusal keeps its status, its error and the wait it asks for") {
  Bench bench;

  const Ended ended =
      bench.ask("429 Too Many Requests", "retry-after:  7 \r\n", bench.error_body());

  CHECK(ended.outcome == Outcome::kRpcError);
  CHECK(ended.http_status == 429);
  CHECK(ended.body == kError);
  CHECK(ended.retry_after == Millis(7'000));
}

TEST_CASE("HttpChannel: A28 a date that passed is no wait") {
  Bench bench;

  const Ended ended = bench.ask("503 Service Unavailable",
                                "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "busy");

  CHECK(ended.outcome == Outcome::kHttpStatus);
  CHECK(ended.http_status == 503);
  CHECK(ended.retry_after == Millis(0));
}

TEST_CASE("HttpChannel: A29 a refusal that names no time asks for none") {
  Bench bench;

  CHECK_FALSE(bench.ask("429 Too Many Requests", "", "").retry_after);
  CHECK_FALSE(bench.ask("429 Too Many Requests", "Retry-After: soon\r\n", "").retry_after);
  CHECK_FALSE(bench.ask("429 Too Many Requests", "Retry-After:\r\n", "").retry_after);
  const std::string late = "Retry-After: " + std::string(80, ' ') + std::string(64, '0') + "5x\r\n";
  CHECK(bench.ask("429 Too Many Requests", late, "").retry_after == Millis(0));
}

TEST_CASE("HttpChannel: a wait is the answer's own: not a success's, not an earlier refusal's") {
  Bench bench;

  CHECK(bench.ask("429 Too Many Requests", "Retry-After: 7\r\n", "").retry_after);
  CHECK_FALSE(bench.ask("429 Too Many Requests", "", "").retry_after);
  CHECK_FALSE(bench.ask("200 OK", "Retry-After: 7\r\n", bench.error_body()).retry_after);
  CHECK(bench.fds.size() == 1);
}

TEST_CASE("HttpChannel: a connection that has answered is kept until its end") {
  Bench bench;
  CHECK(bench.channel->connection_count() == 0);

  for (int i = 0; i < 3; ++i) {
    CHECK(bench.ask("503 Service Unavailable", "", "busy").outcome == Outcome::kHttpStatus);
    CHECK(bench.channel->connection_count() == 1);
    CHECK(bench.fds.size() == 1);
  }
  ::close(bench.fds.back());
  bench.fds.clear();
  CHECK(bench.ask("503 Service Unavailable", "", "busy").outcome == Outcome::kHttpStatus);

  CHECK(bench.channel->connection_count() == 1);
  CHECK(bench.fds.size() == 1);
}

TEST_CASE("HttpChannel: D01 results that nobody reads take held_bytes_max, and no more") {
  Bench bench;
  bench.ends.flow = Flow::kFull;
  const std::string body =
      R"({"jsonrpc":"2.0","id":1,"result":")" + std::string(150'000, 'x') + "\"}";

  CHECK(bench.ask("200 OK", "", body).outcome == Outcome::kTooLarge);

  CHECK(bench.ask("503 Service Unavailable", "", "busy").outcome == Outcome::kHttpStatus);
}

TEST_CASE("HttpChannel: the channel does not judge a status") {
  Bench bench;

  for (const std::string_view status : {"401 No", "402 No", "403 No", "429 No", "500 No"}) {
    CAPTURE(status);
    CHECK(bench.ask(status, "", "<html>").outcome == Outcome::kHttpStatus);
    CHECK(bench.ask(status, "", bench.error_body()).outcome == Outcome::kRpcError);
  }
}

}  // namespace sidecar::testing
