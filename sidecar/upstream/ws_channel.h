#pragma once

#include <memory>

#include "base/result.h"
#include "core/ports.h"
#include "net/ws_client.h"
#include "upstream/multiplex.h"
#include "upstream/options.h"

namespace sidecar {

/// One provider's WebSocket endpoint: calls and feeds on one connection.
/// Not: it passes no result on in parts (see IpcChannel).
/// A refused upgrade ends the attempts with its HTTP status, and kClosed those that were under way
/// when a connection ended. 429, 503 and close code 1013 make the pause before the next connection
/// at least kThrottledPause, or as long as Retry-After says.
/// Limits: queue_max attempts at once; response_bytes_max a message.
/// Owner: app. Errors: as Outcomes, never inside start() (upstream/multiplex.h).
class WsChannel final : public UpstreamPort, private TextLink, private WsClientSink {
 public:
  /// `first_id`: of the ids sent upstream, unpredictable.
  static Result<std::unique_ptr<WsChannel>> create(Loop& loop, const ProviderOptions& options,
                                                   uint64_t first_id, uint64_t seed);
  ~WsChannel() override;

  void start(const Attempt& attempt, AttemptSink& sink) override { mux_.start(attempt, sink); }
  Sent cancel(AttemptId attempt) override { return mux_.cancel(attempt); }
  void resume(AttemptId attempt) override { mux_.resume(attempt); }
  uint64_t epoch() const override { return mux_.epoch(); }
  FeedPort* feeds() override { return &mux_; }

  const FeedTable::Counts& feed_counts() const { return mux_.feed_counts(); }

  static constexpr Millis kThrottledPause{5'000};
  /// However long a provider asks to be left alone, it is tried again after this.
  static constexpr Millis kPauseMax{300'000};

 private:
  WsChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id, uint64_t seed);

  bool dial() override;
  void send(std::string_view text) override;

  void on_ws_connected() override;
  void on_ws_text(std::string_view text) override;
  void on_ws_failed(const WsFailure& failure) override;

  Loop& loop_;
  JsonScanner scanner_;
  Multiplex mux_;
  WsClientPtr client_;
};

}  // namespace sidecar
