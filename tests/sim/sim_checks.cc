#include "tests/sim/sim_checks.h"

#include <algorithm>

#include "rpc/json_text.h"

namespace sidecar::testing {

namespace {

/// The clock's own step.
constexpr Nanos kLateMax = Millis(1);

std::string text_of(const SimCall& call) {
  return call.method + " #" + std::to_string(call.number);
}

}  // namespace

SimChecks::SimChecks(const SimTime& time, SimTrace& trace, const SimSetup& setup, SimCalls& calls)
    : time_(time),
      trace_(trace),
      setup_(setup),
      calls_(calls),
      endpoints_(setup.endpoints.size()),
      head_told_(setup.pools.size()) {
  for (const SimEndpointSetup& each : setup.endpoints) {
    budgets_.try_emplace(each.account, each.seed.terms, setup.pools[each.pool].chain.family);
  }
}

void SimChecks::on_attempt_started(size_t endpoint, AttemptId attempt,
                                   const SimQuestion& question) {
  const SimEndpointSetup& setup = setup_.endpoints[endpoint];
  const std::string over =
      budgets_.at(setup.account).on_spent(question.method, time_.now(), time_.unix_now());
  if (!over.empty()) {
    trace_.broken(3, setup.seed.provider + " " + over);
  }
  endpoints_[endpoint].last_asked = time_.now();
  Live live;
  live.endpoint = endpoint;
  live.call = question.call;
  // The core asks for a transaction on its own only when its nonce was too low.
  live.is_probe = question.call == 0 && question.method != "eth_getTransactionByHash";
  if (!live.is_probe) {
    check_standing(endpoint, question);
  }
  if (const SimCall* call = calls_.find(question.call)) {
    check_tries(*call, live);
  }
  attempts_.emplace(attempt, live);
}

void SimChecks::check_standing(size_t endpoint, const SimQuestion& question) {
  const Known& known = endpoints_[endpoint];
  const std::string what =
      std::string(question.method) + " to " + setup_.endpoints[endpoint].seed.provider + ", which ";
  if (known.is_refusing) {
    trace_.broken(6, what + "refused our key");
  }
  if (must_verify(endpoint) && known.identity == false) {
    trace_.broken(6, what + "told another chain");
  }
}

void SimChecks::check_tries(const SimCall& call, Live& live) {
  Tries& tries = tries_[call.number];
  if (call.method_class == SimCall::Class::kUnsafe && tries.started > 0 &&
      (tries.live > 0 || tries.most_sent != Sent::kNo)) {
    trace_.broken(2, text_of(call) + " was sent again");
  }
  if (call.state != SimCall::State::kOpen) {
    trace_.broken(1, text_of(call) + " is tried although it has ended");
  }
  const uint32_t broadcast = setup_.pools[call.pool].options.broadcast;
  const bool is_broadcast = call.method_class == SimCall::Class::kTx && tries.started < broadcast &&
                            tries.first_at == time_.now();
  const bool is_free = tries.live == 0 && tries.last_sent == Sent::kNo;
  live.is_extra = tries.started > 0 && !is_broadcast && !is_free;
  if (tries.started == 0) {
    tries.first_at = time_.now();
  }
  ++tries.started;
  ++tries.live;
  if (!live.is_extra) {
    return;
  }
  ++extra_count_;
  const RetryOptions& retry = setup_.dispatcher.retry;
  const size_t limit = std::max<size_t>(
      retry.budget_min, dispatcher_->calls_in_flight() * retry.budget_percent / 100);
  if (extra_count_ > limit || dispatcher_->extra_attempts() > limit) {
    trace_.broken(
        4, text_of(call) + " makes " + std::to_string(extra_count_) + " extra attempts, counted " +
               std::to_string(dispatcher_->extra_attempts()) + ", of " + std::to_string(limit));
  }
}

void SimChecks::forget(AttemptId attempt, Sent sent) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) {
    trace_.broken(8, "an attempt ended that was not under way");
    return;
  }
  const Live live = found->second;
  attempts_.erase(found);
  extra_count_ -= live.is_extra ? 1 : 0;
  if (live.call != 0) {
    Tries& tries = tries_[live.call];
    --tries.live;
    tries.last_sent = sent;
    tries.most_sent = std::max(tries.most_sent, sent);
  }
}

void SimChecks::on_attempt_ended(AttemptId attempt, const SimAnswer& answer) {
  const auto found = attempts_.find(attempt);
  if (found != attempts_.end()) {
    Known& known = endpoints_[found->second.endpoint];
    if (answer.identity && found->second.is_probe) {
      known.identity = answer.identity;
    }
    if (answer.outcome == Outcome::kResult && answer.tip && is_believed(found->second.endpoint)) {
      known.head = answer.tip;
      known.head_told_at = time_.now();
    }
    known.is_refusing = answer.is_refusal || (known.is_refusing && !answer.is_working);
  }
  forget(attempt, answer.sent);
}

void SimChecks::on_attempt_cancelled(AttemptId attempt, Sent sent) {
  forget(attempt, sent);
}

void SimChecks::on_part(const SimCall* call) {
  if (call == nullptr || call->state != SimCall::State::kOpen) {
    trace_.broken(1, "a part for a call that has ended");
  }
}

void SimChecks::on_answered(SimCall* call, const Reply& reply) {
  if (call == nullptr) {
    trace_.broken(1, "a reply to nobody's call");
    return;
  }
  if (call->state == SimCall::State::kAnswered) {
    trace_.broken(1, text_of(*call) + " is answered twice");
    return;
  }
  if (call->state == SimCall::State::kCancelled) {
    trace_.broken(1, text_of(*call) + " is answered after its cancel");
    return;
  }
  if (time_.now() > call->deadline + kLateMax) {
    trace_.broken(1, text_of(*call) + " is answered late");
  }
  check_success(*call, reply);
  if (reply.kind != Reply::Kind::kResult) {
    return;
  }
  check_result(*call, reply.body);
  const auto head = parse_quantity(reply.body);
  if (call->is_head_told && head) {
    check_head(*call, *head);
  }
}

void SimChecks::check_success(const SimCall& call, const Reply& reply) {
  if (!call.is_plain) {
    return;
  }
  ++plain_count_;
  // The words of two providers about the call stand, whatever a third would say. What a worker has
  // had parts of cannot come from another.
  const bool is_final = reply.body.find(kUnknownWords) != std::string_view::npos;
  if (reply.kind == Reply::Kind::kError && !is_final && !call.has_parts) {
    ++plain_failed_count_;
    trace_.note("failed", "", call.number, reply.body);
  }
}

void SimChecks::check_result(const SimCall& call, std::string_view body) {
  const bool is_right = call.is_explained
                            ? body.find("\"steps\":") != std::string_view::npos
                            : call.expected.empty() || body == call.expected || call.has_parts;
  if (!is_right) {
    trace_.broken(12, text_of(call) + " got " + std::string(body.substr(0, 80)));
  }
}

void SimChecks::check_head(const SimCall& call, uint64_t head) {
  uint64_t& told = head_told_[call.pool];
  if (is_contradicted(call.pool, head)) {
    trace_.broken(7, text_of(call) + " is told " + std::to_string(head) +
                         ", which only a liar says" + heads_text(call.pool));
  }
  if (head < told && is_held(call.pool, told)) {
    trace_.broken(7, text_of(call) + " is told " + std::to_string(head) + " after " +
                         std::to_string(told) + heads_text(call.pool));
  }
  // What only a liar has may be told once, and taken back; and so may what nobody has any more.
  if (head < told || is_held(call.pool, head)) {
    told = head;
  }
}

/// Does somebody honest have this head, who is not alone with it among three?
bool SimChecks::is_held(size_t pool, uint64_t head) const {
  const uint64_t lag_max = setup_.pools[pool].options.head.lag_blocks_max;
  size_t heard_count = 0;
  size_t near_count = 0;
  bool is_any = false;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    if (is_heard(i, pool)) {
      ++heard_count;
      near_count += !is_liar(i) && *endpoints_[i].head + lag_max >= head ? 1 : 0;
      is_any = is_any || (!is_liar(i) && *endpoints_[i].head >= head);
    }
  }
  return is_any && (heard_count < 3 || near_count >= 2);
}

/// Is it wildly above what at least two honest ones of three say?
bool SimChecks::is_contradicted(size_t pool, uint64_t head) const {
  constexpr uint64_t kWild = 100'000;
  size_t heard_count = 0;
  size_t honest_count = 0;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    heard_count += is_heard(i, pool) ? 1 : 0;
    honest_count += is_heard(i, pool) && *endpoints_[i].head + kWild < head ? 1 : 0;
  }
  return heard_count >= 3 && honest_count >= 2 && honest_count + 1 == heard_count;
}

std::string SimChecks::heads_text(size_t pool) const {
  std::string text;
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    if (is_heard(i, pool)) {
      text += "; " + setup_.endpoints[i].seed.provider + (is_liar(i) ? " lies " : " has ") +
              std::to_string(*endpoints_[i].head);
    }
  }
  return text;
}

bool SimChecks::is_liar(size_t endpoint) const {
  const std::vector<SimEpisode>& episodes = setup_.endpoints[endpoint].episodes;
  return std::any_of(episodes.begin(), episodes.end(),
                     [](const SimEpisode& one) { return one.fault == SimFault::kHighHead; });
}

/// Is the endpoint of this pool, and was its head told lately enough to count?
bool SimChecks::is_heard(size_t endpoint, size_t pool) const {
  const Known& known = endpoints_[endpoint];
  const Millis silence_max = setup_.pools[pool].options.head.lag_time_max * 2;
  return setup_.endpoints[endpoint].pool == pool && known.head && is_believed(endpoint) &&
         time_.now() - known.head_told_at < silence_max;
}

bool SimChecks::must_verify(size_t endpoint) const {
  const SimPoolSetup& pool = setup_.pools[setup_.endpoints[endpoint].pool];
  return pool.chain.chain_id != 0 || !pool.options.genesis_hash.empty();
}

/// The core takes no heads from who may be on another chain.
bool SimChecks::is_believed(size_t endpoint) const {
  return !must_verify(endpoint) || endpoints_[endpoint].identity == true;
}

Instant SimChecks::account_last_asked(size_t endpoint) const {
  Instant last = Instant::min();
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const bool is_same = setup_.endpoints[i].account == setup_.endpoints[endpoint].account;
    last = is_same ? std::max(last, endpoints_[i].last_asked) : last;
  }
  return last;
}

bool SimChecks::is_day_spent(size_t endpoint) const {
  return budgets_.at(setup_.endpoints[endpoint].account).is_day_spent(time_.unix_now());
}

}  // namespace sidecar::testing
