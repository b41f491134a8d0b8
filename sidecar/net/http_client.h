#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/flow.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/loop.h"

namespace sidecar {

/// Where one client posts to, and what it bears.
struct HttpClientOptions {
  Secret url;             ///< http:// or https://
  std::string unix_path;  ///< dial this socket instead of the URL's host; empty = TCP
  std::vector<std::pair<std::string, Secret>> headers;
  std::string user_agent;
  std::string proxy;    ///< empty = none, whatever the environment says
  std::string ca_file;  ///< empty = the system's
  Millis connect_timeout{2'000};
  uint32_t connections_max = 8;
  uint32_t streams_max = 100;         ///< calls on one HTTP/2 connection
  size_t body_bytes_max = 64u << 20;  ///< after decompression
  uint32_t rate_bytes_min = 1'024;    ///< per second, once the body has begun
  Millis rate_window{10'000};
};

/// How one exchange ended.
struct HttpResult {
  enum class End {
    kAnswered,  ///< a whole HTTP response; see status
    kConnect,   ///< name, route or connection refused
    kTls,       ///< handshake or certificate
    kTimeout,   ///< connecting, or a body too slow
    kClosed,    ///< the connection ended too early
    kProtocol,  ///< not a valid HTTP response
    kTooLarge,  ///< over body_bytes_max
  };
  End end = End::kAnswered;
  int status = 0;
  bool may_be_sent = false;  ///< a byte of the request may have left
  std::string_view detail;   ///< a phrase without URL or key; lives during the callback
  /// The header as it came with a status from 400 on, its first 64 bytes; lives as long.
  std::string_view retry_after = {};
};

using HttpCallId = uint64_t;

struct CurlExchanges;

/// What a client tells its owner, by the tag that start() was given; on the loop, never inside
/// start(), cancel() or resume().
class HttpClientSink {
 public:
  /// Body bytes, decompressed, in order. kFull: taken, hold the rest until resume(); only over
  /// HTTP/1.1, a stream of HTTP/2 goes on. kDropped: give up, and close an HTTP/1.1 connection:
  /// on_http_done says kClosed.
  virtual Flow on_http_body(uint64_t tag, int status, std::string_view bytes) = 0;
  /// Once for each exchange that was not cancelled; its id is dead then.
  virtual void on_http_done(uint64_t tag, const HttpResult& result) = 0;

 protected:
  ~HttpClientSink() = default;
};

/// POSTs JSON to one URL over a bounded keep-alive pool (libcurl multi on our loop; HTTP/2 over TLS
/// where offered, then one connection).
/// Not: it does not queue (see room()), time whole exchanges, follow redirects or read JSON.
/// Owner: a channel. The sink outlives it.
class HttpClient final : private TurnEnd {
 public:
  static Result<std::unique_ptr<HttpClient>> create(Loop& loop, const HttpClientOptions& options,
                                                    HttpClientSink& sink);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Requires: room() > 0. `may_repeat`: may be posted again by itself on a fresh connection when a
  /// kept-alive one turns out dead before any answer byte.
  HttpCallId start(uint64_t tag, std::string body, bool may_repeat);
  /// No callback comes after it. True when a byte of the request may have left.
  bool cancel(HttpCallId id);
  void resume(HttpCallId id);

  /// How many more exchanges may start now.
  size_t room() const;
  /// Connections to the provider that have answered and are open still.
  size_t connection_count() const;
  /// Connections made since the start, as far as the exchanges that made them have ended.
  uint64_t connections_made() const;

 private:
  explicit HttpClient(std::unique_ptr<CurlExchanges> curl);
  void on_turn_end() override;

  std::unique_ptr<CurlExchanges> curl_;
};

}  // namespace sidecar
