#include "core/prober.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "rpc/answer_facts.h"
#include "rpc/envelope.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

/// Attempt ids of our own, unlike any of the dispatcher's: its generations stay below half their
/// range.
constexpr AttemptId kProbeIds = AttemptId{1} << 63;
/// After a failure the next round comes sooner by this.
constexpr int kHurry = 5;

struct Wording {
  std::string_view method;
  std::string params;
};

std::string hex(uint64_t number) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  return "0x" + std::string(digits.begin(), end);
}

std::string_view unquoted(std::string_view lexeme) {
  return lexeme.size() >= 2 && lexeme.front() == '"' ? lexeme.substr(1, lexeme.size() - 2) : lexeme;
}

}  // namespace

Prober::Prober(const ProbeOptions& options, Timers& timers, const std::vector<Pool*>& pools,
               uint64_t seed)
    : options_(options),
      timers_(timers),
      random_(seed),
      timer_(timers.make_timer([this]() { on_timer(); })) {
  for (Pool* pool : pools) {
    for (size_t i = 0; i < pool->size(); ++i) {
      add(*pool, i);
    }
  }
}

Prober::~Prober() {
  for (const Target& target : targets_) {
    if (target.live != 0) {
      target.pool->endpoint(target.endpoint).port->cancel(target.live);
    }
  }
}

void Prober::start() {
  is_started_ = options_.is_on;
  arm();
}

void Prober::add(Pool& pool, size_t endpoint) {
  Target target;
  target.pool = &pool;
  target.endpoint = endpoint;
  target.due = timers_.now();
  targets_.push_back(target);
  arm();
}

void Prober::remove(const Pool& pool, size_t endpoint) {
  const auto at = std::find_if(targets_.begin(), targets_.end(), [&](const Target& one) {
    return one.pool == &pool && one.endpoint == endpoint;
  });
  if (at == targets_.end()) {
    return;
  }
  const Target target = *at;
  targets_.erase(at);
  if (target.live != 0) {
    target.pool->endpoint(endpoint).port->cancel(target.live);
    AttemptEnd end;
    end.method = method_of(target);
    end.kind = AttemptKind::kProbe;
    target.pool->on_cancelled(endpoint, end);
  }
  arm();
}

void Prober::set_options(const ProbeOptions& options) {
  options_ = options;
  arm();
}

void Prober::arm() {
  if (!is_started_) {
    return;
  }
  Instant next = Instant::max();
  for (const Target& target : targets_) {
    next = std::min(next, target.live == 0 ? target.due : target.asked_at + options_.timeout);
  }
  if (next != Instant::max()) {
    timer_->arm(next);
  }
}

void Prober::on_timer() {
  const Instant now = timers_.now();
  for (Target& target : targets_) {
    if (target.live == 0 && target.due <= now) {
      target.pool->review_heads();
      begin_round(target);
    } else if (target.live != 0 && target.asked_at + options_.timeout <= now) {
      AttemptResult result;
      result.outcome = Outcome::kTimeout;
      result.sent = target.pool->endpoint(target.endpoint).port->cancel(target.live);
      take(target, result);
    }
  }
  arm();
}

void Prober::begin_round(Target& target) {
  const Instant now = timers_.now();
  const Endpoint& endpoint = target.pool->endpoint(target.endpoint);
  const Provider& provider = target.pool->provider_of(target.endpoint);
  if (endpoint.breaker.state(now) == BreakerState::kOpen) {
    target.due = endpoint.breaker.retry_at();
    return;
  }
  if (!provider.cooldown.is_over(now)) {
    target.due = provider.cooldown.until();
    return;
  }
  if (may_skip(target, endpoint, now)) {
    ++target.skip_count;
    target.due = now + jittered(options_.interval);
    return;
  }
  target.skip_count = 0;
  target.begins_at = target.left_out.value_or(Question::kIdentity);
  target.left_out.reset();
  plan(target, endpoint);
  ++target.rounds_unsynced;
  ask_next(target);
}

/// Live traffic has just shown what a round would. "Just" is half the interval, so that an endpoint
/// which dies with the traffic is found out in time by the next round.
bool Prober::may_skip(const Target& target, const Endpoint& endpoint, Instant now) const {
  const auto is_fresh = [this, &target, now](Instant then) {
    return then > target.answered_at && now - then < options_.interval / 2;
  };
  return target.skip_count < options_.skips_max && is_fresh(endpoint.head_heard) &&
         is_fresh(endpoint.last_success) && endpoint.health.state() == HealthState::kHealthy &&
         endpoint.port->epoch() == target.known_epoch;
}

void Prober::plan(Target& target, const Endpoint& endpoint) {
  const bool is_evm = target.pool->chain().family == Family::kEvm;
  // What failed may be somebody else when it is back, before any new connection tells.
  const bool is_new = !endpoint.is_verified || endpoint.port->epoch() != target.known_epoch ||
                      endpoint.health.state() == HealthState::kDisabled ||
                      endpoint.breaker.failures_in_row() > 0;
  if (!endpoint.must_verify) {
    target.known_epoch = endpoint.port->epoch();
  }
  const auto height = target.pool->heads().vote_height();
  target.is_asking[static_cast<size_t>(Question::kIdentity)] = endpoint.must_verify && is_new;
  target.is_identified = endpoint.must_verify && is_new;
  target.is_asking[static_cast<size_t>(Question::kHead)] = true;
  target.is_asking[static_cast<size_t>(Question::kSync)] =
      !is_evm || target.rounds_unsynced >= kSyncEvery;
  target.is_asking[static_cast<size_t>(Question::kVote)] =
      is_evm && height && *height != target.voted_height;
  target.asked_height = height.value_or(0);
}

void Prober::ask_next(Target& target) {
  // The chain before all others; then from where a budget cut the last round short, or a small one
  // would never get to the last questions.
  const bool is_chain_first = target.is_asking[static_cast<size_t>(Question::kIdentity)];
  const size_t first = is_chain_first ? 0 : static_cast<size_t>(target.begins_at);
  for (size_t i = 0; i < kQuestionCount; ++i) {
    const size_t index = (first + i) % kQuestionCount;
    if (target.is_asking[index]) {
      target.is_asking[index] = false;
      ask(target, static_cast<Question>(index));
      return;
    }
  }
  const bool is_disabled =
      target.pool->endpoint(target.endpoint).health.state() == HealthState::kDisabled;
  end_round(target, is_disabled ? options_.interval_disabled : options_.interval);
}

void Prober::ask(Target& target, Question question) {
  Pool& pool = *target.pool;
  target.asked = question;
  Wording words{method_of(target), "[]"};
  if (question == Question::kHead && pool.chain().family == Family::kSvm) {
    words.params = R"([{"commitment":"processed"}])";
  } else if (question == Question::kVote) {
    words.params = "[\"" + hex(target.asked_height) + "\",false]";
  }
  if (!pool.is_affordable(target.endpoint, words.method)) {
    target.left_out = target.left_out.value_or(question);
    ask_next(target);
    return;
  }
  ++question_count_;
  target.rounds_unsynced = question == Question::kSync ? 1 : target.rounds_unsynced;
  const Endpoint& endpoint = pool.endpoint(target.endpoint);
  pool.on_started(target.endpoint, words.method);
  target.live = kProbeIds | question_count_;
  target.asked_at = timers_.now();
  target.asked_epoch = endpoint.port->epoch();
  std::string tail;
  append_request_tail(tail, words.method, words.params);
  Attempt attempt;
  attempt.id = target.live;
  attempt.request_tail = tail;
  attempt.may_resend = true;
  attempt.may_stream = true;  // so that an absurdly long answer is not kept
  endpoint.port->start(attempt, *this);
}

Flow Prober::on_attempt_part(AttemptId, std::string_view) {
  return Flow::kDropped;  // no answer of ours is so long; the timeout ends it
}

void Prober::on_attempt_done(AttemptId attempt, const AttemptResult& result) {
  const auto found = std::find_if(targets_.begin(), targets_.end(),
                                  [attempt](const Target& one) { return one.live == attempt; });
  if (found != targets_.end()) {
    take(*found, result);
    arm();
  }
}

std::string_view Prober::method_of(const Target& target) {
  const bool is_evm = target.pool->chain().family == Family::kEvm;
  switch (target.asked) {
    case Question::kIdentity:
      return is_evm ? "eth_chainId" : "getGenesisHash";
    case Question::kHead:
      return is_evm ? "eth_blockNumber" : "getSlot";
    case Question::kSync:
      return is_evm ? "eth_syncing" : "getHealth";
    case Question::kVote:
      return "eth_getBlockByNumber";
  }
  return "";
}

void Prober::take(Target& target, const AttemptResult& result) {
  Pool& pool = *target.pool;
  const BlockNeed nothing_named;
  Asked asked;
  asked.method = method_of(target);
  asked.row = &method_row(asked.method);
  asked.block = &nothing_named;
  const Judgement judgement = judge(pool, target.endpoint, asked, result);
  AttemptEnd end;
  end.outcome = judgement.outcome;
  end.method = asked.method;
  end.took = timers_.now() - target.asked_at;
  end.retry_after = judgement.retry_after;
  end.kind = AttemptKind::kProbe;
  end.answer_bytes = result.body.size();
  target.live = 0;
  target.answered_at = timers_.now();
  pool.on_ended(target.endpoint, end);
  if (result.outcome == Outcome::kResult) {
    read_answer(target, result.body);
  } else if (target.asked == Question::kSync && judgement.outcome == Outcome::kNodeBehind) {
    pool.on_health_event(target.endpoint, HealthEvent::kSyncing);
  } else if (outcome_row(judgement.outcome).charge == Charge::kFailure) {
    fail_round(target);
    return;
  } else if (!pool.endpoint(target.endpoint).health.may_be_asked() ||
             judgement.outcome == Outcome::kRateLimited) {
    pool.on_probed(target.endpoint);
    std::fill(std::begin(target.is_asking), std::end(target.is_asking), false);
  }
  pool.on_probed(target.endpoint);
  ask_next(target);
}

void Prober::read_answer(Target& target, std::string_view body) {
  Pool& pool = *target.pool;
  const bool is_evm = pool.chain().family == Family::kEvm;
  switch (target.asked) {
    case Question::kIdentity: {
      const bool is_right = is_evm ? parse_quantity(body) == pool.chain().chain_id
                                   : unquoted(body) == pool.options().genesis_hash;
      target.known_epoch = target.asked_epoch;
      pool.on_health_event(target.endpoint,
                           is_right ? HealthEvent::kRightChain : HealthEvent::kWrongChain);
      return;
    }
    case Question::kHead:
      if (has_reconnected(target)) {
        target.is_asking[static_cast<size_t>(Question::kIdentity)] = true;
      }
      if (const auto number = parse_quantity(body)) {
        pool.on_head(target.endpoint, *number, "", true);
      }
      return;
    case Question::kSync: {
      const bool is_synced = is_evm ? body == "false" : unquoted(body) == "ok";
      pool.on_health_event(target.endpoint,
                           is_synced ? HealthEvent::kSynced : HealthEvent::kSyncing);
      return;
    }
    case Question::kVote: {
      BlockNeed named;
      named.number = target.asked_height;
      const auto block = head_fact(method_row("eth_getBlockByNumber"), named, body);
      if (block && !block->hash.empty()) {
        target.voted_height = target.asked_height;
        pool.on_head(target.endpoint, block->number, block->hash, false);
      }
      return;
    }
  }
}

/// Did the question just answered go over a new connection, unlike the identity's answer?
bool Prober::has_reconnected(const Target& target) const {
  const Endpoint& endpoint = target.pool->endpoint(target.endpoint);
  return endpoint.must_verify && !target.is_identified &&
         endpoint.port->epoch() != target.asked_epoch;
}

void Prober::fail_round(Target& target) {
  std::fill(std::begin(target.is_asking), std::end(target.is_asking), false);
  target.pool->on_health_event(target.endpoint, HealthEvent::kProbeFailed);
  target.pool->on_probed(target.endpoint);
  end_round(target, options_.interval / kHurry);
}

void Prober::end_round(Target& target, Nanos pause) {
  target.due = timers_.now() + jittered(pause);
}

Nanos Prober::jittered(Nanos span) {
  return Nanos(
      static_cast<int64_t>(static_cast<double>(span.count()) * (0.9 + 0.2 * random_.unit())));
}

}  // namespace sidecar
