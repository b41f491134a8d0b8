#include "net/http_server.h"

#include <doctest/doctest.h>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

TEST_CASE("HttpServer: a streamed reply goes out in chunks, or until FIN for HTTP/1.0") {
  for (const std::string version : {"1.1", "1.0"}) {
    CAPTURE(version);
    Served served;
    SocketPair client;
    served.adopt(client);
    served.on_request = [&](HttpExchangeId id, std::string_view) {
      served.server->begin_reply(id, {.content_type = "application/json"});
      CHECK(served.server->write_part(id, "{\"a\"") == Flow::kOk);
      CHECK(served.server->write_part(id, "") == Flow::kOk);
      CHECK(served.server->write_part(id, ":1}") == Flow::kOk);
      served.server->end_reply(id);
      CHECK(served.server->write_part(id, "late") == Flow::kDropped);
    };

    client.send("POST / HTTP/" + version + "\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");

    if (version == "1.1") {
      const std::string wanted =
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          "4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n";
      CHECK(served.receive(client, wanted.size()) == wanted);
      served.on_request = [&](HttpExchangeId id, std::string_view) {
        served.server->reply(id, 200, "application/json", "2");
      };
      client.send(post("2"));
      CHECK(served.receive(client, answer("2").size()) == answer("2"));
    } else {
      CHECK(served.receive_all(client) ==
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
            "{\"a\":1}");
    }
  }
}

TEST_CASE("HttpServer: D01 a slow reader stops its streamed reply and goes on with it") {
  for (const std::string method : {"POST", "GET"}) {
    CAPTURE(method);
    HttpServerOptions options;
    options.output_bytes_max = 1u << 20;
    Served served(options);
    SocketPair client;
    served.adopt(client);
    const std::string part(100'000, 'p');
    size_t parts_sent = 0;
    const auto pump = [&]() {
      while (parts_sent < 50) {
        ++parts_sent;
        if (served.server->write_part(served.last_exchange, part) != Flow::kOk) {
          return;
        }
      }
      served.server->end_reply(served.last_exchange);
    };
    served.on_request = [&](HttpExchangeId id, std::string_view) {
      served.server->begin_reply(id, {.content_type = "application/json"});
      pump();
    };
    served.on_drained = pump;

    client.send(method == "GET" ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : post("1"));
    turn(*served.loop, 50);
    const size_t parts_before_reading = parts_sent;
    std::string got;
    const bool is_done = served.until([&]() {
      got += client.receive();
      return got.size() > 7 && got.substr(got.size() - 7) == "\r\n0\r\n\r\n";
    });

    CHECK(is_done);
    CHECK(parts_before_reading < 12);
    CHECK(served.drained_count > 0);
    CHECK(unchunked(got).size() == 50 * part.size());
  }
}

TEST_CASE("HttpServer: D02 a producer that ignores kFull is cut at output_bytes_max") {
  HttpServerOptions options;
  options.output_bytes_max = 1u << 20;
  Served served(options);
  SocketPair client;
  served.adopt(client);
  Flow flow = Flow::kOk;
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->begin_reply(id, {.content_type = "application/json"});
  };
  client.send(post("1"));
  REQUIRE(served.until([&]() { return !served.requests.empty(); }));

  for (int i = 0; i < 40 && flow != Flow::kDropped; ++i) {
    flow = served.server->write_part(served.last_exchange, std::string(100'000, 'p'));
    turn(*served.loop, 3);
  }

  CHECK(flow == Flow::kDropped);
  CHECK(served.until([&]() { return served.connections_closed == 1; }));
  CHECK(served.gone.empty());
  const std::string got = served.receive_all(client);
  CHECK(got.size() < options.output_bytes_max);
  CHECK(unchunked(got) == "cut short");
}

TEST_CASE("HttpServer: whole replies larger than every buffer arrive whole") {
  for (const std::string method : {"POST", "GET"}) {
    CAPTURE(method);
    Served served;
    SocketPair client;
    served.adopt(client);
    std::string big(20'000'000, 'a');
    for (size_t i = 0; i < big.size(); i += 1000) {
      big[i] = static_cast<char>('a' + (i / 1000) % 26);
    }
    served.on_request = [&](HttpExchangeId id, std::string_view) {
      served.server->reply(id, 200, "application/json", big);
    };

    client.send(method == "GET" ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : post("1"));
    turn(*served.loop, 50);
    const std::string got = served.receive(client, answer(big).size());

    const bool is_whole = got.size() > big.size() && got.substr(got.find("\r\n\r\n") + 4) == big;
    CHECK(is_whole);
    CHECK(served.gone.empty());
  }
}

TEST_CASE("HttpServer: bodies up to the limit arrive whole") {
  Served served;
  SocketPair client;
  served.adopt(client);
  std::string body(16u << 20, 'b');
  body.front() = '[';
  body.back() = ']';
  const std::string request = post(body);
  size_t received = 0;
  served.on_request = [&](HttpExchangeId id, std::string_view got) {
    received = got == body ? got.size() : 0;
    served.server->reply(id, 200, "application/json", "ok");
  };

  for (size_t at = 0; at < request.size(); at += 100'000) {
    client.send(request.substr(at, 100'000));
    turn(*served.loop, 4);
  }

  CHECK(served.receive(client, answer("ok").size()) == answer("ok"));
  CHECK(received == body.size());
}

TEST_CASE("HttpServer: D05 tells of a client that leaves before its answer, and of no other") {
  Served served;
  served.on_request = [](HttpExchangeId, std::string_view) {};
  SocketPair leaver;
  SocketPair stayer;
  served.adopt(leaver);
  served.adopt(stayer);
  leaver.send(post("1"));
  REQUIRE(served.until([&]() { return served.requests.size() == 1; }));
  const HttpExchangeId left = served.last_exchange;
  stayer.send(post("2"));
  REQUIRE(served.until([&]() { return served.requests.size() == 2; }));
  const HttpExchangeId stayed = served.last_exchange;

  leaver.close_far();
  REQUIRE(served.until([&]() { return !served.gone.empty(); }));
  served.server->reply(left, 200, "application/json", "nobody reads this");
  served.server->reply(stayed, 200, "application/json", "2");

  CHECK(served.gone == std::vector<HttpExchangeId>{left});
  CHECK(served.receive(stayer, answer("2").size()) == answer("2"));
  CHECK(served.until([&]() { return served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: D05 a client that leaves in the middle of its body never asked") {
  Served served;
  SocketPair client;
  served.adopt(client);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
  REQUIRE(served.until([&]() { return !served.heads.empty(); }));

  client.close_far();

  CHECK(served.until([&]() { return served.connections_closed == 1; }));
  CHECK(served.requests.empty());
  CHECK(served.gone.empty());
}

TEST_CASE("HttpServer: a client that connects and leaves is counted out") {
  Served served;
  SocketPair client;
  served.adopt(client);

  client.close_far();

  CHECK(served.until([&]() { return served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: an aborted reply cuts the connection short of its end") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->begin_reply(id, {.content_type = "application/json"});
    served.server->write_part(id, "{\"resu");
  };
  client.send(post("1"));
  const std::string begun = served.receive(client, 80);

  served.server->abort_reply(served.last_exchange);
  served.server->end_reply(served.last_exchange);
  const std::string got = begun + served.receive_all(client);

  CHECK(unchunked(got) == "cut short");
  CHECK(served.until([&]() { return served.connections_closed == 1; }));
  CHECK(served.gone.empty());
}

TEST_CASE("HttpServer: an id is dead after its answer, also when its connection goes on") {
  Served served;
  SocketPair client;
  served.adopt(client);
  client.send(post("1"));
  REQUIRE(served.receive(client, answer("1").size()) == answer("1"));
  const HttpExchangeId first = served.last_exchange;
  served.on_request = [](HttpExchangeId, std::string_view) {};
  client.send(post("2"));
  REQUIRE(served.until([&]() { return served.requests.size() == 2; }));

  served.server->reply(first, 200, "application/json", "wrong");
  CHECK(served.server->write_part(first, "wrong") == Flow::kDropped);
  served.server->abort_reply(first);
  served.server->reply(served.last_exchange, 200, "application/json", "right");

  CHECK(served.receive(client, answer("right").size()) == answer("right"));
}

}  // namespace sidecar::testing
