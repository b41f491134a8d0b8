#include "net/http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

namespace {

constexpr size_t kMany = 1u << 30;

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// The body of one chunked answer, or what is wrong with it.
std::string unchunked(std::string_view answer) {
  const size_t head = answer.find("\r\n\r\n");
  if (head == std::string_view::npos) {
    return "no head";
  }
  answer.remove_prefix(head + 4);
  std::string body;
  while (true) {
    const size_t size = std::strtoull(std::string(answer.substr(0, 18)).c_str(), nullptr, 16);
    const size_t line = answer.find("\r\n");
    if (line == std::string_view::npos || answer.size() < line + 2 + size + 2) {
      return "cut short";
    }
    body += answer.substr(line + 2, size);
    answer.remove_prefix(line + 2 + size + 2);
    if (size == 0) {
      return answer.empty() ? body : "more than one answer";
    }
  }
}

}  // namespace

TEST_CASE("HttpServer: answers request after request on one connection") {
  Served served;
  SocketPair client;
  served.adopt(client);

  client.send(post("{\"id\":1}"));
  const std::string first = served.receive(client, answer("{\"id\":1}").size());
  client.send(post("{\"id\":22}"));
  const std::string second = served.receive(client, answer("{\"id\":22}").size());

  CHECK(first == answer("{\"id\":1}"));
  CHECK(second == answer("{\"id\":22}"));
  CHECK(served.requests == std::vector<std::string>{"POST / {\"id\":1}", "POST / {\"id\":22}"});
  CHECK(served.heads[0] == "POST / host=localhost origin= type=application/json");
  CHECK(served.last_tag == 7);
}

TEST_CASE("HttpServer: takes a request split at any byte") {
  Served served;
  const std::string request = post("{\"method\":\"x\"}", "X-Unknown: y\r\n");
  SocketPair client;
  served.adopt(client);

  for (size_t split = 1; split < request.size(); ++split) {
    client.send(request.substr(0, split));
    turn(*served.loop, 3);
    client.send(request.substr(split));
    const std::string wanted = answer("{\"method\":\"x\"}");
    REQUIRE(served.receive(client, wanted.size()) == wanted);
  }

  CHECK(served.requests.size() == request.size() - 1);
}

TEST_CASE("HttpServer: answers later than asked, in the order of the sink") {
  Served served;
  std::vector<HttpExchangeId> asked;
  served.on_request = [&](HttpExchangeId id, std::string_view) { asked.push_back(id); };
  std::array<SocketPair, 3> clients;
  for (SocketPair& client : clients) {
    served.adopt(client);
    client.send(post("1"));
  }
  REQUIRE(served.until([&]() { return asked.size() == 3; }));

  for (size_t i = asked.size(); i-- > 0;) {
    served.server->reply(asked[i], 200, "application/json", std::to_string(i));
  }

  for (size_t i = 0; i < clients.size(); ++i) {
    const std::string got = served.receive(clients[i], answer("0").size());
    CHECK(starts_with(got, "HTTP/1.1 200 OK\r\n"));
  }
  CHECK(served.gone.empty());
}

TEST_CASE("HttpServer: serves two hundred connections at once") {
  Served served;
  std::vector<std::unique_ptr<SocketPair>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<SocketPair>());
    served.adopt(*clients.back());
  }

  for (size_t i = 0; i < clients.size(); ++i) {
    clients[i]->send(post(std::to_string(i)));
  }

  for (size_t i = 0; i < clients.size(); ++i) {
    const std::string wanted = answer(std::to_string(i));
    REQUIRE(served.receive(*clients[i], wanted.size()) == wanted);
  }
}

TEST_CASE("HttpServer: serves TCP sockets too") {
  Served served;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(client, reinterpret_cast<sockaddr*>(&address), length) == 0);
  const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  const std::string request = post("[]");
  REQUIRE(::send(client, request.data(), request.size(), 0) ==
          static_cast<ssize_t>(request.size()));

  REQUIRE(served.server->adopt(accepted));

  std::string got(answer("[]").size(), '\0');
  const bool is_done = served.until([&]() {
    return ::recv(client, got.data(), got.size(), MSG_DONTWAIT) == static_cast<ssize_t>(got.size());
  });
  CHECK(is_done);
  CHECK(got == answer("[]"));
  ::close(client);
  ::close(listener);
}

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
  served.server->begin_reply(served.last_exchange, 200, "application/json");
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
  served.server->begin_reply(served.last_exchange, 200, "");
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

TEST_CASE("HttpServer: a GET is answered, and then its connection ends") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->reply(id, 200, "application/json", "{}");
  };

  client.send("GET /stats?x=1;y=2 HTTP/1.1\r\nHost: x\r\n\r\n");

  CHECK(served.receive_all(client) ==
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        "Content-Length: 2\r\n\r\n{}");
  CHECK(served.requests == std::vector<std::string>{"GET /stats "});
  client.close_far();
  CHECK(served.until([&]() { return served.connections_closed == 1; }));
}

TEST_CASE("HttpServer: Expect: 100-continue is answered before the body comes") {
  Served served;
  SocketPair client;
  served.adopt(client);
  const std::string body(5000, 'b');
  const std::string request = post(body, "Expect: 100-continue\r\n");
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";

  client.send(request.substr(0, request.size() - body.size()));
  const std::string first = served.receive(client, go_on.size());
  client.send(body);
  const std::string second = served.receive(client, answer(body).size());

  CHECK(first == go_on);
  CHECK(second == answer(body));
}

TEST_CASE("HttpServer: HEAD is answered without a body") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->reply(id, 200, "text/plain", "hello");
  };

  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");

  CHECK(served.receive_all(client) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        "Content-Length: 5\r\n\r\n");
}

TEST_CASE("HttpServer: 204 has neither body nor length") {
  Served served;
  SocketPair client;
  served.adopt(client);
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->reply(id, 204, "", "");
  };

  client.send(post("1"));

  CHECK(served.receive(client, 27) == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("HttpServer: an empty POST is asked and answered, and then its connection ends") {
  Served served;
  SocketPair client;
  served.adopt(client);

  client.send(post(""));
  const std::string got = served.receive_all(client);

  CHECK(starts_with(got, "HTTP/1.1 200 OK\r\n"));
  CHECK(served.requests == std::vector<std::string>{"POST / "});
}

TEST_CASE("HttpServer: keeps or closes the connection as version and Connection say") {
  struct Row {
    const char* version;
    const char* connection;
    bool is_kept;
    const char* header;
  };
  const std::array<Row, 6> rows = {{
      {"1.1", "", true, ""},
      {"1.1", "Connection: close\r\n", false, "Connection: close\r\n"},
      {"1.1", "Connection: TE, Close\r\n", false, "Connection: close\r\n"},
      {"1.1", "Connection: keep-alive\r\n", true, ""},
      {"1.0", "", false, "Connection: close\r\n"},
      {"1.0", "Connection: Keep-Alive\r\n", true, "Connection: keep-alive\r\n"},
  }};
  for (const Row& row : rows) {
    CAPTURE(std::string(row.version));
    CAPTURE(std::string(row.connection));
    Served served;
    SocketPair client;
    served.adopt(client);
    const std::string request = std::string("POST / HTTP/") + row.version + "\r\nHost: x\r\n" +
                                row.connection + "Content-Length: 1\r\n\r\n1";
    const std::string wanted =
        std::string("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n") + row.header +
        "Content-Length: 1\r\n\r\n1";

    client.send(request);
    const std::string first = served.receive(client, wanted.size());
    CHECK(first == wanted);
    if (row.is_kept) {
      client.send(request);
      CHECK(served.receive(client, wanted.size()) == wanted);
    } else {
      CHECK(served.until([&]() { return client.is_ended(); }));
      CHECK(served.until([&]() { return served.connections_closed == 1; }));
    }
  }
}

TEST_CASE("HttpServer: a streamed reply goes out in chunks, or until FIN for HTTP/1.0") {
  for (const std::string version : {"1.1", "1.0"}) {
    CAPTURE(version);
    Served served;
    SocketPair client;
    served.adopt(client);
    served.on_request = [&](HttpExchangeId id, std::string_view) {
      served.server->begin_reply(id, 200, "application/json");
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
      served.server->begin_reply(id, 200, "application/json");
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
    served.server->begin_reply(id, 200, "application/json");
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
    served.server->begin_reply(id, 200, "application/json");
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

}  // namespace sidecar::testing
