#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "core/feed_types.h"

namespace sidecar {

/// What an EventStream makes of its input. Calls come inside the stream's own methods.
class StreamOut {
 public:
  /// The next event for all subscribers.
  virtual void deliver(std::string_view value, EventKind kind) = 0;
  /// Something is missing here and will stay so. `members`: of a JSON object, without its braces,
  /// that say what: `"from_block":"0x10","to_block":"0x90"`; may be empty.
  virtual void gap(GapReason reason, std::string_view members) = 0;
  /// Asks the source's own node. The answer comes later, never inside; one question at a time.
  virtual void ask(std::string_view method, const std::string& params) = 0;
  /// The last event there is: the subscription is over, as signatureSubscribe's is.
  virtual void deliver_last(std::string_view value, EventKind kind) = 0;
  /// Nothing is missing now; what was held comes next.
  virtual void on_caught_up() {}
  /// The node does not have what it must have, so what was missed is to be asked of another one:
  /// abandon() and another source's catch_up(), or give_up(), follow later, never inside.
  virtual void on_doubt() {}

 protected:
  ~StreamOut() = default;
};

struct StreamOptions {
  size_t fill_blocks_max = 128;       ///< a longer stretch is a gap
  size_t held_events_max = 4'096;     ///< live events kept back while a stretch is filled
  size_t held_bytes_max = 16u << 20;  ///< likewise
  size_t seen_max = 16'384;           ///< events, accounts or hashes remembered to find repetitions
};

/// Why a stream looks for what it missed.
enum class CatchUp : uint8_t {
  kNewSource,  ///< the source is new, and there was none in between
  kOverlap,    ///< nothing may be missing: an older source is live still, or the same was silent
  kPoll,       ///< no source tells events: asking is the way to get them
};

/// Makes of what one source after another says one stream: every event once and in order, or a gap.
/// Not: it knows no provider, time or subscriber; who is asked and for how long is the feed's
/// business (core/feed.h).
///
///   on_event ─▶ asking? ─ yes ▶ held ─┐
///                 └ no ▶ take()       │ answered: caught_up() ─▶ take() each
///   catch_up ─▶ begin_catch_up() ─▶ ask ─▶ on_answer ─▶ take_answer() ─▶ ask again, or caught_up()
/// A source is switched on in this order: it has confirmed its subscription, so its events come and
/// are held; catch_up() asks the same node for what was missed since the last event delivered in
/// full; what is held follows, repetitions dropped. Where no subscription can be had, catch_up()
/// now and then is the whole source.
/// Limits: StreamOptions. Owner: Feed. Errors: none; garbage from a source is dropped and counted
/// in bad_count().
class EventStream {
 public:
  EventStream(const StreamOptions& options, StreamOut& out) : options_(options), out_(out) {}
  virtual ~EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// The source is on, or has been for a while: is anything missing? The first time, when nothing
  /// was promised to anybody yet, it only finds its place. Requires: !is_asking().
  void catch_up(CatchUp why = CatchUp::kNewSource);
  /// A live event: `params.result` of the notification.
  void on_event(std::string_view value);
  /// The result of what was asked. Requires: is_asking().
  void on_answer(std::string_view result);
  /// The source is lost or will not answer: what it was asked and what is held is dropped; the next
  /// one's catch_up() makes it good.
  void abandon();
  /// Another source leads now and is asked itself; what is held came of one that is there still.
  void drop_answer();
  /// No source can fill the stretch: a gap is told, and what is held goes on from there.
  void give_up(GapReason reason);

  /// The pool's head, told now and then while the source is well: what lies far below it has been
  /// delivered. Where a quiet stream goes on from after its source is lost.
  virtual void on_pool_head(uint64_t number) { (void)number; }

  bool is_asking() const { return is_asking_; }
  size_t bad_count() const { return bad_count_; }

 protected:
  /// Asks, or calls caught_up().
  virtual void begin_catch_up() = 0;
  /// A live event, in its turn.
  virtual void take(std::string_view value) = 0;
  /// Asks again, or calls caught_up().
  virtual void take_answer(std::string_view result) = 0;
  /// What was being filled is not: tells the gap (deliver_gap) and forgets what it waited for.
  virtual void take_gap(GapReason reason) = 0;
  /// The question is off; forget half-done work.
  virtual void drop_question() {}

  void ask(std::string_view method, const std::string& params);
  void caught_up();
  /// This live event is to be taken again after what is asked next.
  void put_back(std::string_view value);
  /// The answer cannot be: what comes is held until another source is there.
  void doubt_source();
  /// Live events that wait for what is asked.
  size_t held_count() const { return held_.size(); }
  void count_bad() { ++bad_count_; }
  CatchUp why() const { return why_; }
  /// Is this a live event, or one of a stretch that was filled?
  EventKind kind() const { return is_filling_ ? EventKind::kReplayed : EventKind::kLive; }

  const StreamOptions options_;
  StreamOut& out_;

 private:
  void hold(std::string_view value);
  void release();

  std::deque<std::string> held_;
  size_t held_bytes_ = 0;
  size_t bad_count_ = 0;
  CatchUp why_ = CatchUp::kNewSource;
  bool is_asking_ = false;
  bool is_filling_ = false;     ///< what is delivered now comes of an answer
  bool has_overflown_ = false;  ///< held events were dropped
  bool is_releasing_ = false;
};

}  // namespace sidecar
