#include <algorithm>
#include <utility>

#include "core/feed_sources.h"
#include "core/judge.h"
#include "rpc/answer_facts.h"
#include "rpc/envelope.h"

namespace sidecar {

namespace {

/// A quiet feed is looked after at least this often, in stall spans.
constexpr uint32_t kQuietFactorMax = 32;

}  // namespace

AttemptEnd FeedSources::end_of(std::string_view method) {
  AttemptEnd end;
  end.method = method;
  end.kind = AttemptKind::kFeed;
  return end;
}

void FeedSources::ask(std::string_view method, const std::string& params) {
  const Source* source = lead();
  CHECK(source != nullptr);
  question_ = {house_.ids.next_question++, source->endpoint, std::string(method), params,
               house_.timers.now()};
  std::string tail;
  append_request_tail(tail, method, params);
  Attempt attempt;
  attempt.id = question_.id;
  attempt.request_tail = tail;
  attempt.may_resend = true;
  house_.pool.on_started(question_.endpoint, method);
  house_.pool.endpoint(question_.endpoint).port->start(attempt, *this);
  arm();
}

Flow FeedSources::on_attempt_part(AttemptId, std::string_view) {
  return Flow::kDropped;  // never asked for
}

void FeedSources::on_attempt_done(AttemptId attempt, const AttemptResult& result) {
  if (attempt != question_.id) {
    return;
  }
  const Question question = std::exchange(question_, {});
  end_attempt(question.endpoint, question.method, result, question.asked_at);
  if (result.outcome != Outcome::kResult) {
    fail_question();
  } else {
    const MethodRow& row = method_row(question.method);
    if (const auto fact = head_fact(row, block_need(row, question.params, 0), result.body)) {
      house_.pool.on_head(question.endpoint, fact->number, fact->hash, fact->is_tip);
    }
    stream_.on_answer(result.body);
  }
  arm();
}

void FeedSources::drop_question() {
  if (question_.id != 0) {
    house_.pool.endpoint(question_.endpoint).port->cancel(question_.id);
    house_.pool.on_cancelled(question_.endpoint, end_of(question_.method));
    question_ = {};
  }
}

void FeedSources::end_attempt(size_t endpoint, std::string_view method, const AttemptResult& result,
                              Instant since) {
  const MethodRow& row = method_row(method);
  const BlockNeed block;
  const Judgement verdict = judge(house_.pool, endpoint, {method, &row, &block, false}, result);
  AttemptEnd end = end_of(method);
  end.outcome = verdict.outcome;
  end.latency_class = row.latency_class;
  end.took = house_.timers.now() - since;
  end.retry_after = verdict.retry_after;
  end.answer_bytes = result.body.size();
  house_.pool.on_ended(endpoint, end);
}

/// What was missed is not to be had from the lead: from somebody else, or it is a gap.
void FeedSources::fail_question() {
  const Source* source = lead();
  if (source == nullptr) {
    return;
  }
  fill_failures_ += source->is_polled ? 0 : 1;
  const Instant now = house_.timers.now();
  const bool is_enough = fill_failures_ > 2 * house_.pool.size() ||
                         (fill_began_ && now - *fill_began_ > house_.options.fill_timeout);
  if (is_enough && !source->is_polled) {
    stream_.give_up(GapReason::kNoAnswer);
    return;
  }
  tell(source->endpoint, SourceChange::kDropped);
  close(*source);
  lose(source->id, /*is_tried=*/true);
  fill();
}

void FeedSources::tell(size_t endpoint, SourceChange what) const {
  house_.observer.on_feed_source(house_.pool.name_of(endpoint), feed_kind_name(spec_.kind), what);
}

void FeedSources::on_doubt() {
  is_doubted_ = true;
  timer_->arm(house_.timers.now());
}

void FeedSources::on_caught_up() {
  rounds_ = 0;
  fill_failures_ = 0;
  fill_began_.reset();
  is_ready_ = true;
  std::vector<Source> leaving;
  std::copy_if(sources_.begin(), sources_.end(), std::back_inserter(leaving),
               [this](const Source& source) { return source.is_leaving && source.id != lead_; });
  std::erase_if(sources_,
                [this](const Source& source) { return source.is_leaving && source.id != lead_; });
  for (const Source& source : leaving) {
    close(source);
    --house_.pool.endpoint(source.endpoint).source_count;
  }
  forget_tried();
  heard_at_ = house_.timers.now();
  if (std::exchange(told_live_, lead_) != lead_) {
    tell(lead()->endpoint, SourceChange::kLive);
  }
  if (std::exchange(is_auditing_, false) && !has_found_missing_) {
    const auto lag = house_.pool.heads().view(lead()->endpoint, heard_at_).lag_blocks.value_or(0);
    has_found_missing_ = lag > 1;
    quiet_factor_ = std::min(kQuietFactorMax, quiet_factor_ * 2);
  }
  owner_.on_sources_ready();
  const auto next = std::find_if(sources_.begin(), sources_.end(),
                                 [](const Source& source) { return source.is_next; });
  if (next != sources_.end()) {
    become_lead(*next);
  }
}

void FeedSources::on_delivered() {
  quiet_factor_ = 1;
  if (is_auditing_) {
    has_found_missing_ = true;  // it had events that it did not tell
  }
}

/// Nothing came for long: does the lead's node know of anything?
void FeedSources::audit() {
  heard_at_ = house_.timers.now();
  is_auditing_ = true;
  stream_.catch_up(CatchUp::kOverlap);
}

}  // namespace sidecar
