#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/timers.h"
#include "core/event_stream.h"
#include "core/feed_ports.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/ports.h"
#include "rpc/subscription_request.h"

namespace sidecar {

/// What the sources of a feed tell it.
class SourcesOwner {
 public:
  /// A source is live and nothing is missing.
  virtual void on_sources_ready() = 0;
  /// Everybody who could be asked has been, and nobody is live; another round follows after a
  /// pause. `refusal`: a provider's JSON-RPC error object; empty = they could not be reached.
  virtual void on_sources_refused(std::string_view refusal) = 0;

 protected:
  ~SourcesOwner() = default;
};

/// Numbers for what is asked upstream, unlike any of the dispatcher's and prober's; one for all
/// feeds.
struct FeedIds {
  SourceId next_source = 1;
  AttemptId next_question = AttemptId{1} << 62;
};

/// Where one feed's events come from: chooses providers, opens subscriptions, replaces what dies,
/// stalls or has a better one beside it, and asks what was missed.
///
///   fill ─▶ Pool::choose ─▶ open ─▶ confirmed: lead ─▶ stream.catch_up ─▶ ask ⇄ answer ─▶ ready
///    ▲                        └─ refused, silent ─▶ the next one; all tried ─▶ pause ─▶ again
///    ├── lost ◀── connection ended, question failed, doubted
///    └── replace ◀── stalled, or a better one is there: the new one is confirmed and caught up
///                    before the old one is let go
/// A provider that carries no events is polled, where asking can give them at all. Events of all
/// open sources go to the stream, which drops repetitions; questions go to the lead.
/// feed_sources.cc opens and loses sources, feed_sources_questions.cc asks what was missed,
/// feed_sources_time.cc does what time brings. Not: it knows no subscriber, and numbers nothing.
/// Limits: FeedOptions. Owner: Feed. Requires: pool, stream and ids outlive it.
class FeedSources final : private FeedSink, private AttemptSink {
 public:
  /// What all feeds of a chain share.
  struct House {
    const FeedOptions& options;
    Timers& timers;
    Pool& pool;
    FeedIds& ids;
    Random& random;
    Observer& observer;
  };
  FeedSources(const House& house, const FeedSpec& spec, EventStream& stream, SourcesOwner& owner);
  ~FeedSources();
  FeedSources(const FeedSources&) = delete;
  FeedSources& operator=(const FeedSources&) = delete;

  void start();

  // What the stream wants; calls come inside its methods.
  void ask(std::string_view method, const std::string& params);
  void on_doubt();
  void on_caught_up();
  /// One event went out: the sources are not silent.
  void on_delivered();
  /// The endpoint was retired. Its sources leave: the lead once another one has caught up, or after
  /// kRetiredMax.
  void leave(size_t endpoint);

  static constexpr Millis kRetiredMax{30'000};

  /// Upstream subscriptions asked for or live.
  size_t open_count() const { return sources_.size(); }
  bool is_ready() const { return is_ready_; }
  /// Of its pool; none while there is no lead that is confirmed.
  std::optional<size_t> lead_endpoint() const;

 private:
  struct Source {
    SourceId id = 0;
    size_t endpoint = 0;
    bool is_polled = false;
    bool is_open = false;     ///< confirmed
    bool is_leaving = false;  ///< its successor catches up
    bool is_next = false;     ///< leads once the lead has caught up
    Instant asked_at;
  };
  struct Question {
    AttemptId id = 0;  ///< 0 = none
    size_t endpoint = 0;
    std::string method;
    std::string params;
    Instant asked_at;
  };

  void on_feed_open(SourceId id) override;
  void on_feed_event(SourceId id, std::string_view value) override;
  void on_feed_lost(SourceId id, const AttemptResult& why) override;
  Flow on_attempt_part(AttemptId attempt, std::string_view bytes) override;
  void on_attempt_done(AttemptId attempt, const AttemptResult& result) override;

  // feed_sources.cc
  void fill();
  bool open_one(bool is_replacement);
  std::optional<Source> choose();
  std::vector<size_t> with_used(std::vector<size_t> tried) const;
  void forget_tried();
  void become_lead(Source& source);
  void lose(SourceId id, bool is_tried);
  void close(const Source& source);
  void promote();
  Source* find(SourceId id);
  Source* lead() { return find(lead_); }

  // feed_sources_questions.cc
  static AttemptEnd end_of(std::string_view method);
  void drop_question();
  void end_attempt(size_t endpoint, std::string_view method, const AttemptResult& result,
                   Instant since);
  void fail_question();
  void tell(size_t endpoint, SourceChange what) const;
  void audit();

  // feed_sources_time.cc
  bool is_better(const Source& candidate, const Source& lead) const;
  void leave_drained();
  bool is_retired(const Source& source) const;
  void drop_retired(SourceId id);
  void look_for_better();
  void replace();
  void on_due();
  void time_out_openings(Instant now);
  void arm();
  Nanos stall_span() const;
  Nanos poll_span() const;

  House house_;
  const FeedSpec& spec_;
  EventStream& stream_;
  SourcesOwner& owner_;
  std::string unsubscribe_method_;
  std::vector<Source> sources_;
  SourceId lead_ = 0;
  std::vector<size_t> tried_;        ///< endpoints asked for events in this round
  std::vector<size_t> tried_polls_;  ///< endpoints polled in vain in this round
  Question question_;
  std::string refusal_;  ///< the last provider's, in this round
  uint32_t rounds_ = 0;  ///< without a live source
  uint32_t fill_failures_ = 0;
  std::optional<Instant> fill_began_;
  bool is_ready_ = false;
  SourceId told_live_ = 0;  ///< the lead that the observer knows of
  bool is_doubted_ = false;
  bool is_auditing_ = false;
  bool has_found_missing_ = false;  ///< by the audit
  uint32_t quiet_factor_ = 1;       ///< audits that found nothing make the next one later
  Instant retry_at_ = Instant::max();
  Instant heard_at_;
  Instant poll_at_ = Instant::max();
  Instant better_at_ = Instant::max();
  std::unique_ptr<Timer> timer_;
};

}  // namespace sidecar
