#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/slot_map.h"
#include "base/timers.h"
#include "core/call.h"
#include "core/call_failure.h"
#include "core/deadlines.h"
#include "core/filter_table.h"
#include "core/judge.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/ports.h"
#include "core/waiting_room.h"
#include "policy/hedge.h"
#include "policy/latency.h"
#include "policy/retry.h"
#include "rpc/rpc_error.h"

namespace sidecar {

/// Runs calls: chooses an endpoint, starts attempts, and on their ends replies or tries again.
///
///   submit ─(c) admit?─(e) Pool::choose ─┬─▶ (g) UpstreamPort::start ──▶ (h) on_attempt_done
///      ▲                                 └─▶ wait for a token                  │ judge
///      │            ┌── (f) elsewhere, after a pause, or beside (hedge) ◀──────┤
///   (i) on_reply ◀──┴── else finish(call)                                      │
///                       (f) on_due: hedge, attempt timeout, pause over, deadline
/// dispatcher.cc takes calls in and sends replies out; dispatcher_attempts.cc starts attempts and
/// ends them; dispatcher_verdicts.cc decides what follows from an end; dispatcher_time.cc does what
/// time brings. Not: it knows no socket and no clock; who is fit, and what an answer means, is said
/// elsewhere (pool.h, judge.h). Limits: calls_in_flight_max calls, attempts_max tries a round and
/// call, not_yet_max rounds, one hedge, calls_waiting_max waiting, filters_max filters. Owner: app.
/// Requires: the pools and ports outlive it; DownstreamPort takes replies inside submit(). Errors:
/// as JSON-RPC error objects whose data names them (rpc/rpc_error.h).
class Dispatcher final : public CallPort, private AttemptSink {
 public:
  /// `first_filter_id`: where filter ids begin; unlike after a restart, so that old ids miss.
  Dispatcher(const DispatcherOptions& options, Timers& timers, DownstreamPort& downstream,
             Observer& observer, std::vector<Pool*> pools, uint64_t first_filter_id, uint64_t seed);

  CallId submit(const Request& request) override;
  void cancel(CallId call) override;
  void resume(CallId call) override;
  /// For calls that come from now on, and for what those under way decide from now on.
  void set_options(const DispatcherOptions& options);

  size_t calls_in_flight() const { return calls_.size(); }
  size_t attempts_in_flight() const { return attempts_.size(); }
  /// When the next call wants to be looked at; long past only if time has stopped for calls.
  Instant earliest_due() const { return deadlines_.earliest(); }
  size_t extra_attempts() const { return retry_budget_.extra_count(); }
  /// Calls of one pool that wait for a provider's token.
  size_t calls_waiting(size_t pool) const { return waiting_[pool]->size(); }

 private:
  // dispatcher.cc
  std::optional<size_t> pool_of(const Request& request) const;
  Call make_call(const Request& request, const MethodRow& method, size_t pool) const;
  bool route_filter(Call& call, const Request& request);
  void refuse(const Request& request, const ErrorSpec& spec);
  void finish(CallId id, Reply::Kind kind, std::string_view body, std::string_view outcome);
  void report(const Call& call, bool is_error, std::string_view outcome);
  void finish_unanswered(CallId id, GaveUp why, std::string_view detail);
  void drop_attempts(Call& call, bool is_outrun);
  AttemptEnd end_of(const Call& call, const LiveAttempt& attempt) const;

  // dispatcher_attempts.cc
  void try_first(CallId id);
  void start_attempt(CallId id, size_t endpoint, AttemptKind kind, bool is_extra);
  bool is_broadcast(const Call& call) const;
  void broadcast(CallId id);
  Flow on_attempt_part(AttemptId attempt, std::string_view bytes) override;
  void on_attempt_done(AttemptId attempt, const AttemptResult& result) override;
  void end_attempt(AttemptId attempt, const AttemptResult& result, bool is_charged);
  void release(AttemptId id, const LiveAttempt& attempt);
  void take_facts(const Call& call, const LiveAttempt& attempt, std::string_view result);
  CallNeed need_of(const Call& call) const;
  void list_excluded(const Call& call);
  Choice choose(Call& call);

  // dispatcher_verdicts.cc
  void settle(CallId id, const LiveAttempt& ended, const Judgement& judgement,
              const AttemptResult& result);
  void finish_with_result(CallId id, const LiveAttempt& attempt, std::string_view body);
  bool settle_transaction(CallId id, size_t endpoint, Outcome outcome, std::string_view body);
  void remember(Call& call, size_t endpoint, Outcome outcome, Reply::Kind kind,
                std::string_view body);
  bool may_ask_more(Call& call, Outcome outcome, Sent sent);
  void try_again(CallId id, std::string_view detail);
  void go_on(CallId id, size_t endpoint, bool is_last_resort, std::string_view detail);
  void start_again(CallId id);
  bool begin_round(CallId id);
  bool pause_for_mended(CallId id);
  void pause_until(CallId id, Instant until, std::string_view why);
  void wait_for_budget(CallId id, const Choice& choice);
  void look_up(CallId parent, size_t endpoint, const std::string& hash);
  void on_lookup_done(CallId parent, Reply::Kind kind, std::string_view body);

  // dispatcher_time.cc
  void schedule(CallId id);
  void on_due(CallId id);
  bool time_out_one(const Call& call, Instant now);
  void expire(CallId id);
  void hedge(CallId id);
  void on_pause_over(CallId id);
  void on_orphan_due(AttemptId id);
  void pump_waiting(size_t pool);
  void pump_retries();

  DispatcherOptions options_;
  Timers& timers_;
  DownstreamPort& downstream_;
  Observer& observer_;
  std::vector<Pool*> pools_;
  Random random_;
  SlotMap<Call> calls_;
  SlotMap<LiveAttempt> attempts_;
  Deadlines deadlines_;
  FilterTable filters_;
  Deadlines orphans_;  ///< attempts of a broadcast whose call has ended
  RetryBudget retry_budget_;
  std::vector<std::unique_ptr<WaitingRoom>> waiting_;  ///< one a pool
  WaitingRoom retry_waiting_;
  std::unordered_map<const MethodRow*, LatencyHistogram> method_latencies_;  ///< one a table row
  std::vector<size_t> excluded_;  ///< of the present choice
  std::vector<PassedOver> why_;
};

}  // namespace sidecar
