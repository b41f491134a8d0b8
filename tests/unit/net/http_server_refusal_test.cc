#include "net/http_server.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

TEST_CASE("HttpServer: D17 pipelined requests draw one answer, then the end") {
  for (const bool is_answered_late : {false, true}) {
    CAPTURE(is_answered_late);
    Served served;
    SocketPair client;
    served.adopt(client);
    if (is_answered_late) {
      served.on_request = [](HttpExchangeId, std::string_view) {};
    }

    client.send(post("{\"id\":1}") + post("{\"id\":2}") + post("{\"id\":3}"));
    REQUIRE(served.until([&]() { return !served.requests.empty(); }));
    turn(*served.loop, 50);
    if (is_answered_late) {
      served.server->reply(served.last_exchange, 200, "application/json", "{\"id\":1}");
    }

    const std::string got = served.receive_all(client);
    CHECK(starts_with(got, "HTTP/1.1 200 OK\r\n"));
    CHECK(got.substr(got.size() - 8) == "{\"id\":1}");
    CHECK(count_of(got, "HTTP/1.1") == 1);
    CHECK(served.requests.size() == 1);
    CHECK(served.gone.empty());
    client.close_far();
    CHECK(served.until([&]() { return served.connections_closed == 1; }));
  }
}

TEST_CASE("HttpServer: D17 bytes that come while an answer is worked out ask nothing again") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [](HttpExchangeId, std::string_view) {};
  client.send(post("{\"id\":1}"));
  REQUIRE(served.until([&]() { return !served.requests.empty(); }));

  for (int i = 0; i < 20; ++i) {
    client.send(post("{\"id\":2}"));
    turn(*served.loop, 3);
  }
  served.server->begin_reply(served.last_exchange, {.content_type = "application/json"});
  turn(*served.loop, 3);
  served.server->write_part(served.last_exchange, "{\"id\"");
  turn(*served.loop, 3);
  served.server->write_part(served.last_exchange, ":1}");
  served.server->end_reply(served.last_exchange);

  CHECK(unchunked(served.receive_all(client)) == "{\"id\":1}");
  CHECK(served.requests.size() == 1);
}

TEST_CASE("HttpServer: D17 a pipelined client that leaves is told of") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [](HttpExchangeId, std::string_view) {};
  client.send(post("1") + post("2"));
  REQUIRE(served.until([&]() { return !served.requests.empty(); }));
  turn(*served.loop, 20);

  client.close_far();
  served.server->begin_reply(served.last_exchange, {});
  served.server->write_part(served.last_exchange, "x");

  CHECK(served.until([&]() { return served.connections_closed == 1; }));
  CHECK(served.gone == std::vector<HttpExchangeId>{served.last_exchange});
}

TEST_CASE("HttpServer: D17 pipelined GETs get one answer, then the end") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->reply(id, 200, "text/plain", "hi");
  };

  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string got = served.receive_all(client);

  CHECK(count_of(got, "HTTP/1.1 200 OK") == 1);
  CHECK(got.substr(got.size() - 6) == "\r\n\r\nhi");
  CHECK(served.requests == std::vector<std::string>{"GET /a "});
}

TEST_CASE("HttpServer: refuses heads that no server could serve") {
  struct Row {
    const char* name;
    std::string request;
    const char* status;
  };
  const std::array<Row, 12> rows = {{
      {"chunked",
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
       "HTTP/1.1 411 "},
      {"no length", "POST / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 411 "},
      {"over the limit", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n",
       "HTTP/1.1 413 "},
      {"length of 2^64",
       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n",
       "HTTP/1.1 400 "},
      {"negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
       "HTTP/1.1 400 "},
      {"two lengths",
       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
       "HTTP/1.1 400 "},
      {"two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", "HTTP/1.1 400 "},
      {"GET with a body", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
       "HTTP/1.1 400 "},
      {"version", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
      {"expectation", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: magic\r\n\r\n{}",
       "HTTP/1.1 417 "},
      {"h2c upgrade",
       "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
       "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
       "HTTP/1.1 400 "},
      {"PUT that the sink lets pass", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 405 "},
  }};
  for (const Row& row : rows) {
    CAPTURE(std::string(row.name));
    HttpServerOptions options;
    options.body_bytes_max = 100;
    Served served(options);
    SocketPair client;
    served.adopt(client);

    client.send(row.request);

    const std::string got = served.receive(client, kMany);
    CHECK(starts_with(got, row.status));
    CHECK(count_of(got, "Content-Length: ") == 1);
    CHECK(served.requests.empty());
    client.close_far();
    CHECK(served.until([&]() { return served.connections_closed == 1; }));
  }
}

TEST_CASE("HttpServer: hangs up on what is no request") {
  const std::array<std::string, 6> garbage = {
      "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
      "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(20'000, 'a') + "\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
      std::string("POST \0\1\2\r\n\r\n\r\n\r\n", 15),
  };
  for (const std::string& bytes : garbage) {
    CAPTURE(bytes.substr(0, 40));
    Served served;
    SocketPair client;
    served.adopt(client);

    client.send(bytes);

    const bool is_gone = served.until([&]() { return served.connections_closed == 1; });
    CHECK(is_gone);
    CHECK(served.requests.empty());
    CHECK(client.receive().find("200") == std::string::npos);
  }
}

TEST_CASE("HttpServer: D21 asks the sink about Host, Origin and content type before the body") {
  Served served;
  served.verdict = {403, "this Origin is not allowed\n", 0};
  SocketPair client;
  served.adopt(client);

  client.send(
      "POST /solana?x=1 HTTP/1.1\r\nhost: localhost:8645\r\nORIGIN: http://evil\r\n"
      "content-type: text/plain;charset=UTF-8\r\nContent-Length: 1000000\r\n\r\n{\"id\"");
  const std::string got = served.receive_all(client);

  CHECK(served.heads ==
        std::vector<std::string>{"POST /solana host=localhost:8645 origin=http://evil "
                                 "type=text/plain;charset=UTF-8"});
  CHECK(got ==
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        "Content-Length: 27\r\n\r\nthis Origin is not allowed\n");
  CHECK(served.requests.empty());
}

TEST_CASE("HttpServer: D21 the answer to a refused body is not lost in a reset") {
  Served served;
  served.verdict = {415, "Content-Type must be application/json\n", 0};
  SocketPair client;
  served.adopt(client);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");

  // Never looks at the answer before the server is through with it.
  for (int i = 0; i < 30; ++i) {
    client.send(std::string(10'000, 'x'));
    turn(*served.loop, 4);
  }

  const std::string got = served.receive_all(client);
  CHECK(starts_with(got, "HTTP/1.1 415 Unsupported Media Type\r\n"));
  CHECK(served.connections_closed == 0);
  client.close_far();
  CHECK(served.until([&]() { return served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: D17 a client that pipelines and does not read is cut, for it costs time") {
  HttpServerOptions options;
  options.request_timeout = Millis(200);  // looked at four times in this
  Served served(options);
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->reply(id, 200, "application/json", std::string(150'000, 'a'));
  };
  client.send(post("1"));
  turn(*served.loop, 20);

  client.send("P");

  CHECK(served.until([&]() { return served.connections_closed == 1; }));
  CHECK(served.requests.size() == 1);
}

}  // namespace sidecar::testing
