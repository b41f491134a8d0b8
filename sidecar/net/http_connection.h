#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_engine.h"
#include "net/http_output.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/stream.h"

namespace sidecar {

/// What an HttpConnection needs of the server that owns it.
class HttpConnectionHost {
 public:
  /// The connection came to its end without the engine: destroy it on a later turn.
  virtual void on_connection_idle(HttpConnectionId id) = 0;
  /// The connection must be cut by the engine on a later turn.
  virtual void on_connection_broken(HttpConnectionId id) = 0;

  Loop& loop;
  const HttpServerOptions& options;
  HttpServerSink& sink;
  std::unique_ptr<HttpEngine> engine;

 protected:
  HttpConnectionHost(Loop& the_loop, const HttpServerOptions& the_options, HttpServerSink& the_sink)
      : loop(the_loop), options(the_options), sink(the_sink) {}
  ~HttpConnectionHost() = default;
};

/// One HTTP/1.x connection: which requests are taken, and how answers are written.
/// Shape: kHead -> kBody -> kAsked [-> kStreaming] -> kReplying -> kHead, or kLast once it is to
/// end. Bytes of a next request that come before the answer ("pipelining") take the connection away
/// from the engine, which cannot hold them without spinning: it gets its one answer, then FIN. Not:
/// it parses no bytes (net/http_engine.h).   Limits: HttpServerOptions.   Owner: HttpServer.
class HttpConnection final : private StreamSink {
 public:
  HttpConnection(HttpConnectionHost& host, HttpConnectionId id);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // From the engine, see HttpEngineSink.
  HttpStep on_head(const HttpRawHead& raw);
  HttpStep on_body(std::string_view piece);
  HttpStep on_body_end();
  HttpStep on_writable();
  void on_gone();

  // From the server's user, see HttpServer. All are ignored for an exchange that is dead.
  void reply(HttpExchangeId exchange, int status, std::string_view content_type, std::string body);
  void begin_reply(HttpExchangeId exchange, const HttpReplyHead& head);
  Flow write_part(HttpExchangeId exchange, std::string_view bytes);
  void end_reply(HttpExchangeId exchange);
  void abort_reply(HttpExchangeId exchange);
  void reset_reply(HttpExchangeId exchange);
  /// Resets it; the host is asked to destroy it.
  void reset();

  /// When this phase must be over; far away while an answer is being worked out.
  Instant deadline() const { return deadline_; }
  bool is_taken_over() const { return stream_ != nullptr; }
  /// Whatever is asked now is the last that is answered.
  void keep_no_longer() { is_last_ = true; }
  /// It waits for a request of which no byte has come.
  bool is_idle() const;
  /// Its answer is whole, and not all of it is written.
  bool is_replying() const { return phase_ == Phase::kReplying; }
  /// The engine burns time on this connection: cut it. For a look now and then.
  bool is_spinning();
  uint64_t tag() const { return tag_; }
  std::string_view note(HttpExchangeId asked) const;
  /// Of the answer to this request; 0 when it is over.
  size_t queued_bytes(HttpExchangeId asked) const;

  static HttpConnectionId connection_of(HttpExchangeId exchange) { return exchange >> 24; }

 private:
  enum class Phase : uint8_t {
    kHead,       ///< waiting for a request
    kBody,       ///< its head was accepted
    kAsked,      ///< the sink has it
    kStreaming,  ///< the answer has begun
    kReplying,   ///< the answer is whole, and partly in our queue
    kLast,       ///< FIN is sent or being sent: the peer's own is awaited
    kDead,       ///< to be cut
  };

  HttpStep refuse(const HttpVerdict& verdict);
  HttpStep refuse(int status, std::string_view reason, std::string_view more = {});
  HttpStep check_upgrade(const HttpRawHead& raw);
  HttpStep check_request(const HttpRawHead& raw);
  void ask(std::string body);
  bool is_asked(HttpExchangeId exchange) const;
  void append_head(int status, std::string_view content_type, std::string_view more);
  void start_output();
  void tell_drained();
  void break_off();
  void move_to_stream();
  bool adopt_stream(int fd);
  void feed_stream();
  void linger(int fd);
  void begin_last();
  size_t queued_bytes() const;
  HttpExchangeId exchange() const { return id_ << 24 | serial_; }

  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_eof() override;
  void on_stream_failed(std::string_view what) override;
  void on_stream_drained() override;

  HttpConnectionHost& host_;
  const HttpConnectionId id_;
  uint32_t serial_ = 0;  ///< of the exchange, 24 bits
  Phase phase_ = Phase::kHead;
  bool is_post_ = false;
  bool is_head_only_ = false;
  bool is_http10_ = false;
  bool is_kept_alive_ = false;
  bool is_last_ = false;  ///< no request is taken after this one
  bool is_chunked_ = false;
  bool is_reset_ = false;      ///< ends with RST once the answer is out
  bool is_peer_done_ = false;  ///< the stream's end came
  bool was_full_ = false;
  bool may_spin_ = false;  ///< the socket was not seen writable since the last answer
  uint64_t tag_ = 0;
  uint64_t body_bytes_expected_ = 0;
  uint64_t body_bytes_owed_ = 0;  ///< of the answer: promised and not yet written
  Instant deadline_;
  std::string path_;
  std::string note_;
  std::string body_;  ///< of the request
  HttpOutput output_;
  StreamPtr stream_;  ///< the way out once the engine let go of the connection
};

}  // namespace sidecar
