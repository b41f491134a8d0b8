#include "upstream/ipc_channel.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/acceptor.h"
#include "tests/support/socket_pair.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/upstream/channel_ends.h"

namespace sidecar::testing {

namespace {

/// A node's socket whose answers the test writes.
struct FakeNode {
  FakeNode(Loop& loop, const std::string& path)
      : acceptor(std::move(Acceptor::listen_unix(
                               loop, path, {}, 16, [this](int fd) { fds.push_back(fd); }, []() {}))
                     .value()) {}
  ~FakeNode() { hang_up(); }
  std::string receive() {
    std::string got;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(fds.back(), buffer, sizeof(buffer), MSG_DONTWAIT)) > 0;) {
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  void send(std::string_view bytes) {
    REQUIRE(::send(fds.back(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    for (const int fd : fds) {
      ::close(fd);
    }
    fds.clear();
  }

  std::vector<int> fds;
  std::unique_ptr<Acceptor> acceptor;
};

struct Bench {
  Bench() : loop(std::move(Loop::create()).value()), node(make_node()) {
    ProviderOptions options;
    options.ipc = folder.file("node.ipc");
    options.queue_max = 4;
    channel = std::make_unique<IpcChannel>(*loop, options, 100, 1);
  }
  ~Bench() {
    channel.reset();
    node.reset();
    turn(*loop);
  }
  std::unique_ptr<FakeNode> make_node() {
    return std::make_unique<FakeNode>(*loop, folder.file("node.ipc"));
  }
  void start(AttemptId id) {
    Attempt attempt;
    attempt.id = id;
    attempt.request_tail = R"("method":"eth_chainId","params":[]})";
    channel->start(attempt, ends);
    turn(*loop);
  }

  TempFolder folder;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<FakeNode> node;
  Ends ends;
  FeedEnds feeds;
  std::unique_ptr<IpcChannel> channel;
};

}  // namespace

TEST_CASE("IpcChannel: calls share one connection and find their answers by id") {
  Bench bench;

  bench.start(1);
  bench.start(2);
  CHECK(bench.node->receive() ==
        "{\"jsonrpc\":\"2.0\",\"id\":100,\"method\":\"eth_chainId\",\"params\":[]}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":101,\"method\":\"eth_chainId\",\"params\":[]}\n");
  bench.node->send(R"({"jsonrpc":"2.0","id":101,"result":"two"}{"jsonrpc":"2.0",)");
  bench.node->send(R"("id":100,"error":{"code":-32000,"message":"no"}})");
  turn(*bench.loop);

  CHECK(bench.node->fds.size() == 1);
  CHECK(bench.ends.bodies[2] == "\"two\"");
  CHECK(bench.ends.outcomes[1] == Outcome::kRpcError);
}

TEST_CASE(
    "IpcChannel: when the node goes, what was written may have been sent; the next call dials") {
  Bench bench;

  bench.start(1);
  bench.node->hang_up();
  turn(*bench.loop);
  CHECK(bench.ends.outcomes[1] == Outcome::kClosed);
  CHECK(bench.ends.sent[1] == Sent::kMaybe);
  // Within the pause after a failure a call is refused at once, so that it can go elsewhere.
  CHECK(turn_until(*bench.loop, [&bench]() {
    static AttemptId next = 1;
    bench.start(++next);
    return !bench.node->fds.empty();
  }));
}

TEST_CASE("IpcChannel: A01 no node on the socket is a connect failure with nothing sent") {
  Bench bench;
  bench.node.reset();
  turn(*bench.loop);

  bench.start(1);

  CHECK(bench.ends.outcomes[1] == Outcome::kConnect);
  CHECK(bench.ends.sent[1] == Sent::kNo);
}

TEST_CASE("IpcChannel: A40 over queue_max an attempt is refused on a later turn") {
  Bench bench;
  for (AttemptId id = 1; id <= 4; ++id) {
    bench.start(id);
  }

  bench.start(5);

  CHECK(bench.ends.outcomes[5] == Outcome::kBusy);
  CHECK(bench.ends.outcomes.size() == 1);
}

TEST_CASE("IpcChannel: the answer to a cancelled attempt is dropped, the others find theirs") {
  Bench bench;

  bench.start(1);
  bench.start(2);
  CHECK(bench.channel->cancel(1) == Sent::kMaybe);
  bench.node->send(R"({"jsonrpc":"2.0","id":100,"result":1})"
                   R"({"jsonrpc":"2.0","id":101,"result":2})");
  turn(*bench.loop);

  CHECK(bench.ends.outcomes.size() == 1);
  CHECK(bench.ends.bodies[2] == "2");
}

TEST_CASE("IpcChannel: A32 garbage from the node ends the connection and all calls on it") {
  Bench bench;

  bench.start(1);
  bench.node->send("]]]");
  turn(*bench.loop);

  CHECK(bench.ends.outcomes[1] == Outcome::kBadJson);
}

TEST_CASE("IpcChannel: notifications are nobody's and harm nothing") {
  Bench bench;

  bench.start(1);
  bench.node->send(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{}})"
                   R"({"jsonrpc":"2.0","id":100,"result":1})");
  turn(*bench.loop);

  CHECK(bench.ends.bodies[1] == "1");
}

TEST_CASE("IpcChannel: events come over the node's socket, between answers") {
  Bench bench;

  bench.channel->feeds()->open_feed({7, "eth_subscribe", R"(["newHeads"])", "eth_unsubscribe"},
                                    bench.feeds);
  bench.start(1);
  CHECK(bench.node->receive() ==
        "{\"jsonrpc\":\"2.0\",\"id\":100,\"method\":\"eth_subscribe\",\"params\":[\"newHeads\"]}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":101,\"method\":\"eth_chainId\",\"params\":[]}\n");
  bench.node->send(
      R"({"jsonrpc":"2.0","id":100,"result":"0xa"}{"jsonrpc":"2.0","method":"eth_subscription",)"
      R"("params":{"subscription":"0xa","result":{"n":1}}}{"jsonrpc":"2.0","id":101,"result":1})");
  turn(*bench.loop);
  bench.channel->feeds()->close_feed(7);
  turn(*bench.loop);
  CHECK(bench.node->receive() ==
        "{\"jsonrpc\":\"2.0\",\"id\":102,\"method\":\"eth_unsubscribe\",\"params\":[\"0xa\"]}\n");

  CHECK(bench.feeds.told == Told{"open 7", "event 7 {\"n\":1}"});
  CHECK(bench.ends.bodies[1] == "1");
}

TEST_CASE("IpcChannel: when the node goes its feeds are lost") {
  Bench bench;

  bench.channel->feeds()->open_feed({7, "eth_subscribe", R"(["newHeads"])", "eth_unsubscribe"},
                                    bench.feeds);
  turn(*bench.loop);
  bench.node->hang_up();
  turn(*bench.loop);

  CHECK(bench.feeds.told == Told{"lost 7 closed"});
}

}  // namespace sidecar::testing
