// Of core/dispatcher.h: what time brings to a call. One entry of Deadlines at most is meant for a
// call: the one at armed_for; older ones that come due find that and do nothing.
#include <algorithm>

#include "core/dispatcher.h"

namespace sidecar {

void Dispatcher::schedule(CallId id) {
  Call& call = *calls_.find(id);
  Instant next = std::min({call.deadline, call.hedge_at, call.resume_at});
  // Once parts are with the worker the provider answers, and only the call's own deadline bounds
  // it.
  for (size_t i = 0; i < call.live_count && !call.has_parts; ++i) {
    next = std::min(next, attempts_.find(call.live[i])->due);
  }
  if (next < call.armed_for) {
    call.armed_for = next;
    deadlines_.add(next, id);
  }
}

void Dispatcher::on_due(CallId id) {
  Call* call = calls_.find(id);
  const Instant now = timers_.now();
  if (call == nullptr || now < call->armed_for) {
    return;
  }
  call->armed_for = Instant::max();
  if (now >= call->deadline) {
    expire(id);
    return;
  }
  if (now >= call->hedge_at) {
    call->hedge_at = Instant::max();
    hedge(id);
  }
  if (now >= call->resume_at) {
    call->resume_at = Instant::max();
    on_pause_over(id);
  }
  call = calls_.find(id);
  while (call != nullptr && !call->has_parts && time_out_one(*call, now)) {
    call = calls_.find(id);
  }
  if (call != nullptr) {
    schedule(id);
  }
}

/// Ends one attempt whose own time is over; false when there is none.
bool Dispatcher::time_out_one(const Call& call, Instant now) {
  for (size_t i = 0; i < call.live_count; ++i) {
    const AttemptId id = call.live[i];
    const LiveAttempt& live = *attempts_.find(id);
    if (live.due <= now) {
      AttemptResult result;
      result.outcome = Outcome::kTimeout;
      result.sent = pools_[live.pool]->endpoint(live.endpoint).port->cancel(id);
      end_attempt(id, result, true);
      return true;
    }
  }
  return false;
}

/// The call's own deadline: the attempts under way are cut short, which says nothing about their
/// endpoints.
void Dispatcher::expire(CallId id) {
  Call& call = *calls_.find(id);
  while (call.live_count > 0 && !is_broadcast(call)) {
    const AttemptId attempt_id = call.live[call.live_count - 1];
    const LiveAttempt attempt = *attempts_.find(attempt_id);
    Pool& pool = *pools_[attempt.pool];
    call.sent = std::max(call.sent, pool.endpoint(attempt.endpoint).port->cancel(attempt_id));
    call.tried.push_back({attempt.endpoint, Outcome::kTimeout, 0});
    call.remove_live(attempt_id);
    AttemptEnd end = end_of(call, attempt);
    end.outcome = Outcome::kTimeout;
    end.is_charged = false;
    pool.on_ended(attempt.endpoint, end);
    release(attempt_id, attempt);
  }
  finish_unanswered(id, GaveUp::kDeadline, "the call's deadline is over");
}

void Dispatcher::on_orphan_due(AttemptId id) {
  const LiveAttempt* live = attempts_.find(id);
  if (live == nullptr) {
    return;
  }
  AttemptResult result;
  result.outcome = Outcome::kTimeout;
  result.sent = pools_[live->pool]->endpoint(live->endpoint).port->cancel(id);
  end_attempt(id, result, true);
}

/// The first attempt takes longer than most: another one beside it, when one is to be had.
void Dispatcher::hedge(CallId id) {
  Call& call = *calls_.find(id);
  if (call.live_count != 1 || call.has_parts) {
    return;
  }
  if (!retry_budget_.may_start(calls_.size())) {
    // What fills the budget ends in a moment, so it is looked at again: else of many calls that get
    // slow at once only a few would be mended.
    call.hedge_at = timers_.now() + std::max(Millis(1), options_.hedge.delay_min / 2);
    return;
  }
  excluded_.clear();
  excluded_.push_back(attempts_.find(call.live[0])->endpoint);
  for (const Tried& one : call.tried) {
    excluded_.push_back(one.endpoint);
  }
  const auto endpoint =
      pools_[call.pool]->choose_hedge(need_of(call), excluded_, options_.hedge.price_max);
  if (endpoint) {
    start_attempt(id, *endpoint, AttemptKind::kHedge, true);
  }
}

void Dispatcher::on_pause_over(CallId id) {
  start_again(id);
}

/// A token may have come, or an endpoint got better: those who wait are tried in turn, until one of
/// them has to wait on.
void Dispatcher::pump_waiting(size_t pool) {
  WaitingRoom& room = *waiting_[pool];
  for (size_t left = room.size(); left > 0; --left) {
    const auto id = room.pop();
    Call* call = id ? calls_.find(*id) : nullptr;
    if (call == nullptr || call->phase != CallPhase::kWaitingForBudget) {
      continue;
    }
    const Choice choice = choose(*call);
    if (!choice.endpoint) {
      wait_for_budget(*id, choice);
      if (calls_.find(*id) != nullptr) {
        return;
      }
      continue;
    }
    if (!call->tried.empty()) {
      go_on(*id, *choice.endpoint, choice.is_last_resort, "");  // waiting made it no first attempt
      continue;
    }
    start_attempt(*id, *choice.endpoint, AttemptKind::kFirst, false);
    if (is_broadcast(*calls_.find(*id))) {
      broadcast(*id);
    }
  }
}

/// Room in the retry budget.
void Dispatcher::pump_retries() {
  while (retry_budget_.may_start(calls_.size())) {
    const auto id = retry_waiting_.pop();
    if (!id) {
      return;
    }
    const Call* call = calls_.find(*id);
    if (call != nullptr && call->phase == CallPhase::kWaitingForRetry) {
      start_again(*id);
    }
  }
}

}  // namespace sidecar
