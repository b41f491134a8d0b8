#include "net/http_server.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/slot_map.h"
#include "net/http_connection.h"
#include "net/http_engine.h"
#include "net/http_web_socket.h"
#include "net/loop.h"

namespace sidecar {

namespace {

/// Deadlines are swept, not set one by one: a sweep is one look at each connection.
constexpr Millis kSweepMin{10};
constexpr Millis kSweepMax{1'000};

}  // namespace

/// All connections of one server: who they are, and when they end.
/// An upgraded connection becomes a WebSocket, with an id of its own: events look thousands up.
struct HttpServer::Connections final : HttpEngineSink, HttpConnectionHost, WebSocketOwner {
  Connections(Loop& the_loop, const HttpServerOptions& the_options, HttpServerSink& the_sink)
      : HttpConnectionHost(the_loop, own_options, the_sink), own_options(the_options) {
    sweep_timer = the_loop.make_timer([this]() { sweep(); });
    const Millis shortest = std::min(own_options.request_timeout, own_options.idle_timeout);
    sweep_period = std::clamp(shortest / 4, kSweepMin, kSweepMax);
  }

  HttpConnection* find(HttpConnectionId id) {
    const auto found = connections.find(id);
    return found == connections.end() ? nullptr : found->second.get();
  }
  WebSocket* find_socket(WebSocketId id) {
    const std::unique_ptr<WebSocket>* found = sockets.find(id);
    return found == nullptr || !(*found)->is_open() ? nullptr : found->get();
  }

  bool adopt(int fd) {
    const HttpConnectionId id = next_id++;
    connections.emplace(id, std::make_unique<HttpConnection>(*this, id));
    if (!engine->adopt(id, fd)) {
      connections.erase(id);
      return false;
    }
    arm_sweep();
    return true;
  }

  // ---- HttpEngineSink

  HttpStep on_head(HttpConnectionId id, const HttpRawHead& head) override {
    HttpConnection* connection = find(id);
    return is_closing || connection == nullptr ? HttpStep::kClose : connection->on_head(head);
  }
  HttpStep on_body(HttpConnectionId id, std::string_view piece) override {
    HttpConnection* connection = find(id);
    return connection == nullptr ? HttpStep::kClose : connection->on_body(piece);
  }
  HttpStep on_body_end(HttpConnectionId id) override {
    HttpConnection* connection = find(id);
    return is_closing || connection == nullptr ? HttpStep::kClose : connection->on_body_end();
  }
  HttpStep on_writable(HttpConnectionId id) override {
    HttpConnection* connection = find(id);
    return is_closing || connection == nullptr ? HttpStep::kClose : connection->on_writable();
  }
  void on_upgraded(HttpConnectionId id, int fd) override {
    const uint64_t tag = find(id)->tag();
    connections.erase(id);
    const WebSocketId socket_id = sockets.insert(nullptr);
    auto socket = WebSocket::create(loop, fd, socket_id, own_options, *this);
    if (!socket.ok()) {
      sockets.erase(socket_id);
      tell_closed();
      return;
    }
    *sockets.find(socket_id) = std::move(socket).value();
    if (!is_closing) {
      sink.on_ws_open(socket_id, tag);
    }
  }
  void on_gone(HttpConnectionId id) override { drop(id); }

  // ---- HttpConnectionHost

  void on_connection_idle(HttpConnectionId id) override {
    loop.post([this, id]() { drop(id); });
  }
  void on_connection_broken(HttpConnectionId id) override {
    loop.post([this, id]() { engine->cut(id); });
  }

  // ---- WebSocketOwner

  void on_socket_text(WebSocketId id, std::string_view text) override {
    if (!is_closing) {
      sink.on_ws_text(id, text);
    }
  }
  void on_socket_drained(WebSocketId id) override {
    if (!is_closing) {
      sink.on_ws_drained(id);
    }
  }
  void on_socket_ended(WebSocketId id) override {
    loop.post([this, id]() {
      if (!is_closing) {
        sink.on_ws_closed(id);
      }
    });
  }
  void on_socket_idle(WebSocketId id) override {
    loop.post([this, id]() {
      if (sockets.erase(id)) {
        tell_closed();
      }
    });
  }

  // ---- ends

  void drop(HttpConnectionId id) {
    auto node = connections.extract(id);
    if (node.empty()) {
      return;
    }
    if (!is_closing) {
      node.mapped()->on_gone();
    }
    tell_closed();
  }
  void tell_closed() {
    if (!is_closing) {
      sink.on_http_connection_closed();
    }
  }

  void reset_all() {
    for (const auto& [id, connection] : connections) {
      connection->reset();
    }
  }

  size_t end_idle_connections() {
    size_t unsent = 0;
    std::vector<HttpConnectionId> idle;
    for (const auto& [id, connection] : connections) {
      connection->keep_no_longer();
      unsent += connection->is_replying() ? 1 : 0;
      if (connection->is_idle()) {
        idle.push_back(id);
      }
    }
    for (const HttpConnectionId id : idle) {
      loop.post([this, id]() {
        if (HttpConnection* connection = find(id); connection != nullptr && connection->is_idle()) {
          engine->cut(id);
        }
      });
    }
    return unsent;
  }

  void arm_sweep() {
    if (!is_sweep_armed && !is_closing) {
      is_sweep_armed = true;
      sweep_timer->arm(loop.now() + sweep_period);
    }
  }
  void sweep() {
    is_sweep_armed = false;
    const Instant now = loop.now();
    sockets.for_each([this, now](WebSocketId id, const std::unique_ptr<WebSocket>& socket) {
      if (socket->deadline() <= now) {
        on_socket_idle(id);
      }
    });
    std::vector<HttpConnectionId> late;
    for (const auto& [id, connection] : connections) {
      if (connection->deadline() <= now || connection->is_spinning()) {
        late.push_back(id);
      }
    }
    for (const HttpConnectionId id : late) {
      const HttpConnection* connection = find(id);
      if (connection == nullptr || connection->is_taken_over()) {
        drop(id);
      } else {
        engine->cut(id);
      }
    }
    if (!connections.empty() || sockets.size() > 0) {
      arm_sweep();
    }
  }

  void close(std::function<void()> on_closed) {
    CHECK(!is_closing);
    is_closing = true;
    sweep_timer->cancel();
    loop.post([this, on_closed = std::move(on_closed)]() mutable {
      sockets.for_each([](WebSocketId, const std::unique_ptr<WebSocket>& socket) {
        socket->close(ws_code::kServiceRestart);
      });
      // Now, not at the end: what a stream posts on its last turn would outlive us.
      sockets = {};
      connections.clear();
      engine->close([this, on_closed = std::move(on_closed)]() {
        engine.reset();
        on_closed();
      });
    });
  }

  const HttpServerOptions own_options;
  std::unordered_map<HttpConnectionId, std::unique_ptr<HttpConnection>> connections;
  SlotMap<std::unique_ptr<WebSocket>> sockets;
  uint64_t next_id = 1;
  std::unique_ptr<Timer> sweep_timer;
  Millis sweep_period{0};
  bool is_sweep_armed = false;
  bool is_closing = false;
};

Result<std::unique_ptr<HttpServer>> HttpServer::create(Loop& loop, const HttpServerOptions& options,
                                                       HttpServerSink& sink) {
  auto connections = std::make_unique<Connections>(loop, options, sink);
  auto engine = HttpEngine::create(loop, connections->own_options, *connections);
  if (!engine.ok()) {
    return engine.error();
  }
  connections->engine = std::move(engine).value();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(connections)));
}

HttpServer::HttpServer(std::unique_ptr<Connections> connections)
    : connections_(std::move(connections)) {}

HttpServer::~HttpServer() {
  CHECK(connections_->engine == nullptr);
}

void HttpServer::close(std::function<void()> on_closed) {
  connections_->close(std::move(on_closed));
}

size_t HttpServer::end_idle_connections() {
  return connections_->end_idle_connections();
}

bool HttpServer::adopt(int fd) {
  return connections_->adopt(fd);
}

std::string_view HttpServer::note(HttpExchangeId id) const {
  const HttpConnection* connection = connections_->find(HttpConnection::connection_of(id));
  return connection == nullptr ? std::string_view() : connection->note(id);
}

void HttpServer::reply(HttpExchangeId id, int status, std::string_view content_type,
                       std::string body) {
  if (HttpConnection* connection = connections_->find(HttpConnection::connection_of(id))) {
    connection->reply(id, status, content_type, std::move(body));
  }
}

void HttpServer::begin_reply(HttpExchangeId id, const HttpReplyHead& head) {
  if (HttpConnection* connection = connections_->find(HttpConnection::connection_of(id))) {
    connection->begin_reply(id, head);
  }
}

Flow HttpServer::write_part(HttpExchangeId id, std::string_view bytes) {
  HttpConnection* connection = connections_->find(HttpConnection::connection_of(id));
  return connection == nullptr ? Flow::kDropped : connection->write_part(id, bytes);
}

void HttpServer::end_reply(HttpExchangeId id) {
  if (HttpConnection* connection = connections_->find(HttpConnection::connection_of(id))) {
    connection->end_reply(id);
  }
}

void HttpServer::abort_reply(HttpExchangeId id) {
  if (HttpConnection* connection = connections_->find(HttpConnection::connection_of(id))) {
    connection->abort_reply(id);
  }
}

size_t HttpServer::reply_queued_bytes(HttpExchangeId id) const {
  const HttpConnection* connection = connections_->find(HttpConnection::connection_of(id));
  return connection == nullptr ? 0 : connection->queued_bytes(id);
}

void HttpServer::reset_reply(HttpExchangeId id) {
  if (HttpConnection* connection = connections_->find(HttpConnection::connection_of(id))) {
    connection->reset_reply(id);
  }
}

void HttpServer::reset_connections() {
  connections_->reset_all();
}

Flow HttpServer::ws_send(WebSocketId id, std::string_view text) {
  WebSocket* socket = connections_->find_socket(id);
  return socket == nullptr ? Flow::kDropped : socket->send(text);
}

Flow HttpServer::ws_send_part(WebSocketId id, std::string_view bytes, bool is_first, bool is_last) {
  WebSocket* socket = connections_->find_socket(id);
  return socket == nullptr ? Flow::kDropped : socket->send_part(bytes, is_first, is_last);
}

void HttpServer::ws_close(WebSocketId id, uint16_t code) {
  if (WebSocket* socket = connections_->find_socket(id)) {
    socket->close(code);
  }
}

void HttpServer::ws_reset(WebSocketId id) {
  if (WebSocket* socket = connections_->find_socket(id)) {
    socket->reset();
  }
}

size_t HttpServer::ws_queued_bytes(WebSocketId id) const {
  const WebSocket* socket = connections_->find_socket(id);
  return socket == nullptr ? 0 : socket->queued_bytes();
}

void HttpServer::ws_pause_reading(WebSocketId id) {
  if (WebSocket* socket = connections_->find_socket(id)) {
    socket->pause_reading();
  }
}

void HttpServer::ws_resume_reading(WebSocketId id) {
  // On a turn of its own: it may bring messages.
  connections_->loop.post([connections = connections_.get(), id]() {
    if (WebSocket* socket = connections->find_socket(id)) {
      socket->resume_reading();
    }
  });
}

void HttpServer::set_log(std::function<void(int level, std::string_view text)> log) {
  HttpEngine::set_log(std::move(log));
}

}  // namespace sidecar
