#pragma once

#include <optional>

#include "core/ports.h"
#include "net/stream.h"
#include "rpc/text_stream.h"
#include "upstream/multiplex.h"
#include "upstream/options.h"

namespace sidecar {

/// A node's own Unix socket (geth, reth, erigon, anvil): calls and feeds on one connection.
/// Not: it passes no result on in parts: one slow worker would stop everybody's answers. A long one
/// is kept whole, up to response_bytes_max.
/// Limits: queue_max attempts at once; response_bytes_max an answer or event.
/// Owner: app. Errors: as Outcomes, never inside start() (upstream/multiplex.h).
class IpcChannel final : public UpstreamPort, private TextLink, private StreamSink {
 public:
  IpcChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id, uint64_t seed);
  ~IpcChannel() override;

  void start(const Attempt& attempt, AttemptSink& sink) override { mux_.start(attempt, sink); }
  Sent cancel(AttemptId attempt) override { return mux_.cancel(attempt); }
  void resume(AttemptId attempt) override { mux_.resume(attempt); }
  uint64_t epoch() const override { return mux_.epoch(); }
  FeedPort* feeds() override { return &mux_; }

  const FeedTable::Counts& feed_counts() const { return mux_.feed_counts(); }

 private:
  bool dial() override;
  void send(std::string_view text) override;

  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_eof() override;
  void on_stream_connected() override;
  void on_stream_failed(std::string_view what) override;
  void on_stream_drained() override {}

  void lose(Outcome outcome, std::string_view detail);

  Loop& loop_;
  ProviderOptions options_;
  StreamPtr stream_;
  std::optional<TextStream> texts_;  ///< of the present connection
  Multiplex mux_;
};

}  // namespace sidecar
