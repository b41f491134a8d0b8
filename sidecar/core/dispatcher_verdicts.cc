// Of core/dispatcher.h: what follows from an attempt's end.
//
//   settle ─┬─ a result, or an error that stands ─▶ finish
//           ├─ about a transaction ─▶ settle_transaction
//           ├─ a hedge is still on its way ─▶ wait for it
//           └─ else try_again ─▶ another endpoint: at once, or when the retry budget has room
//                             ─▶ nobody left: all again after a pause (not there yet, or mended),
//                             or finish
#include <algorithm>
#include <array>
#include <charconv>

#include "core/dispatcher.h"
#include "rpc/answer_facts.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

constexpr std::string_view kFilterNotFound = "filter not found";
/// In geth's words: what a node says that does not answer about blocks it lacks.
constexpr std::string_view kBeyondHead =
    R"({"code":-32000,"message":"block range extends beyond current head block"})";

std::string quantity_text(uint64_t number) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  return "\"0x" + std::string(digits.begin(), end) + '"';
}

Millis whole_millis(Nanos span) {
  return std::chrono::ceil<Millis>(span);
}

/// How much a provider's words are worth when nobody gives a result.
int weight_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNull:
    case Outcome::kNodeBehind:
      return 3;
    case Outcome::kMissing:
    case Outcome::kSlotSkipped:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

void Dispatcher::settle(CallId id, const LiveAttempt& ended, const Judgement& judgement,
                        const AttemptResult& result) {
  Call& call = *calls_.find(id);
  const Outcome outcome = judgement.outcome;
  const OutcomeRow& row = outcome_row(outcome);
  call.sent = std::max(call.sent, result.sent);
  if (call.explanation) {
    call.explanation->add_ended(timers_.now(), pools_[ended.pool]->name_of(ended.endpoint), outcome,
                                result.http_status, timers_.now() - ended.started);
  }
  if (outcome == Outcome::kResult) {
    drop_attempts(call, ended.kind == AttemptKind::kHedge);
    finish_with_result(id, ended, result.body);
    return;
  }
  const bool is_error = result.outcome != Outcome::kResult;
  if (is_error && settle_transaction(id, ended.endpoint, outcome, result.body)) {
    return;
  }
  call.tried.push_back({ended.endpoint, outcome, result.http_status});
  if (outcome == Outcome::kRateLimited) {
    const Instant over = pools_[ended.pool]->provider_of(ended.endpoint).cooldown.until();
    const Millis pause = whole_millis(over - timers_.now());
    call.retry_after = std::min(call.retry_after.value_or(Millis::max()), pause);
  }
  const bool is_spoken =
      row.is_answer && (result.outcome == Outcome::kResult || result.outcome == Outcome::kRpcError);
  if (outcome == Outcome::kMissing && !is_error) {
    // No logs of blocks that the node lacks: passed on, it would say that there are none.
    remember(call, ended.endpoint, outcome, Reply::Kind::kError, kBeyondHead);
  } else if (is_spoken) {
    remember(call, ended.endpoint, outcome, is_error ? Reply::Kind::kError : Reply::Kind::kResult,
             result.body);
  }
  call.is_next_free = result.sent == Sent::kNo;
  const bool stands = row.elsewhere == Elsewhere::kNo && !is_broadcast(call);
  if (call.live_count > 0 && !stands) {
    return;  // another attempt is under way beside it
  }
  if (!call.filter_id.empty() && outcome == Outcome::kConnect) {
    // The node that held it is gone, and the filter with it: clients make a new one.
    filters_.remove(call.filter_id);
    std::string error;
    write_error_object(
        error,
        {.name = ErrorName::kBadRequest, .message = kFilterNotFound, .code = kServerErrorCode});
    finish(id, Reply::Kind::kError, error, outcome_name(outcome));
    return;
  }
  if (stands || row.elsewhere == Elsewhere::kNo || !may_ask_more(call, outcome, result.sent)) {
    finish_unanswered(id, GaveUp::kNothingMore, result.detail);
    return;
  }
  try_again(id, result.detail);
}

void Dispatcher::finish_with_result(CallId id, const LiveAttempt& attempt, std::string_view body) {
  Call& call = *calls_.find(id);
  Pool& pool = *pools_[call.pool];
  constexpr auto kOutcome = Outcome::kResult;
  call.answered_by = attempt.endpoint;
  call.answered_kind = attempt.kind;
  if (call.is_filter_maker) {
    const std::string ours =
        filters_.add({static_cast<uint16_t>(call.pool), attempt.endpoint, std::string(body)});
    finish(id, Reply::Kind::kResult, ours, outcome_name(kOutcome));
    return;
  }
  if (call.removes_filter) {
    filters_.remove(call.filter_id);
  }
  // A worker that was told a head is not told a lower one by another node, nor a liar's.
  const bool is_head = call.row->is_head && pool.chain().family == Family::kEvm;
  const auto number = is_head && call.pinned_provider.empty() ? parse_quantity(body) : std::nullopt;
  const uint64_t told = number ? pool.serve_head(attempt.endpoint, *number) : 0;
  if (number && told != *number) {
    finish(id, Reply::Kind::kResult, quantity_text(told), outcome_name(kOutcome));
    return;
  }
  finish(id, Reply::Kind::kResult, body, outcome_name(kOutcome));
}

void Dispatcher::remember(Call& call, size_t endpoint, Outcome outcome, Reply::Kind kind,
                          std::string_view body) {
  if (call.spoken && weight_of(call.spoken->outcome) > weight_of(outcome)) {
    return;
  }
  call.spoken = std::make_unique<Spoken>(Spoken{outcome, endpoint, kind, std::string(body)});
}

bool Dispatcher::may_ask_more(Call& call, Outcome outcome, Sent sent) {
  if (call.has_parts || !call.filter_id.empty() || !may_send_again(sent, call.may_resend) ||
      timers_.now() >= call.deadline) {
    return false;
  }
  return outcome_row(outcome).elsewhere != Elsewhere::kOnce || ++call.unknown_count < 2;
}

/// Somebody else, or the same again later, or nobody.
void Dispatcher::try_again(CallId id, std::string_view detail) {
  Call& call = *calls_.find(id);
  const uint32_t tries_max = call.is_lookup ? static_cast<uint32_t>(pools_[call.pool]->size())
                                            : options_.retry.attempts_max;
  if (call.try_count < tries_max) {
    const Choice choice = choose(call);
    if (choice.endpoint) {
      go_on(id, *choice.endpoint, choice.is_last_resort, detail);
      return;
    }
    if (choice.affordable_at || choice.is_verifying) {
      wait_for_budget(id, choice);
      return;
    }
    if (pause_for_mended(id)) {
      return;
    }
  }
  if (!begin_round(id)) {
    finish_unanswered(id, GaveUp::kNothingMore, detail);
  }
}

/// Starts the next attempt when the retry budget allows it.
void Dispatcher::go_on(CallId id, size_t endpoint, bool is_last_resort, std::string_view detail) {
  Call& call = *calls_.find(id);
  if (call.is_next_free && !is_last_resort) {
    start_attempt(id, endpoint, AttemptKind::kRetry, false);
    return;
  }
  if (retry_budget_.may_start(calls_.size())) {
    start_attempt(id, endpoint, AttemptKind::kRetry, true);
    return;
  }
  observer_.on_limit("retry_budget");
  // One more try at an endpoint that is known to be down is not worth waiting for.
  if (is_last_resort || !retry_waiting_.push(call.session, id)) {
    finish_unanswered(id, GaveUp::kNothingMore, detail);
    return;
  }
  call.phase = CallPhase::kWaitingForRetry;
  schedule(id);
}

/// A call that paused, or waited for the retry budget, goes on; others may have been found since.
void Dispatcher::start_again(CallId id) {
  Call& call = *calls_.find(id);
  call.phase = CallPhase::kTrying;
  call.is_next_free = false;
  const Choice choice = choose(call);
  if (choice.endpoint) {
    go_on(id, *choice.endpoint, choice.is_last_resort, "");
  } else {
    wait_for_budget(id, choice);
  }
}

/// All were asked, and somebody may have it soon: all again after a while.
bool Dispatcher::begin_round(CallId id) {
  Call& call = *calls_.find(id);
  const bool is_awaited = std::any_of(call.tried.begin(), call.tried.end(), [](const Tried& one) {
    return outcome_row(one.outcome).elsewhere == Elsewhere::kThenPause;
  });
  if (!is_awaited || call.round_count >= options_.retry.not_yet_max) {
    return false;
  }
  const Nanos block_time = pools_[call.pool]->heads().block_time();
  const Nanos pause = std::min<Nanos>(options_.retry.not_yet_pause, block_time);
  if (timers_.now() + pause >= call.deadline) {
    return false;
  }
  ++call.round_count;
  call.try_count = 0;
  // Those that attempts_max left out come before those that have it not.
  const Choice unasked = choose(call);
  const bool is_all = !unasked.endpoint || unasked.is_last_resort;
  for (Tried& one : call.tried) {
    one.is_excluded = one.is_excluded && !(is_all && outcome_row(one.outcome).may_mend_here);
  }
  pause_until(id, timers_.now() + pause, "not there yet");
  return true;
}

/// Nobody is left but such as may work again: those again after a pause.
bool Dispatcher::pause_for_mended(CallId id) {
  Call& call = *calls_.find(id);
  bool is_any = false;
  for (Tried& one : call.tried) {
    const OutcomeRow& row = outcome_row(one.outcome);
    if (one.is_excluded && row.may_mend_here && row.elsewhere == Elsewhere::kAtOnce) {
      is_any = true;
    }
  }
  const Instant until = timers_.now() + retry_pause(options_.retry, call.retry_count + 1, random_);
  if (!is_any || until >= call.deadline) {
    return false;
  }
  for (Tried& one : call.tried) {
    const OutcomeRow& row = outcome_row(one.outcome);
    if (row.may_mend_here && row.elsewhere == Elsewhere::kAtOnce) {
      one.is_excluded = false;
    }
  }
  // Among those known to be down, there is nothing to wait for.
  list_excluded(call);
  const Choice choice = pools_[call.pool]->choose(need_of(call), excluded_);
  if (!choice.endpoint || choice.is_last_resort) {
    return false;
  }
  ++call.retry_count;
  pause_until(id, until, "again after a pause");
  return true;
}

void Dispatcher::pause_until(CallId id, Instant until, std::string_view why) {
  Call& call = *calls_.find(id);
  call.phase = CallPhase::kPausing;
  call.resume_at = until;
  if (call.explanation) {
    const auto pause = std::chrono::duration_cast<Millis>(until - timers_.now());
    call.explanation->add('f', timers_.now(),
                          std::string(why) + ": pause " + std::to_string(pause.count()) + " ms");
  }
  schedule(id);
}

/// Nobody may be asked now. A token or a first health check is worth waiting for, within the
/// deadline.
void Dispatcher::wait_for_budget(CallId id, const Choice& choice) {
  Call& call = *calls_.find(id);
  const Instant now = timers_.now();
  const bool is_in_time = choice.affordable_at && *choice.affordable_at < call.deadline;
  if (!is_in_time && !choice.is_verifying) {
    const bool is_limited =
        choice.affordable_at || choice.cooled_down_at || choice.is_out_of_budget;
    if (choice.affordable_at || choice.cooled_down_at) {
      const Instant first = std::min(choice.affordable_at.value_or(Instant::max()),
                                     choice.cooled_down_at.value_or(Instant::max()));
      call.retry_after = whole_millis(first - now);
    }
    finish_unanswered(id, is_limited ? GaveUp::kOutOfBudget : GaveUp::kNothingMore, "");
    return;
  }
  if (!waiting_[call.pool]->push(call.session, id)) {
    observer_.on_limit("calls_waiting_max");
    finish_unanswered(id, GaveUp::kQueueFull, "too many calls wait for a provider");
    return;
  }
  if (call.explanation) {
    call.explanation->add(
        'f', now,
        choice.is_verifying ? "waits until a chain is checked" : "waits for a provider's budget");
  }
  call.phase = CallPhase::kWaitingForBudget;
  call.is_verifying = choice.is_verifying;
  if (is_in_time) {
    waiting_[call.pool]->wake_at(*choice.affordable_at);
  }
  schedule(id);
}

}  // namespace sidecar
