#include "net/http_server.h"

#include <doctest/doctest.h>

#include "tests/support/tcp_pair.h"
#include "tests/unit/net/http_served.h"

namespace sidecar::testing {

namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// All that comes up to the connection's end, which `client` tells.
std::string receive_all(Served& served, TcpPair& client) {
  std::string got;
  const bool is_ended = served.until([&]() {
    got += client.receive();
    return !client.end().empty();
  });
  CHECK(is_ended);
  return got;
}

}  // namespace

TEST_CASE("HttpServer: reset_reply before an answer is a reset without a byte") {
  for (const std::string& request : {post("1"), std::string(kGet)}) {
    CAPTURE(request);
    Served served;
    TcpPair client;
    REQUIRE(served.server->adopt(client.ours()));
    served.on_request = [&](HttpExchangeId id, std::string_view) {
      served.server->reset_reply(id);
      served.server->reply(id, 200, "text/plain", "too late");
    };

    client.send(request);

    CHECK(receive_all(served, client).empty());
    CHECK(client.end() == "reset");
    CHECK(served.gone.empty());
    CHECK(served.until([&]() { return served.connections_closed == 1; }));
  }
}

TEST_CASE("HttpServer: reset_reply within an answer lets out what was written") {
  for (const std::string& request : {post("1"), std::string(kGet)}) {
    CAPTURE(request);
    Served served;
    TcpPair client;
    REQUIRE(served.server->adopt(client.ours()));
    served.on_request = [&](HttpExchangeId id, std::string_view) {
      served.server->begin_reply(id, {.content_type = "text/plain", .body_bytes = 10});
      served.server->write_part(id, "abc");
      served.server->reset_reply(id);
      CHECK(served.server->write_part(id, "late") == Flow::kDropped);
    };

    client.send(request);

    CHECK(receive_all(served, client).ends_with("Content-Length: 10\r\n\r\nabc"));
    CHECK(client.end() == "reset");
  }
}

TEST_CASE("HttpServer: an answer of promised length keeps the connection when it keeps its word") {
  Served served;
  TcpPair client;
  REQUIRE(served.server->adopt(client.ours()));
  size_t body_bytes = 6;
  served.on_request = [&](HttpExchangeId id, std::string_view) {
    served.server->begin_reply(id, {.status = 429,
                                    .content_type = "text/plain",
                                    .more = "Retry-After: 2\r\n",
                                    .body_bytes = body_bytes});
    served.server->write_part(id, "abc");
    served.server->write_part(id, "def");
    served.server->end_reply(id);
  };
  const std::string head =
      "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nRetry-After: 2\r\n";
  const std::string whole = head + "Content-Length: 6\r\n\r\nabcdef";
  std::string got;

  client.send(post("1"));
  CHECK(served.until([&]() { return (got += client.receive()).size() >= whole.size(); }));
  CHECK(got == whole);
  body_bytes = 7;
  client.send(post("2"));

  CHECK(receive_all(served, client) == head + "Content-Length: 7\r\n\r\nabcdef");
  CHECK(client.end() == "fin");
}

TEST_CASE("HttpServer: reset_connections resets the idle and the asked, and says who is gone") {
  Served served;
  TcpPair idle;
  TcpPair asked;
  TcpPair asked_by_get;
  for (const TcpPair* client : {&idle, &asked, &asked_by_get}) {
    REQUIRE(served.server->adopt(client->ours()));
  }
  int asked_count = 0;
  served.on_request = [&](HttpExchangeId, std::string_view) { ++asked_count; };
  asked.send(post("1"));
  asked_by_get.send(kGet);
  REQUIRE(served.until([&]() { return asked_count == 2; }));

  served.server->reset_connections();

  for (TcpPair* client : {&idle, &asked, &asked_by_get}) {
    CHECK(receive_all(served, *client).empty());
    CHECK(client->end() == "reset");
  }
  CHECK(served.until([&]() { return served.connections_closed == 3; }));
  CHECK(served.gone.size() == 2);
}

}  // namespace sidecar::testing
