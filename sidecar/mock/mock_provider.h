#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/random.h"
#include "base/result.h"
#include "mock/mock_calls.h"
#include "mock/mock_options.h"
#include "mock/mock_stats.h"
#include "net/acceptor.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace sidecar {

/// A provider for demos and tests: an Ethereum or Solana node over a made-up chain (EvmMethods,
/// SvmMethods) behind HTTP, with faults on demand.
///   POST any path       JSON-RPC, single or batch, Content-Type application/json; MockCalls also
///                       has methods for tests (mock_echo, mock_blob, ...)
///   GET  /stats         MockStats as JSON
///   GET  /health        ok
/// Faults: each answer is held for a time drawn between latency_min and latency_max; failure_rate
/// of the POSTs fail, a third each with HTTP 503, with a cut connection before any answer byte, and
/// with -32603 for each call. Both are drawn from the seed in order of arrival. A call is carried
/// out when it arrives, except that of a 503 or a cut.
/// Not: no WebSocket, no TLS, no keys.
/// Limits: those of HttpServerOptions; one answer is held or streamed for a connection, and a long
/// blob takes kOutputBytesMax of memory.
/// Owner: app or a test. Closing is in two phases: close(), then destruction after on_closed ran.
class MockProvider final : private HttpServerSink {
 public:
  static constexpr size_t kOutputBytesMax = 1u << 20;

  /// Errors: kInvalid for an option out of its range; kInUse, kPermission, kSystem for the address.
  static Result<std::unique_ptr<MockProvider>> create(Loop& loop, const MockOptions& options);
  MockProvider(const MockProvider&) = delete;
  MockProvider& operator=(const MockProvider&) = delete;

  /// Stops listening, drops what is waiting and cuts all connections.
  void close(std::function<void()> on_closed);

  uint16_t port() const { return port_; }
  const MockStats& stats() const { return stats_; }

 private:
  enum class Fault { kNone, k503, kCut, kInternalError };

  /// The rest of a streamed answer.
  struct Blob {
    uint64_t bytes_left = 0;
    std::string end;
  };
  /// What is held back, and until when.
  struct Held {
    MockAnswer answer;
    bool is_cut = false;
  };
  using HeldKey = std::pair<Instant, HttpExchangeId>;

  MockProvider(Loop& loop, const MockOptions& options);

  HttpVerdict on_http_head(const HttpHead& head) override;
  void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                       std::string_view body) override;
  void on_http_gone(HttpExchangeId id) override;
  void on_http_drained(HttpExchangeId id) override;
  void on_ws_open(WebSocketId, uint64_t) override {}
  void on_ws_text(WebSocketId, std::string_view) override {}
  void on_ws_drained(WebSocketId) override {}
  void on_ws_closed(WebSocketId) override {}
  void on_http_connection_closed() override { --stats_.connections_open; }

  void on_accept(int fd);
  void on_post(HttpExchangeId id, std::string_view body);
  Fault draw_fault();
  Millis draw_latency();
  void hold(HttpExchangeId id, Held held, Millis wait);
  void release_due();
  void deliver(HttpExchangeId id, Held held);
  void pump(HttpExchangeId id);
  void finish();
  Millis unix_now() const;
  std::string stats_json() const;

  Loop& loop_;
  MockOptions options_;
  MockStats stats_;
  Millis unix_offset_;  ///< from the loop's clock to the Unix epoch
  Random random_;
  MockCalls calls_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Acceptor> acceptor_;
  uint16_t port_ = 0;
  std::unique_ptr<Timer> timer_;
  std::map<HeldKey, Held> held_;
  std::unordered_map<HttpExchangeId, Instant> held_until_;
  std::unordered_map<HttpExchangeId, Blob> blobs_;
};

}  // namespace sidecar
