#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/timers.h"
#include "core/ports.h"
#include "rpc/scanner.h"
#include "upstream/feed_table.h"
#include "upstream/scrubber.h"

namespace sidecar {

/// A connection that carries whole JSON texts both ways, as a Multiplex drives it.
class TextLink {
 public:
  /// Begins to connect: Multiplex::on_link_up or on_link_lost follows, never inside. False: it
  /// failed at once, and nothing follows.
  virtual bool dial() = 0;
  /// Requires: the link is up.
  virtual void send(std::string_view text) = 0;

 protected:
  ~TextLink() = default;
};

/// Calls and feeds of one endpoint on one connection, told apart by our own ids.
///
///   start, open_feed ─▶ kDown: dial, hold ─▶ kUp: send ─▶ answer by id ─▶ on_attempt_done
///                         ▲                     │          event by subscription ─▶ on_feed_event
///                         └── pause ◀── lost: all calls and feeds end
/// The pause has full jitter, so that many hosts that lost one node do not come back in step; it
/// is longer when the provider asks for that. kDialsMax connections in kDialsSpan, whatever
/// happens. Not: it neither frames nor scans (the links do), and does not connect until there is
/// something to send.
/// Limits: queue_max calls at once. Owner: a channel. Requires: link and timers outlive it.
/// Errors: as Outcomes, never inside start() or open_feed().
class Multiplex final : public UpstreamPort, public FeedPort, private FeedAsker {
 public:
  struct Options {
    uint64_t first_id = 1;  ///< of our ids upstream; unpredictable
    uint64_t seed = 1;
    size_t queue_max = 1'024;
    Scrubber scrubber = {};  ///< of its errors
  };
  /// Why a connection ended. Views live during the call.
  struct Loss {
    AttemptResult why;  ///< `sent` is found out here
    Millis pause_min{0};
  };
  Multiplex(Timers& timers, const Options& options, TextLink& link);
  ~Multiplex() override;

  void start(const Attempt& attempt, AttemptSink& sink) override;
  Sent cancel(AttemptId attempt) override;
  void resume(AttemptId) override {}
  uint64_t epoch() const override { return epoch_; }
  FeedPort* feeds() override { return this; }
  void open_feed(const FeedOpening& opening, FeedSink& sink) override;
  void close_feed(SourceId source) override;

  void on_link_up();
  /// One whole text. Requires: `scanner` is done with exactly it.
  void on_link_text(std::string_view text, const JsonScanner& scanner);
  void on_link_lost(const Loss& loss);

  bool is_up() const { return state_ == State::kUp; }
  const FeedTable::Counts& feed_counts() const { return feeds_.counts(); }

  static constexpr Millis kPauseMin{50};
  static constexpr Millis kPauseMax{5'000};
  static constexpr size_t kDialsMax = 10;
  static constexpr Millis kDialsSpan{10'000};

 private:
  enum class State : uint8_t { kDown, kDialling, kUp };
  struct Exchange {
    AttemptId attempt = 0;
    AttemptSink* sink = nullptr;
    bool is_sent = false;
  };
  struct EndedAttempt {
    AttemptId attempt;
    AttemptSink* sink;  ///< null = cancelled meanwhile
    Outcome outcome;
    Sent sent;
  };
  struct RefusedFeed {
    SourceId source;
    FeedSink* sink;  ///< null = closed meanwhile
  };
  struct Held {
    uint64_t upstream_id;
    std::string text;
  };

  uint64_t ask(std::string_view method, std::string_view params) override;
  bool withdraw(uint64_t upstream_id) override;

  bool ensure_dialled();
  void send_or_hold(uint64_t upstream_id);
  void take_answer(const ResponseView& view);
  void pause(Millis at_least);
  void on_next_turn();

  Timers& timers_;
  Options options_;
  TextLink& link_;
  State state_ = State::kDown;
  uint64_t next_upstream_id_;
  std::unordered_map<uint64_t, Exchange> exchanges_;  ///< by upstream id
  std::unordered_map<AttemptId, uint64_t> upstream_ids_;
  FeedTable feeds_;
  std::string text_;        ///< of the request being built; kept for its memory
  std::vector<Held> held_;  ///< until the connection is up
  std::vector<EndedAttempt> refused_;
  std::vector<RefusedFeed> refused_feeds_;
  std::vector<EndedAttempt> lost_;  ///< about to be told
  std::unique_ptr<Timer> next_turn_;
  Random random_;
  uint32_t failures_ = 0;  ///< since a text came
  uint64_t epoch_ = 0;     ///< connections made
  Instant not_before_;
  std::array<Instant, kDialsMax> dials_{};  ///< the last ones, a ring
  size_t next_dial_ = 0;
  std::string last_detail_;  ///< of the last loss
};

}  // namespace sidecar
