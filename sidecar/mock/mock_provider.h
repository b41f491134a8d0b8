#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "mock/mock_action.h"
#include "mock/mock_calls.h"
#include "mock/mock_control.h"
#include "mock/mock_delivery.h"
#include "mock/mock_faults.h"
#include "mock/mock_options.h"
#include "mock/mock_sockets.h"
#include "mock/mock_stats.h"
#include "net/acceptor.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace sidecar {

/// A provider for demos and tests: an Ethereum or Solana node over a made-up chain (EvmMethods,
/// SvmMethods) behind HTTP, with faults on demand.
///   POST any path       JSON-RPC, single or batch, Content-Type application/json; MockCalls also
///                       has methods for tests (mock_echo, mock_blob, ...)
///   WebSocket any path  the same, and subscriptions: MockSockets
///   GET  /stats         MockStats as JSON
///   GET  /health        ok
///   GET  /control       the faults that are switched on
///   POST /control       switches faults on and off, see MockFaults::apply, or acts, see
///                       MockAction, and answers {"head",...}; on the control port alone when there
///                       is one
/// Faults: those of MockFaults. Besides, each answer is held for a time drawn between latency_min
/// and latency_max, and failure_rate of the POSTs fail, a third each with HTTP 503, with a cut
/// connection before any answer byte, and with -32603 for each call. All is drawn from the seed in
/// order of arrival. A call is carried out when it arrives, except that of a 503 or a cut.
/// Not: no TLS, no keys.
/// Limits: those of HttpServerOptions; one answer is held or streamed for a connection, and a long
/// blob takes kOutputBytesMax of memory.
/// Owner: app or a test. Closing is in two phases: close(), then destruction after on_closed ran.
class MockProvider final : private HttpServerSink {
 public:
  static constexpr size_t kOutputBytesMax = 1u << 20;

  /// Errors: kInvalid for an option out of its range or a wrong fault; kInUse, kPermission, kSystem
  /// for the address.
  static Result<std::unique_ptr<MockProvider>> create(Loop& loop, const MockOptions& options);
  MockProvider(const MockProvider&) = delete;
  MockProvider& operator=(const MockProvider&) = delete;

  /// Stops listening, drops what is waiting and cuts all connections.
  void close(std::function<void()> on_closed);

  uint16_t port() const { return port_; }
  /// Of the pages' own listener; 0 without one.
  uint16_t control_port() const { return control_ == nullptr ? 0 : control_->port(); }
  /// Of the second listener for all that port() has; 0 without one.
  uint16_t ws_port() const { return ws_acceptor_ == nullptr ? 0 : ws_acceptor_->port(); }
  const MockStats& stats() const { return stats_; }

 private:
  enum class Fault { kNone, k503, kCut, kInternalError };

  MockProvider(Loop& loop, const MockOptions& options);

  HttpVerdict on_http_head(const HttpHead& head) override;
  void on_http_request(HttpExchangeId id, uint64_t tag, bool is_post, std::string_view path,
                       std::string_view body) override;
  void on_http_gone(HttpExchangeId id) override { delivery_.on_gone(id); }
  void on_http_drained(HttpExchangeId id) override { delivery_.on_drained(id); }
  void on_ws_open(WebSocketId id, uint64_t) override { sockets_.on_open(id); }
  void on_ws_text(WebSocketId id, std::string_view text) override {
    sockets_.on_text(id, text, draw_latency());
  }
  void on_ws_drained(WebSocketId id) override { sockets_.on_drained(id); }
  void on_ws_closed(WebSocketId id) override { sockets_.on_closed(id); }
  void on_http_connection_closed() override { --stats_.connections_open; }

  void on_accept(int fd);
  void on_post(HttpExchangeId id, std::string_view body);
  Fault draw_fault();
  Millis draw_latency();
  bool is_here(std::string_view path) const;
  MockAnswer answer_to(std::string_view body);
  MockAnswer answer_in_place_of(std::string_view body, const AnswerFaults& faults);
  MockMoment moment() const;
  Status start_listening();
  Status start_control();
  ControlAnswer page(bool is_post, std::string_view path, std::string_view body);
  Result<std::string> act(const MockAction& action);
  void mine(uint64_t count);
  Status follow_refusal();
  Millis unix_now() const;
  std::string stats_json();

  Loop& loop_;
  MockOptions options_;
  MockStats stats_;
  Millis genesis_;
  uint64_t manual_head_;
  Millis unix_offset_;  ///< from the loop's clock to the Unix epoch
  Random random_;
  MockFaults faults_;
  MockCalls calls_;
  MockDelivery delivery_;
  MockSockets sockets_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<Acceptor> ws_acceptor_;
  std::unique_ptr<MockControl> control_;
  uint16_t port_ = 0;
  bool is_refusing_ = false;
};

}  // namespace sidecar
