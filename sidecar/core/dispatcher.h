#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/slot_map.h"
#include "base/timers.h"
#include "core/call.h"
#include "core/deadlines.h"
#include "core/filter_table.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/ports.h"
#include "rpc/rpc_error.h"

namespace sidecar {

/// Runs calls: picks an endpoint, starts an attempt, and on its end replies or tries another.
///
///   submit ─(c) admit?─(e) which pool, which endpoint?─▶ (g) UpstreamPort::start
///      ▲                                                        │
///      │            ┌── try another ◀── may_try_another ◀───────┤ (h) on_attempt_done / deadline
///   (i) on_reply ◀──┴── else finish(call)
/// Not: it knows no socket and no clock; it decides nothing that policy/ can decide.
/// Limits: calls_in_flight_max calls, attempts_max attempts a call, filters_max filters.
/// Owner: app. Requires: the ports outlive it; DownstreamPort takes replies inside submit().
/// Errors: as JSON-RPC error objects whose data names them (rpc/rpc_error.h).
class Dispatcher final : public CallPort, private AttemptSink {
 public:
  /// `first_filter_id`: where filter ids begin; unlike after a restart, so that old ids miss.
  Dispatcher(const DispatcherOptions& options, Timers& timers, DownstreamPort& downstream,
             Observer& observer, std::vector<Pool> pools, uint64_t first_filter_id);

  CallId submit(const Request& request) override;
  void cancel(CallId call) override;
  void resume(CallId call) override;

  size_t calls_in_flight() const { return calls_.size(); }

 private:
  std::optional<size_t> pool_of(const Request& request) const;
  bool route_filter(Call& call, const Request& request, std::optional<size_t>& home);
  void refuse(const Request& request, const ErrorSpec& spec);

  void try_next(CallId id);
  void start_attempt(CallId id, size_t endpoint);
  Flow on_attempt_part(AttemptId attempt, std::string_view bytes) override;
  void on_attempt_done(AttemptId attempt, const AttemptResult& result) override;
  void on_deadline(AttemptId attempt);
  void settle(CallId id, const LiveAttempt& attempt, const AttemptResult& result);
  void finish(CallId id, const Reply& reply);
  void finish_with_error(CallId id, std::string_view detail);
  ErrorName error_name(const Call& call) const;

  DispatcherOptions options_;
  Timers& timers_;
  DownstreamPort& downstream_;
  Observer& observer_;
  std::vector<Pool> pools_;
  SlotMap<Call> calls_;
  SlotMap<LiveAttempt> attempts_;
  Deadlines deadlines_;
  FilterTable filters_;
};

}  // namespace sidecar
