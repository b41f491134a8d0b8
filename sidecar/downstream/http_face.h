#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "downstream/http_exchange.h"
#include "downstream/http_views.h"
#include "downstream/options.h"
#include "downstream/session.h"
#include "downstream/session_host.h"
#include "net/http_server.h"

namespace sidecar {

/// The http and ws dialects: decides who may ask (Host, Origin, content type, path) and turns
/// requests and sockets into sessions.
///   POST / and /{chain}: JSON-RPC.  Upgrade there: ws.  GET: HttpViews, whatever the path.
///   Of a POST, for every call of its body: X-Rpc-Deadline-Ms, X-Rpc-Provider, X-Rpc-Explain: 1.
/// The Host rule is what keeps a web page that made its own name point at 127.0.0.1 out; Origin
/// keeps out pages in general, for browsers let any page open a WebSocket.
/// Owner: Listener.
class HttpFace final : private HttpServerSink, private ViewOut {
 public:
  /// Requires: `views` outlives it.
  static Result<std::unique_ptr<HttpFace>> create(Loop& loop, const HttpOptions& options,
                                                  SessionHost& host, SessionTable& sessions,
                                                  HttpViews& views);

  /// Takes over an accepted, unread socket.
  void adopt(int fd);
  /// A Host name that is served, beside localhost and the loopback addresses.
  void allow_host(std::string host) { hosts_.push_back(std::move(host)); }
  size_t connection_count() const { return connections_; }
  /// Those of them that are WebSockets.
  size_t ws_count() const { return sockets_.size(); }
  /// Ends connections that wait for a request, and lets the others go after their answer. Returns
  /// how many answers are not yet written.
  size_t end_idle_connections() { return server_->end_idle_connections(); }
  /// WebSockets since the start.
  uint64_t sockets_opened() const { return sockets_opened_; }
  /// Ends all connections; `on_closed` runs when the last is gone.
  void close(std::function<void()> on_closed);

 private:
  HttpFace(const HttpOptions& options, SessionHost& host, SessionTable& sessions, HttpViews& views);

  HttpVerdict on_http_head(const HttpHead& head) override;
  void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                       std::string_view body) override;
  void on_http_gone(HttpExchangeId id) override;
  void on_http_drained(HttpExchangeId id) override;
  void on_ws_open(WebSocketId id, uint64_t tag) override;
  void on_ws_text(WebSocketId id, std::string_view text) override;
  void on_ws_drained(WebSocketId id) override;
  void on_ws_closed(WebSocketId id) override;
  void on_http_connection_closed() override;

  void reply(ViewId id, const ViewHead& head, std::string_view body) override;
  void begin(ViewId id, const ViewHead& head) override;
  Flow send(ViewId id, std::string_view bytes) override;
  size_t unread_bytes(ViewId id) const override;
  void end(ViewId id) override;
  void cut(ViewId id) override;

  HttpVerdict on_get_head(const HttpHead& head) const;
  HttpVerdict on_post_head(const HttpHead& head) const;
  bool is_host_allowed(std::string_view host) const;
  bool is_origin_allowed(std::string_view origin) const;
  std::optional<ChainNumber> chain_of(std::string_view path) const;
  template <class Kind>
  Kind* session_of(const std::unordered_map<uint64_t, SessionId>& ids, uint64_t id);

  SessionHost& host_;
  SessionTable& sessions_;
  HttpViews& views_;
  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  HttpExchange::Registry exchanges_;
  std::unordered_map<WebSocketId, SessionId> sockets_;
  size_t connections_ = 0;
  uint64_t sockets_opened_ = 0;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sidecar
