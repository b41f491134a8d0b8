#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_server.h"
#include "net/loop.h"
#include "tests/support/socket_pair.h"

namespace sidecar::testing {

/// An HttpServer on its own loop whose sink writes down what it is told. What it answers is set by
/// the test; by default it echoes.
class Served final : public HttpServerSink {
 public:
  explicit Served(const HttpServerOptions& options = {}) {
    auto made = Loop::create();
    REQUIRE(made.ok());
    loop = std::move(made).value();
    auto server_made = HttpServer::create(*loop, options, *this);
    REQUIRE(server_made.ok());
    server = std::move(server_made).value();
    on_request = [this](HttpExchangeId id, std::string_view body) {
      server->reply(id, 200, "application/json", std::string(body));
    };
    on_text = [this](WebSocketId id, std::string_view text) { server->ws_send(id, text); };
  }
  ~Served() { close(); }

  void close() {
    if (server == nullptr) {
      return;
    }
    bool is_closed = false;
    server->close([&is_closed]() { is_closed = true; });
    const bool is_done = turn_until(*loop, [&is_closed]() { return is_closed; });
    REQUIRE(is_done);
    server.reset();
  }

  void adopt(SocketPair& pair) { REQUIRE(server->adopt(pair.ours())); }
  bool until(const std::function<bool()>& is_done) { return turn_until(*loop, is_done); }

  /// Waits for `bytes` bytes in all, or the end of the connection.
  std::string receive(SocketPair& pair, size_t bytes) {
    std::string got;
    until([&]() {
      got += pair.receive();
      return got.size() >= bytes || pair.is_ended();
    });
    return got + pair.receive();
  }
  /// All up to the peer's FIN.
  std::string receive_all(SocketPair& pair) {
    std::string got;
    const bool is_ended = until([&]() {
      got += pair.receive();
      return pair.is_ended();
    });
    CHECK(is_ended);
    return got;
  }

  HttpVerdict on_http_head(const HttpHead& head) override {
    heads.push_back(std::string(head.method) + " " + std::string(head.path) +
                    " host=" + std::string(head.host) + " origin=" + std::string(head.origin) +
                    " type=" + std::string(head.content_type) +
                    (head.is_upgrade ? " upgrade" : ""));
    terms.push_back(std::string(head.deadline_ms) + "|" + std::string(head.provider) + "|" +
                    std::string(head.explain));
    return verdict;
  }
  void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                       std::string_view body) override {
    requests.push_back((is_post ? "POST " : "GET ") + std::string(path) + " " + std::string(body));
    last_tag = tag;
    last_exchange = id;
    last_note = server->note(id);
    on_request(id, body);
  }
  void on_http_gone(HttpExchangeId id) override { gone.push_back(id); }
  void on_http_drained(HttpExchangeId) override {
    ++drained_count;
    if (on_drained) {
      on_drained();
    }
  }
  void on_ws_open(WebSocketId id, uint64_t tag) override {
    opened.push_back(id);
    last_tag = tag;
  }
  void on_ws_text(WebSocketId id, std::string_view text) override {
    texts.emplace_back(text);
    on_text(id, text);
  }
  void on_ws_drained(WebSocketId) override { ++drained_count; }
  void on_ws_closed(WebSocketId id) override { closed.push_back(id); }
  void on_http_connection_closed() override { ++connections_closed; }

  std::unique_ptr<Loop> loop;
  std::unique_ptr<HttpServer> server;

  HttpVerdict verdict{200, "", 7};
  std::function<void(HttpExchangeId, std::string_view)> on_request;
  std::function<void(WebSocketId, std::string_view)> on_text;
  std::function<void()> on_drained;

  std::vector<std::string> heads;
  std::vector<std::string> terms;  ///< of each head: X-Rpc-Deadline-Ms|-Provider|-Explain
  std::vector<std::string> requests;
  std::vector<std::string> texts;
  std::vector<HttpExchangeId> gone;
  std::vector<WebSocketId> opened;
  std::vector<WebSocketId> closed;
  HttpExchangeId last_exchange = 0;
  uint64_t last_tag = 0;
  std::string last_note;
  int drained_count = 0;
  int connections_closed = 0;
};

inline std::string post(std::string_view body, std::string_view more_headers = {}) {
  return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(more_headers) + "\r\n" +
         std::string(body);
}

inline std::string answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// More bytes than any answer has: receive() then waits for the end of the connection.
constexpr size_t kMany = 1u << 30;

inline size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// The body of one chunked answer, or what is wrong with it.
inline std::string unchunked(std::string_view answer) {
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

}  // namespace sidecar::testing
