#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "net/event_pipe_guard.h"
#include "net/http_server.h"

struct lws;
struct lws_context;
struct lws_vhost;

namespace sidecar {

/// One adopted connection; never used again for another.
using HttpConnectionId = uint64_t;

/// What a callback wants of its connection. kClose: FIN and close, now.
enum class HttpStep { kGoOn, kClose };

/// A request head as it was parsed. Views live during the callback only.
struct HttpRawHead {
  HttpHead head;
  std::string_view version;  ///< HTTP/1.1
  std::string_view connection;
  std::string_view upgrade;
  std::string_view content_length;
  std::string_view transfer_encoding;
  std::string_view expect;
  std::string_view websocket_version;
  std::string_view websocket_key;
  bool is_ambiguous = false;  ///< a header that decides something came twice
};

/// What the engine tells. All calls come from the loop; the engine is in the middle of its work
/// then, so its own calls marked "anywhere" are the only ones allowed, unless said otherwise.
class HttpEngineSink {
 public:
  /// A head. An upgrade goes on to on_upgraded, one with a body to on_body_end; for any other
  /// nothing more is told, so take it over.
  virtual HttpStep on_head(HttpConnectionId id, const HttpRawHead& head) = 0;
  virtual HttpStep on_body(HttpConnectionId id, std::string_view piece) = 0;
  /// The body is whole. Comes again, many times, when bytes of a next request are waiting.
  virtual HttpStep on_body_end(HttpConnectionId id) = 0;
  virtual HttpStep on_writable(HttpConnectionId id) = 0;
  /// The handshake is answered. `fd` is the sink's now; the engine is through with the connection.
  virtual void on_upgraded(HttpConnectionId id, int fd) = 0;
  /// The connection is closed and the id dead. Never comes after take_over or on_upgraded.
  virtual void on_gone(HttpConnectionId id) = 0;

 protected:
  ~HttpEngineSink() = default;
};

/// libwebsockets 4.1.6 as parser of HTTP/1.1 requests on our loop, with its traps sprung.
///   adopt -> on_head -> on_body* -> on_body_end -> (sink writes on fd) -> finish_request ->
///   on_head
/// Not: it writes no answer (net/http_connection.h does, straight to the descriptor) and speaks no
/// WebSocket after the handshake (net/http_web_socket.h).
/// Limits: head 4 KiB; head within request_timeout, in whole seconds.   Owner: HttpServer.
/// Errors: create fails when the libuv glue (package libwebsockets-evlib-uv) is missing.
class HttpEngine {
 public:
  static Result<std::unique_ptr<HttpEngine>> create(Loop& loop, const HttpServerOptions& options,
                                                    HttpEngineSink& sink);
  ~HttpEngine();
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  /// Closes every connection (on_gone each) and, some turns later, calls `on_closed`; only then may
  /// the engine be destroyed. Not for use inside a callback.
  void close(std::function<void()> on_closed);

  /// Takes over an accepted, unread socket; it is closed on failure too. Not inside a callback.
  bool adopt(HttpConnectionId id, int fd);
  /// The descriptor, or -1 when the id is dead. Anywhere.
  int fd_of(HttpConnectionId id) const;
  /// on_writable follows on a later turn. Anywhere.
  void ask_writable(HttpConnectionId id);
  /// The answer is out: wait for the next head. kClose: cannot. Inside on_writable only.
  HttpStep finish_request(HttpConnectionId id);
  /// Hands out a descriptor of the connection and forgets it, with no on_gone; its own is closed
  /// with no FIN. -1 when there is no descriptor to be had: nothing has changed then. Anywhere.
  int take_over(HttpConnectionId id);
  /// The same for a callback that answers kClose: FIN is sent. Inside a callback only.
  int share(HttpConnectionId id);
  /// Closes a connection; on_gone comes inside the call. Not inside a callback.
  void cut(HttpConnectionId id);

  /// Where the library's own warnings go, for the whole process; nowhere until this is called.
  static void set_log(std::function<void(int level, std::string_view text)> log);

 private:
  struct Callback;
  HttpEngine(Loop& loop, HttpEngineSink& sink);
  struct lws* find(HttpConnectionId id) const;
  void close_in_turns(int turns, std::function<void()> on_closed);

  Loop& loop_;
  HttpEngineSink& sink_;
  struct lws_context* context_ = nullptr;
  EventPipeGuard pipe_;
  struct lws_vhost* vhost_ = nullptr;
  std::unordered_map<HttpConnectionId, struct lws*> connections_;
};

}  // namespace sidecar
