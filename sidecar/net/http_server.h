#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
  size_t output_bytes_max = 8u << 20;      ///< of one connection; Flow::kFull above half of it
  size_t ws_output_bytes_max = 8u << 20;   ///< the same of a WebSocket, ...
  size_t ws_output_mark_bytes = 4u << 20;  ///< ... which is full above this
  Millis request_timeout{10'000};          ///< for a head, and again for its body, from first byte
  Millis idle_timeout{75'000};  ///< keep-alive without a request; answer without progress
  size_t ws_frame_bytes_max = 512u << 10;  ///< longer messages go out in fragments of this size
};

/// A request's head. Views live during the callback only.
struct HttpHead {
  std::string_view method;        ///< GET, POST, OPTIONS, ... as sent
  std::string_view path;          ///< without the query, percent-decoded
  std::string_view query;         ///< what follows the question mark, percent-decoded
  std::string_view accept;        ///< Accept header, empty if absent; the first of several
  std::string_view host;          ///< Host header, empty if absent
  std::string_view origin;        ///< Origin header, empty if absent
  std::string_view content_type;  ///< Content-Type header, empty if absent
  std::string_view deadline_ms;   ///< X-Rpc-Deadline-Ms header, empty if absent
  std::string_view provider;      ///< X-Rpc-Provider header, likewise
  std::string_view explain;       ///< X-Rpc-Explain header, likewise
  bool is_upgrade = false;        ///< asks for a WebSocket
  int peer_fd = -1;               ///< of the connection, for SO_PEERCRED; not to be read or written
};

/// What the server is to do with a request whose head has come.
struct HttpVerdict {
  int status = 200;         ///< 200 = go on (take the body, or upgrade); else refuse with this
  std::string_view reason;  ///< body text of a refusal, plain text
  uint64_t tag = 0;         ///< handed back with the request or WebSocket
  std::string note = {};    ///< kept until the request is answered: HttpServer::note
  std::string_view content_type = "text/plain";  ///< of a refusal
  std::string_view more = {};                    ///< of a refusal: whole header lines
};

/// The head of an answer that comes in parts.
struct HttpReplyHead {
  int status = 200;
  std::string_view content_type;
  std::string_view more = {};  ///< whole header lines, each with its line end
  /// Promised as Content-Length, instead of chunks. An answer that ends short of it ends in FIN.
  std::optional<uint64_t> body_bytes = std::nullopt;
};

/// Takes requests and messages. Called on the loop, never inside a call to HttpServer.
class HttpServerSink {
 public:
  /// Before any body byte is kept. Not asked for what no server could take: a body in chunks or
  /// without a length (411), too long a body (413), a broken head (400).
  virtual HttpVerdict on_http_head(const HttpHead& head) = 0;
  /// The whole request; `is_post` or else GET or HEAD (whose answer loses its body by itself).
  /// Each id gets exactly one answer or on_http_gone.
  virtual void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                               std::string_view body) = 0;
  /// The client left before reply() or end_reply(); the id is dead.
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

/// The local HTTP/1.1 and WebSocket server on our loop, fed with accepted sockets.
///   adopt -> http_engine (libwebsockets: heads, bodies, handshake) -> http_connection (requests
///   and answers) | http_web_socket (frames)
/// Not: it does not listen (net/acceptor.h) and knows no JSON-RPC (downstream/).
/// Refused by itself: bodies in chunks, every Upgrade but WebSocket, binary messages (1003),
/// unmasked frames (1002), extensions. A client that sends a request before it has the answer to
/// the one before gets that answer, then FIN. A client that half-closes while it waits has left.
/// Descriptors: one a connection, and a second one for a moment when it becomes a WebSocket.
/// Owner: app or a test. Closing is in two phases: close(), then destruction after on_closed ran.
class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> create(Loop& loop, const HttpServerOptions& options,
                                                    HttpServerSink& sink);
  /// Requires: close() was called and `on_closed` has run, or is running as the last that it does.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Cuts every connection on a later turn (WebSockets with code 1012), and calls `on_closed` when
  /// all are gone. No callback of the sink follows this call.
  void close(std::function<void()> on_closed);

  /// Ends, on a later turn, every HTTP connection on which no request has come; those with one end
  /// after its answer. WebSockets stay. To be called again for as long as it is to hold. Returns
  /// how many whole answers wait to be written.
  size_t end_idle_connections();

  /// Takes over an accepted, unread socket (Unix or TCP). The descriptor is closed on failure too;
  /// on_http_connection_closed follows on success only. Not inside a callback of the sink.
  bool adopt(int fd);

  /// What the verdict on this request's head had to remember; empty when the id is dead.
  std::string_view note(HttpExchangeId id) const;

  /// The whole answer, with Content-Length (204: without). Ignored when the id is dead.
  void reply(HttpExchangeId id, int status, std::string_view content_type, std::string body);
  /// An answer that comes in parts (chunked; ended by FIN for HTTP/1.0): begin, write..., end or
  /// abort (cuts the connection).
  void begin_reply(HttpExchangeId id, const HttpReplyHead& head);
  /// Requires: with body_bytes promised, no more than that in all.
  /// kFull: taken, wait for on_http_drained. kDropped: the id is dead, or becomes so because it was
  /// full and the part would lead over output_bytes_max; no on_http_gone follows.
  Flow write_part(HttpExchangeId id, std::string_view bytes);
  void end_reply(HttpExchangeId id);
  void abort_reply(HttpExchangeId id);
  /// Bytes of this answer queued and not yet taken by the socket; 0 when the id is dead.
  size_t reply_queued_bytes(HttpExchangeId id) const;
  /// Sends what is queued, then resets the connection (RST; over a Unix socket it just ends).
  void reset_reply(HttpExchangeId id);

  /// Resets every HTTP connection on a later turn; on_http_gone follows for each open exchange.
  /// WebSockets stay.
  void reset_connections();

  /// One text message. kFull: taken, wait for on_ws_drained. kDropped: the id is dead, or becomes
  /// so because it was full and the message would lead over ws_output_bytes_max: it is closed with
  /// 1012
  /// ("service restart", after which the most clients come back) and on_ws_closed follows.
  /// While a message in parts is open, whole ones wait behind it.
  Flow ws_send(WebSocketId id, std::string_view text);
  /// A message in parts, for long results: begin with is_first, finish with is_last. One at a time.
  Flow ws_send_part(WebSocketId id, std::string_view bytes, bool is_first, bool is_last);
  void ws_close(WebSocketId id, uint16_t code);
  /// Drops what is queued and resets the connection (RST; over a Unix socket it just ends).
  void ws_reset(WebSocketId id);
  /// Bytes of output queued and not yet taken by the socket; 0 when the id is dead.
  size_t ws_queued_bytes(WebSocketId id) const;

  /// Stops reading from this connection, and goes on again; for backpressure. After a pause no
  /// message comes, not even one that was read already.
  void ws_pause_reading(WebSocketId id);
  void ws_resume_reading(WebSocketId id);

  /// Where libwebsockets' own warnings and errors go, for the whole process; nowhere by default.
  /// They hold no headers and no bodies.
  static void set_log(std::function<void(int level, std::string_view text)> log);

 private:
  struct Connections;
  explicit HttpServer(std::unique_ptr<Connections> connections);
  std::unique_ptr<Connections> connections_;
};

}  // namespace sidecar
