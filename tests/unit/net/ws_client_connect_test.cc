// Of net/ws_client.h: names, dials and upgrades, up to the 101 or a failure.
#include "net/ws_client.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/unit/net/ws_client_bench.h"

namespace sidecar::testing {

TEST_CASE("WsClient: B04 B05 never offers an extension, refuses one that nobody asked for") {
  Bench bench;

  bench.connect();
  REQUIRE(bench.peer.accept(*bench.loop));
  bench.peer.send(bench.peer.upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n"));

  CHECK(bench.fails());
  CHECK(bench.peer.request.find("Extensions") == std::string::npos);
  CHECK(bench.heard.end == WsFailure::End::kProtocol);
  CHECK(bench.heard.connected_count == 0);
}

TEST_CASE("WsClient: B01 a refused upgrade tells its status and Retry-After") {
  for (const int status : {401, 403, 404, 429, 503, 200, 301, 407}) {
    CAPTURE(status);
    Bench bench;

    bench.connect();
    REQUIRE(bench.peer.accept(*bench.loop));
    bench.peer.send("HTTP/1.1 " + std::to_string(status) +
                    " No\r\nRetry-After: 7\r\nLocation: /\r\nContent-Length: 2\r\n\r\nno");

    CHECK(bench.fails());
    CHECK(bench.heard.end == WsFailure::End::kRefused);
    CHECK(bench.heard.http_status == status);
    CHECK(bench.heard.retry_after == "7");
  }
}

TEST_CASE("WsClient: B02 an upgrade that is never answered ends by its own deadline") {
  Bench bench;
  bench.options.connect_timeout = Millis(50);

  bench.connect();
  REQUIRE(bench.peer.accept(*bench.loop));

  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kConnect);
  CHECK(bench.heard.what == "no answer to the upgrade in time");
}

TEST_CASE("WsClient: nobody on the port is a connect failure, and it can be tried again") {
  Bench bench;
  bench.peer.stop_listening();

  bench.connect();
  CHECK(bench.heard.failed_count == 0);
  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kConnect);
  bench.client->connect();

  CHECK(bench.until([&bench]() { return bench.heard.failed_count == 2; }));
}

TEST_CASE("WsClient: can be destroyed while it resolves, dials and waits for the upgrade") {
  for (const int turns : {0, 1, 3, 30}) {
    CAPTURE(turns);
    Bench bench;
    bench.options.url = Secret("ws://localhost" + bench.peer.url().substr(14));
    bench.connect();
    turn(*bench.loop, turns);

    bench.client.reset();
    turn(*bench.loop, 32);

    CHECK(bench.heard.failed_count == 0);
    CHECK(bench.heard.connected_count == 0);
  }
}

TEST_CASE("WsClient: a name is resolved off the loop and kept for Host") {
  Bench bench;
  const std::string rest = bench.peer.url("/a").substr(14);
  bench.options.url = Secret("ws://user:p%40ss@localhost" + rest);

  bench.come_up();

  CHECK(bench.peer.request.find("Host: localhost" + rest.substr(0, rest.find('/')) + "\r\n") !=
        std::string::npos);
  CHECK(bench.peer.request.find("Authorization: Basic dXNlcjpwQHNz\r\n") != std::string::npos);
}

TEST_CASE("WsClient: a name that does not exist is a connect failure") {
  Bench bench;
  bench.options.url = Secret("ws://nobody.invalid/");
  bench.options.connect_timeout = Millis(5'000);

  bench.connect();

  CHECK(bench.fails());
  CHECK(bench.heard.end == WsFailure::End::kConnect);
  CHECK(bench.heard.what.find("resolved") != std::string::npos);
}

TEST_CASE("WsClient: a number that cannot be routed fails at once, and again") {
  Bench bench;
  bench.options.url = Secret("ws://255.255.255.255:9/");

  bench.connect();
  CHECK(bench.fails());
  bench.client->connect();

  CHECK(bench.until([&bench]() { return bench.heard.failed_count == 2; }));
  CHECK(bench.heard.end == WsFailure::End::kConnect);
}

TEST_CASE("WsClient: a port whose queue is full swallows the dial, which ends in time") {
  Bench bench;
  bench.options.connect_timeout = Millis(50);
  const std::vector<int> waiting = bench.peer.fill_queue();

  bench.connect();
  CHECK(bench.fails());

  CHECK(bench.heard.end == WsFailure::End::kConnect);
  CHECK(bench.heard.what == "not connected in time");
  for (const int fd : waiting) {
    ::close(fd);
  }
}

TEST_CASE("WsClient: no proxy of the environment is asked") {
  Bench bench;
  WsPeer proxy;
  ::setenv("http_proxy", proxy.url().substr(5, proxy.url().size() - 6).c_str(), 1);

  bench.come_up();

  ::unsetenv("http_proxy");
  CHECK(bench.peer.connection_count == 1);
  CHECK(bench.peer.request.starts_with("GET / HTTP/1.1"));
}

TEST_CASE("WsClient: an answer that is no handshake never comes up") {
  for (const char* answer : {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                             "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
                             "HTTP/1.1 100 Continue\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n",
                             "\x15\x03\x01\x00\x02\x02", "\r\n\r\n", "HTTP/1.1 101"}) {
    CAPTURE(answer);
    Bench bench;
    bench.options.connect_timeout = Millis(300);

    bench.connect();
    REQUIRE(bench.peer.accept(*bench.loop));
    bench.peer.send(answer);

    CHECK(bench.fails());
    CHECK(bench.heard.connected_count == 0);
    CHECK(bench.peer.is_ended(*bench.loop));
  }
}

TEST_CASE("WsClient: a head that is too long, or a broken URL, is refused when it is made") {
  Bench bench;
  for (const std::string& url :
       {std::string("http://a/"), std::string("ws://"), std::string("ws://a:0/"),
        std::string("ws://a:99999/"), std::string("ws://a/b c"),
        "ws://a/" + std::string(2'000, 'x'), "ws://" + std::string(200, 'a') + "/"}) {
    CAPTURE(url);
    bench.options.url = Secret(url);

    const auto made = WsClient::create(*bench.loop, bench.options, 1, bench.heard);

    REQUIRE_FALSE(made.ok());
    CHECK(made.error().detail.find("xx") == std::string::npos);
    CHECK(made.error().detail.find("aa") == std::string::npos);
  }
}

}  // namespace sidecar::testing
