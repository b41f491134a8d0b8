#include "net/http_server.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

TEST_CASE("HttpServer: D19 a slow head ends the connection") {
  HttpServerOptions options;
  options.request_timeout = Millis(200);
  Served served(options);
  SocketPair client;
  served.adopt(client);
  const Instant start = served.loop->now();

  client.send("POST / HTTP/1.1\r\nHost: x\r\nX-Drip: ");
  const bool is_gone = served.until([&]() {
    if (served.connections_closed == 0) {
      client.send("a");  // each byte is progress of a kind; it buys no time
    }
    return served.connections_closed == 1;
  });

  CHECK(is_gone);
  CHECK(served.loop->now() - start >= Millis(200));
  CHECK(served.requests.empty());
}

TEST_CASE("HttpServer: D19 a slow second head ends the connection") {
  HttpServerOptions options;
  options.request_timeout = Millis(100);
  options.idle_timeout = Millis(60'000);
  Served served(options);
  SocketPair client;
  served.adopt(client);
  client.send(post("1"));
  REQUIRE(served.receive(client, answer("1").size()) == answer("1"));

  client.send("POST / HTTP/1.1\r\nHost:");

  CHECK(served.until([&]() { return served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: D19 a slow body ends the connection") {
  HttpServerOptions options;
  options.request_timeout = Millis(200);
  Served served(options);
  SocketPair client;
  served.adopt(client);

  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  const bool is_gone = served.until([&]() {
    if (served.connections_closed == 0) {
      client.send("a");
    }
    return served.connections_closed == 1;
  });

  CHECK(is_gone);
  CHECK(served.requests.empty());
}

TEST_CASE("HttpServer: an idle connection ends after idle_timeout, with FIN and no reset") {
  HttpServerOptions options;
  options.idle_timeout = Millis(150);
  Served served(options);
  SocketPair client;
  served.adopt(client);
  client.send(post("1"));
  REQUIRE(served.receive(client, answer("1").size()) == answer("1"));
  const Instant start = served.loop->now();

  CHECK(served.until([&]() { return client.is_ended(); }));
  CHECK(served.loop->now() - start >= Millis(150));
  CHECK(served.until([&]() { return served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: an answer that takes long is waited for without limit") {
  HttpServerOptions options;
  options.request_timeout = Millis(60);
  options.idle_timeout = Millis(60);
  Served served(options);
  served.on_request = [](HttpExchangeId, std::string_view) {};
  std::array<SocketPair, 2> clients;
  for (SocketPair& client : clients) {
    served.adopt(client);
  }
  clients[0].send(post("1"));
  REQUIRE(served.until([&]() { return served.requests.size() == 1; }));
  const HttpExchangeId first = served.last_exchange;
  clients[1].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(served.until([&]() { return served.requests.size() == 2; }));
  const Instant start = served.loop->now();
  REQUIRE(served.until([&]() { return served.loop->now() - start > Millis(1'300); }));

  served.server->reply(first, 200, "application/json", "1");
  served.server->reply(served.last_exchange, 200, "application/json", "1");

  CHECK(served.receive(clients[0], answer("1").size()) == answer("1"));
  CHECK(starts_with(served.receive_all(clients[1]), "HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("HttpServer: a reader that stands still is cut after idle_timeout") {
  HttpServerOptions options;
  options.idle_timeout = Millis(150);
  Served served(options);
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->reply(id, 200, "application/json", std::string(5'000'000, 'a'));
  };

  client.send(post("1"));

  CHECK(served.until([&]() { return served.connections_closed == 1; }));
  CHECK(served.receive(client, kMany).size() < 5'000'000);
}

TEST_CASE("HttpServer: the environment's proxy settings mean nothing to it") {
  ::setenv("http_proxy", "this is no proxy", 1);
  Served served;
  ::unsetenv("http_proxy");
  SocketPair client;
  served.adopt(client);

  client.send(post("1"));

  CHECK(served.receive(client, answer("1").size()) == answer("1"));
}

TEST_CASE("HttpServer: closes with connections in every state, and tells the sink nothing") {
  Served served;
  served.on_request = [](HttpExchangeId, std::string_view) {};
  std::array<SocketPair, 5> clients;
  for (SocketPair& client : clients) {
    served.adopt(client);
  }
  clients[1].send("POST / HT");
  clients[2].send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123");
  clients[3].send(post("1"));
  clients[4].send(post("1") + post("2"));
  REQUIRE(served.until([&]() { return served.requests.size() == 2; }));
  turn(*served.loop, 20);

  served.close();

  CHECK(served.gone.empty());
  CHECK(served.connections_closed == 0);
  for (SocketPair& client : clients) {
    CHECK(client.receive().empty());
  }
}

TEST_CASE("HttpServer: closes while a client it had refused leaves") {
  Served served;
  SocketPair client;
  served.adopt(client);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  REQUIRE(!served.receive_all(client).empty());

  client.close_far();
  bool is_closed = false;
  served.server->close([&]() {
    is_closed = true;
    served.server.reset();
  });

  CHECK(served.until([&]() { return is_closed; }));
  turn(*served.loop, 20);
}

TEST_CASE("HttpServer: the library's warnings come out where they are wanted, without headers") {
  std::string log;
  HttpServer::set_log([&](int, std::string_view text) { log += text; });
  Served served;
  SocketPair client;
  served.adopt(client);

  client.send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: " + std::string(9000, 's') +
              "ecret\r\n\r\n");
  const bool is_gone = served.until([&]() { return served.connections_closed == 1; });
  HttpServer::set_log({});

  CHECK(is_gone);
  CHECK_FALSE(log.empty());
  CHECK(log.find("ssss") == std::string::npos);
}

}  // namespace sidecar::testing
