#include "net/http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <array>
#include <memory>

#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

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

TEST_CASE("HttpServer: hands out the headers of our own, in any case, order and split") {
  Served served;
  const std::string request =
      post("1",
           "X-Real-IP: 10.0.0.1\r\nX-Rpc: no\r\nx-rpc-explain: 1\r\nX-RPC-Provider:  al pha \r\n"
           "X-Rpc-Provider-Two: no\r\nX-Rpc-Deadline-Ms:250\r\nX-Forwarded-For: 10.0.0.2\r\n");
  SocketPair client;
  served.adopt(client);

  for (size_t split = 0; split < request.size(); ++split) {
    client.send(request.substr(0, split));
    turn(*served.loop, 3);
    client.send(request.substr(split));
    REQUIRE(served.receive(client, answer("1").size()) == answer("1"));
  }
  client.send(post("2"));
  REQUIRE(served.receive(client, answer("2").size()) == answer("2"));

  for (size_t i = 0; i < request.size(); ++i) {
    CHECK(served.terms[i] == "250|al pha|1");
  }
  CHECK(served.terms.back() == "||");
}

TEST_CASE("HttpServer: the verdict's note is there until the request is answered") {
  Served served;
  served.verdict.note = "remember";
  SocketPair client;
  served.adopt(client);

  client.send(post("1"));
  served.receive(client, answer("1").size());
  CHECK(served.last_note == "remember");
  CHECK(served.server->note(served.last_exchange + 1).empty());
  CHECK(served.server->note(12345).empty());

  served.verdict.note.clear();
  client.send(post("2"));
  served.receive(client, answer("2").size());
  CHECK(served.last_note.empty());
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

}  // namespace sidecar::testing
