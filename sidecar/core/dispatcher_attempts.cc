// Of core/dispatcher.h: starting attempts, and taking their ends.
//
//   try_first ─▶ choose ─▶ start_attempt ─▶ UpstreamPort::start
//                   └─ nobody now ─▶ wait_for_budget, or finish
//   on_attempt_done | timeout ─▶ end_attempt: judge, charge the endpoint, take heads ─▶ settle
#include <algorithm>

#include "core/dispatcher.h"
#include "rpc/answer_facts.h"
#include "rpc/raw_transaction.h"

namespace sidecar {

CallNeed Dispatcher::need_of(const Call& call) const {
  CallNeed need;
  need.method = call.method();
  need.row = call.row;
  need.block = call.block;
  need.pinned_endpoint = call.pinned_endpoint;
  need.pinned_provider = call.pinned_provider;
  need.preferred = call.preferred;
  return need;
}

/// Into excluded_: who is not to be asked again for now.
void Dispatcher::list_excluded(const Call& call) {
  excluded_.clear();
  for (const Tried& one : call.tried) {
    if (one.is_excluded) {
      excluded_.push_back(one.endpoint);
    }
  }
}

Choice Dispatcher::choose(Call& call) {
  list_excluded(call);
  Pool& pool = *pools_[call.pool];
  if (!call.explanation) {
    return pool.choose(need_of(call), excluded_);
  }
  const Choice choice = pool.choose(need_of(call), excluded_, &why_);
  std::vector<Explanation::Considered> considered;
  for (size_t i = 0; i < pool.size(); ++i) {
    if (pool.endpoint(i).is_retired()) {
      continue;
    }
    const EndpointName name = pool.name_of(i);
    considered.push_back({name.provider, name.transport, pool.endpoint(i).tier,
                          health_state_name(pool.endpoint(i).health.state()), why_[i]});
  }
  call.explanation->add_considered(timers_.now(), considered);
  return choice;
}

void Dispatcher::try_first(CallId id) {
  const size_t pool = calls_.find(id)->pool;
  if (waiting_[pool]->size() > 0) {
    pump_waiting(pool);  // those before it come first
  }
  Call& call = *calls_.find(id);
  const Choice choice = choose(call);
  if (!choice.endpoint) {
    wait_for_budget(id, choice);
    return;
  }
  start_attempt(id, *choice.endpoint, AttemptKind::kFirst, false);
  if (is_broadcast(call)) {
    broadcast(id);
  }
}

bool Dispatcher::is_broadcast(const Call& call) const {
  return call.row->method_class == MethodClass::kTx && pools_[call.pool]->options().broadcast > 1;
}

/// The same transaction to more providers at once: the first to accept answers the call.
void Dispatcher::broadcast(CallId id) {
  Call& call = *calls_.find(id);
  Pool& pool = *pools_[call.pool];
  const size_t wanted = std::min<size_t>(pool.options().broadcast, Call::kLiveMax);
  excluded_.clear();
  excluded_.push_back(attempts_.find(call.live[0])->endpoint);
  while (call.live_count < wanted) {
    const auto endpoint = pool.choose_hedge(need_of(call), excluded_, 0);
    if (!endpoint) {
      return;
    }
    excluded_.push_back(*endpoint);
    start_attempt(id, *endpoint, AttemptKind::kBroadcast, false);
  }
}

void Dispatcher::start_attempt(CallId id, size_t index, AttemptKind kind, bool is_extra) {
  Call& call = *calls_.find(id);
  Pool& pool = *pools_[call.pool];
  const Endpoint& endpoint = pool.endpoint(index);
  const Instant now = timers_.now();
  const auto latency_class = static_cast<size_t>(call.row->latency_class);
  const Millis timeout =
      attempt_timeout(options_.timeout, endpoint.latencies[latency_class], endpoint.timeout);
  LiveAttempt live;
  live.call = id;
  live.pool = call.pool;
  live.endpoint = index;
  live.row = call.row;
  live.kind = kind;
  live.is_extra = is_extra;
  live.worker = call.worker;
  live.started = now;
  live.due = now + timeout;
  if (is_extra) {
    retry_budget_.on_start();
  }
  pool.on_started(index, call.method());
  const AttemptId attempt_id = attempts_.insert(live);
  call.add_live(attempt_id);
  call.go_upstream(now);
  call.was_hedged |= kind == AttemptKind::kHedge;
  call.phase = CallPhase::kTrying;
  call.try_count += kind == AttemptKind::kHedge || kind == AttemptKind::kBroadcast ? 0 : 1;
  const bool may_hedge = options_.hedge.is_on && kind == AttemptKind::kFirst &&
                         call.row->method_class == MethodClass::kSafe && pool.size() > 1 &&
                         !call.is_lookup;
  if (may_hedge) {
    call.hedge_at = now + hedge_delay(options_.hedge, method_latencies_[call.row]);
  }
  if (call.explanation) {
    call.explanation->add_started(now, kind, pool.name_of(index), timeout);
  }
  schedule(id);
  Attempt attempt;
  attempt.id = attempt_id;
  attempt.session = call.session;
  attempt.request_tail = call.request_tail;
  attempt.may_resend = call.may_resend;
  attempt.may_stream = call.may_stream;
  endpoint.port->start(attempt, *this);
}

Flow Dispatcher::on_attempt_part(AttemptId attempt, std::string_view bytes) {
  LiveAttempt* live = attempts_.find(attempt);
  Call* call = live == nullptr ? nullptr : calls_.find(live->call);
  if (call == nullptr) {
    return Flow::kDropped;
  }
  live->part_bytes += bytes.size();
  if (!call->has_parts) {
    call->has_parts = true;
    call->hedge_at = Instant::max();
    // This one answers: whatever else runs for the call has lost.
    call->remove_live(attempt);
    drop_attempts(*call, live->kind == AttemptKind::kHedge);
    call->add_live(attempt);
    call->go_upstream(timers_.now());
  }
  return downstream_.on_reply_part(call->session, call->token, bytes);
}

void Dispatcher::on_attempt_done(AttemptId attempt, const AttemptResult& result) {
  end_attempt(attempt, result, true);
}

/// `is_charged`: false when we cut it short before its own time was over.
void Dispatcher::end_attempt(AttemptId id, const AttemptResult& result, bool is_charged) {
  const LiveAttempt* live = attempts_.find(id);
  if (live == nullptr) {
    return;  // cancelled while its channel was telling several ends at once
  }
  const LiveAttempt ended = *live;
  Pool& pool = *pools_[ended.pool];
  Call* call = calls_.find(ended.call);
  const BlockNeed nothing_named;
  Asked asked;
  asked.method = call != nullptr ? call->method() : ended.row->name;
  asked.row = ended.row;
  asked.block = call != nullptr ? &call->block : &nothing_named;
  asked.is_null_doubted = call != nullptr && call->is_lookup;
  const Judgement judgement = judge(pool, ended.endpoint, asked, result);
  const Nanos took = timers_.now() - ended.started;

  AttemptEnd end;
  end.outcome = judgement.outcome;
  end.method = asked.method;
  end.latency_class = ended.row->latency_class;
  end.took = took;
  end.retry_after = judgement.retry_after;
  end.is_charged = is_charged;
  end.kind = ended.kind;
  end.worker = ended.worker;
  end.answer_bytes = ended.part_bytes + result.body.size();
  pool.on_ended(ended.endpoint, end);
  if (judgement.is_unknown) {
    observer_.on_unknown_error(pool.name_of(ended.endpoint), judgement.unknown_code);
  }
  if (result.outcome == Outcome::kResult) {
    method_latencies_[ended.row].add(took);
    if (call != nullptr) {
      take_facts(*call, ended, result.body);
    }
  }
  if (call != nullptr) {
    call->remove_live(id);
    if (call->live_count == 0) {
      call->leave_upstream(timers_.now());
    }
  }
  release(id, ended);
  if (call != nullptr) {
    settle(ended.call, ended, judgement, result);
  }
}

/// The attempt is over, however: its id is dead, and its share of the retry budget is free.
void Dispatcher::release(AttemptId id, const LiveAttempt& attempt) {
  const bool is_extra = attempt.is_extra;
  attempts_.erase(id);
  if (is_extra) {
    retry_budget_.on_end();
    retry_waiting_.wake();
  }
}

/// Heads and blockhashes that an answer tells by the way.
void Dispatcher::take_facts(const Call& call, const LiveAttempt& attempt, std::string_view result) {
  Pool& pool = *pools_[attempt.pool];
  if (call.has_parts) {
    return;
  }
  if (const auto head = head_fact(*call.row, call.block, result)) {
    pool.on_head(attempt.endpoint, head->number, head->hash, head->is_tip);
  }
  if (call.row->name == "getLatestBlockhash") {
    if (auto blockhash = blockhash_in(result)) {
      pool.remember_blockhash(std::move(*blockhash), attempt.endpoint);
    }
  }
}

}  // namespace sidecar
