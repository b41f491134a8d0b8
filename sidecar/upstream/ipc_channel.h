#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "core/ports.h"
#include "net/stream.h"
#include "rpc/text_stream.h"
#include "upstream/options.h"

namespace sidecar {

/// A node's own Unix socket (geth, reth, erigon, anvil): one connection, calls multiplexed by id.
///
///   start ─▶ kDown: dial, hold ─▶ kUp: write, wait for the id ─▶ on_attempt_done
///              ▲                      │ connection lost: all that was written ends as kClosed
///              └── full-jitter pause ─┘
/// Not: it passes no result on in parts: one slow worker would stop everybody's answers. A long one
/// is kept whole, up to response_bytes_max.
/// Limits: queue_max attempts at once; response_bytes_max an answer.
/// Owner: app. Errors: as Outcomes, never inside start().
class IpcChannel final : public UpstreamPort, private StreamSink {
 public:
  IpcChannel(Loop& loop, const ProviderOptions& options, uint64_t first_id, uint64_t seed);
  ~IpcChannel() override;

  void start(const Attempt& attempt, AttemptSink& sink) override;
  Sent cancel(AttemptId attempt) override;
  void resume(AttemptId attempt) override;
  uint64_t epoch() const override { return epoch_; }

  static constexpr Millis kPauseMin{50};
  static constexpr Millis kPauseMax{5'000};

 private:
  enum class State { kDown, kDialling, kUp };
  struct Exchange {
    AttemptId attempt = 0;
    AttemptSink* sink = nullptr;
    bool is_sent = false;
  };

  void on_stream_bytes(std::string_view bytes) override;
  void on_stream_eof() override;
  void on_stream_connected() override;
  void on_stream_failed(std::string_view what) override;
  void on_stream_drained() override {}

  void dial();
  void take_answer(std::string_view text);
  void lose_connection(Outcome outcome, std::string_view detail);
  void refuse_later(AttemptId attempt, AttemptSink& sink, Outcome outcome);
  void on_next_turn();

  struct Refused {
    AttemptId attempt;
    AttemptSink* sink;
    Outcome outcome;
  };

  Loop& loop_;
  ProviderOptions options_;
  State state_ = State::kDown;
  StreamPtr stream_;
  std::optional<TextStream> texts_;  ///< of the present connection
  uint64_t next_upstream_id_;
  std::unordered_map<uint64_t, Exchange> exchanges_;  ///< by upstream id
  std::unordered_map<AttemptId, uint64_t> upstream_ids_;
  std::string held_;  ///< requests written before the connection was up
  std::vector<Refused> refused_;
  std::unique_ptr<Timer> next_turn_;
  Random random_;
  uint32_t failures_ = 0;
  uint64_t epoch_ = 0;  ///< connections made
  Instant not_before_;
};

}  // namespace sidecar
