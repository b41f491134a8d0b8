#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/flow.h"
#include "base/result.h"
#include "base/time.h"

namespace sidecar {

class Loop;

/// One request in progress, or one WebSocket; never used again for another.
using HttpExchangeId = uint64_t;
using WebSocketId = uint64_t;

/// Bounds of the local HTTP and WebSocket server.
struct HttpServerOptions {
  size_t body_bytes_max = 16u << 20;       ///< 413 above; 1009 for a WebSocket message
  size_t output_bytes_max = 8u << 20;      ///< Flow::kFull above half of it
  Millis request_timeout{10'000};          ///< header, and body, from first byte to last
  Millis idle_timeout{75'000};             ///< keep-alive without a request
  size_t ws_frame_bytes_max = 512u << 10;  ///< longer messages go out in fragments of this size
};

/// A request's head. Views live during the callback only.
struct HttpHead {
  std::string_view method;        ///< GET, POST, OPTIONS, ... as sent
  std::string_view path;          ///< without the query
  std::string_view host;          ///< Host header, empty if absent
  std::string_view origin;        ///< Origin header, empty if absent
  std::string_view content_type;  ///< Content-Type header, empty if absent
  bool is_upgrade = false;        ///< asks for a WebSocket
  int peer_fd = -1;               ///< of the connection, for SO_PEERCRED; not to be read or written
};

/// What the server is to do with a request whose head has come.
struct HttpVerdict {
  int status = 200;         ///< 200 = go on (take the body, or upgrade); else refuse with this
  std::string_view reason;  ///< body text of a refusal, plain text
  uint64_t tag = 0;         ///< handed back with the request or WebSocket
};

/// Takes requests and messages. Called on the loop, never inside a call to HttpServer.
class HttpServerSink {
 public:
  /// Before any body byte is kept.
  virtual HttpVerdict on_http_head(const HttpHead& head) = 0;
  /// The whole request; `is_post` or else GET. Each id gets exactly one reply or on_http_gone.
  virtual void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                               std::string_view body) = 0;
  /// The client left before its reply was complete; the id is dead.
  virtual void on_http_gone(HttpExchangeId id) = 0;
  /// A streamed reply that answered kFull has room again.
  virtual void on_http_drained(HttpExchangeId id) = 0;

  virtual void on_ws_open(WebSocketId id, uint64_t tag) = 0;
  /// One whole text message, reassembled. Not UTF-8 checked.
  virtual void on_ws_text(WebSocketId id, std::string_view text) = 0;
  virtual void on_ws_drained(WebSocketId id) = 0;
  /// Gone, by either side; the id is dead.
  virtual void on_ws_closed(WebSocketId id) = 0;
  /// Every adopted connection ends with this, whatever it spoke.
  virtual void on_http_connection_closed() = 0;

 protected:
  ~HttpServerSink() = default;
};

/// The local HTTP/1.1 and WebSocket server: libwebsockets on our loop, fed with accepted sockets.
/// Not: it does not listen (net/acceptor.h) and knows no JSON-RPC (downstream/).
/// Owner: app or a test. Closing is in two phases: close(), then destruction after on_closed ran.
class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> create(Loop& loop, const HttpServerOptions& options,
                                                    HttpServerSink& sink);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Ends every connection; `on_closed` runs once the last is gone. No callback of the sink follows.
  void close(std::function<void()> on_closed);

  /// Takes over an accepted, unread socket (Unix or TCP). The descriptor is closed on failure too.
  bool adopt(int fd);

  /// The whole answer, with Content-Length. Ignored when the id is dead.
  void reply(HttpExchangeId id, int status, std::string_view content_type, std::string body);
  /// An answer that comes in parts (chunked): begin, write..., end or abort (cuts the connection).
  void begin_reply(HttpExchangeId id, int status, std::string_view content_type);
  Flow write_part(HttpExchangeId id, std::string_view bytes);
  void end_reply(HttpExchangeId id);
  void abort_reply(HttpExchangeId id);

  /// One text message. kFull: taken, wait for on_ws_drained. kDropped: over output_bytes_max,
  /// closed with 1013? no: see .cc
  Flow ws_send(WebSocketId id, std::string_view text);
  /// A message in parts, for long results: begin with is_first, finish with is_last.
  Flow ws_send_part(WebSocketId id, std::string_view bytes, bool is_first, bool is_last);
  void ws_close(WebSocketId id, uint16_t code);
  /// Bytes of output queued and not yet taken by the socket.
  size_t ws_queued_bytes(WebSocketId id) const;

  /// Stops reading from this connection, and goes on again; for backpressure.
  void ws_pause_reading(WebSocketId id);
  void ws_resume_reading(WebSocketId id);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sidecar
