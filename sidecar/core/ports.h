#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/flow.h"
#include "core/feed_ports.h"
#include "core/types.h"
#include "policy/circuit_breaker.h"
#include "policy/health.h"

namespace sidecar {

/// Where replies go: the sessions.
class DownstreamPort {
 public:
  /// Exactly once per submitted call that was not cancelled; may come inside submit().
  /// A session that is gone is passed over in silence.
  virtual void on_reply(SessionId session, uint64_t token, const Reply& reply) = 0;
  /// The next bytes of a long result. kFull: hold until CallPort::resume; kDropped: cancel the
  /// call.
  virtual Flow on_reply_part(SessionId session, uint64_t token, std::string_view bytes) = 0;

 protected:
  ~DownstreamPort() = default;
};

/// Where calls go: the dispatcher, as sessions see it.
class CallPort {
 public:
  /// Starts a call. Returns 0 when it was answered already.
  virtual CallId submit(const Request& request) = 0;
  /// Nobody waits any more: no reply will come.
  virtual void cancel(CallId call) = 0;
  /// The session has room again after it answered kFull.
  virtual void resume(CallId call) = 0;

 protected:
  ~CallPort() = default;
};

/// Where attempts end.
class AttemptSink {
 public:
  /// The next bytes of a long result. kFull: hold until UpstreamPort::resume.
  virtual Flow on_attempt_part(AttemptId attempt, std::string_view bytes) = 0;
  /// Exactly once per started attempt that was not cancelled, never inside start().
  virtual void on_attempt_done(AttemptId attempt, const AttemptResult& result) = 0;

 protected:
  ~AttemptSink() = default;
};

/// One endpoint's channel.
class UpstreamPort {
 public:
  virtual ~UpstreamPort() = default;
  /// Never completes inside itself.
  virtual void start(const Attempt& attempt, AttemptSink& sink) = 0;
  /// No callback comes after this. Returns what may have reached the provider.
  virtual Sent cancel(AttemptId attempt) = 0;
  virtual void resume(AttemptId attempt) = 0;
  /// Changes whenever a new connection was made: who is at the other end may have changed.
  virtual uint64_t epoch() const = 0;
  /// Null when it carries no events.
  virtual FeedPort* feeds() { return nullptr; }
};

/// Why an attempt was started.
enum class AttemptKind : uint8_t { kFirst, kRetry, kHedge, kBroadcast, kProbe, kFeed };
inline constexpr size_t kAttemptKindCount = 6;
std::string_view attempt_kind_name(AttemptKind kind);

/// Which endpoint is spoken of. Views live during the callback.
struct EndpointName {
  std::string_view chain;
  std::string_view provider;
  std::string_view transport;  ///< http, ws or ipc
  ChainNumber chain_number = 0;
  size_t index = 0;  ///< in its pool
};

/// One attempt that is over, of a call, a probe or a feed. Views live during the callback.
struct AttemptReport {
  EndpointName endpoint;
  AttemptKind kind = AttemptKind::kFirst;
  std::string_view method;         ///< static, of a bounded set: method_label()
  std::optional<Outcome> outcome;  ///< none: it was cut short by us
  Nanos took{0};
  WorkerNumber worker = 0;
  uint64_t units = 0;       ///< what it cost, in its provider's budget_unit
  size_t answer_bytes = 0;  ///< of the result or error, as far as it came
};

/// One call that is over; each has one. Views live during the callback.
struct CallReport {
  ChainNumber chain_number = 0;  ///< 0: it was for no chain
  std::string_view chain;
  std::string_view method;   ///< static, of a bounded set: method_label()
  std::string_view outcome;  ///< static: an outcome_name(), or the text of an ErrorName of ours
  bool is_error = false;
  EndpointName answered_by;  ///< chain_number 0: we did
  AttemptKind answered_kind = AttemptKind::kFirst;
  Nanos took{0};
  Nanos upstream{0};  ///< part of `took` in which an attempt was under way
  uint32_t retry_count = 0;
  bool was_hedged = false;
  /// Who failed it last, not counting who just had nothing of it; chain_number 0: nobody.
  EndpointName failed_over_from;
  Outcome failed_with = Outcome::kResult;  ///< what of, when somebody did
  SessionId session = 0;
  WorkerNumber worker = 0;
};

/// One event that a provider sent over a subscription, whether or not it was news. Views live
/// during the callback.
struct EventReport {
  EndpointName endpoint;
  std::string_view feed_kind;  ///< static: feed_kind_name()
  uint64_t units = 0;          ///< what it cost, in its provider's budget_unit
  size_t bytes = 0;
};

/// Told what the core did; renders nothing itself.
class Observer {
 public:
  virtual void on_attempt_done(const AttemptReport& report) = 0;
  virtual void on_call_done(const CallReport& report) = 0;
  virtual void on_health_changed(const EndpointName& endpoint, HealthState from, HealthState to,
                                 HealthEvent why) = 0;
  virtual void on_breaker_changed(const EndpointName& endpoint, BreakerState to) = 0;
  /// Left alone for so long, because it said that we ask too much.
  virtual void on_throttled(const EndpointName& endpoint, Nanos pause) = 0;
  /// An error that no row of the table knows.
  virtual void on_unknown_error(const EndpointName& endpoint, std::optional<int64_t> code) = 0;
  virtual void on_event_received(const EventReport& report) = 0;
  /// One event of a feed went to so many subscribers; a gap counts as one.
  virtual void on_feed_event(std::string_view chain, std::string_view feed_kind, EventKind what,
                             size_t subscriber_count) = 0;
  /// A source of a feed has changed.
  virtual void on_feed_source(const EndpointName& endpoint, std::string_view feed_kind,
                              SourceChange what) = 0;
  /// A configured limit was met; `limit` is the setting's name.
  virtual void on_limit(std::string_view limit) = 0;

 protected:
  ~Observer() = default;
};

}  // namespace sidecar
