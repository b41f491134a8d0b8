#include "core/feed_sources.h"

#include <algorithm>
#include <utility>

#include "core/judge.h"
#include "core/make_stream.h"
#include "rpc/answer_facts.h"
#include "rpc/envelope.h"
#include "rpc/evm_event_facts.h"

namespace sidecar {

namespace {

constexpr Millis kPauseMin{100};
constexpr Millis kPauseMax{2'000};
constexpr Millis kPollMin{250};
/// How often a source is looked for in place of one whose endpoint is retired.
constexpr Millis kRetiredLook{500};
/// A quiet feed is looked after at least this often, in stall spans.
constexpr uint32_t kQuietFactorMax = 32;
/// What stands around an event's value: version, method, subscription id. Providers bill it too.
constexpr size_t kEnvelopeBytes = 100;

AttemptEnd feed_end(std::string_view method) {
  AttemptEnd end;
  end.method = method;
  end.kind = AttemptKind::kFeed;
  return end;
}

}  // namespace

FeedSources::FeedSources(const House& house, const FeedSpec& spec, EventStream& stream,
                         SourcesOwner& owner)
    : house_(house),
      spec_(spec),
      stream_(stream),
      owner_(owner),
      unsubscribe_method_(unsubscribe_method_of(spec.method)),
      heard_at_(house.timers.now()),
      timer_(house.timers.make_timer([this]() { on_due(); })) {}

FeedSources::~FeedSources() {
  drop_question();
  for (const Source& source : sources_) {
    close(source);
    --house_.pool.endpoint(source.endpoint).source_count;
  }
}

void FeedSources::start() {
  better_at_ = house_.timers.now() + house_.options.failback_interval;
  fill();
  arm();
}

FeedSources::Source* FeedSources::find(SourceId id) {
  const auto at = std::find_if(sources_.begin(), sources_.end(),
                               [id](const Source& source) { return source.id == id; });
  return at == sources_.end() ? nullptr : &*at;
}

std::optional<size_t> FeedSources::lead_endpoint() const {
  const auto at = std::find_if(sources_.begin(), sources_.end(), [this](const Source& source) {
    return source.id == lead_ && source.is_open;
  });
  return at == sources_.end() ? std::nullopt : std::optional(at->endpoint);
}

/// Who tells such events; else who can be polled for them. Endpoints in use and tried are out.
std::optional<FeedSources::Source> FeedSources::choose() {
  CallNeed need;
  need.method = spec_.method;
  need.row = &method_row(spec_.method);
  need.is_feed = true;
  Source source;
  source.asked_at = house_.timers.now();
  const auto live = house_.pool.choose(need, with_used(tried_)).endpoint;
  if (live) {
    source.endpoint = *live;
    return source;
  }
  // Polling is for want of anything else.
  if (!sources_.empty() || !is_pollable(spec_)) {
    return std::nullopt;
  }
  need.method = poll_method(spec_.kind);
  need.row = &method_row(need.method);
  need.is_feed = false;
  const auto polled = house_.pool.choose(need, with_used(tried_polls_)).endpoint;
  if (!polled) {
    return std::nullopt;
  }
  source.endpoint = *polled;
  source.is_polled = true;
  return source;
}

std::vector<size_t> FeedSources::with_used(std::vector<size_t> tried) const {
  for (const Source& source : sources_) {
    tried.push_back(source.endpoint);
  }
  return tried;
}

void FeedSources::forget_tried() {
  tried_.clear();
  tried_polls_.clear();
}

void FeedSources::fill() {
  const auto staying = static_cast<size_t>(std::count_if(
      sources_.begin(), sources_.end(), [](const Source& source) { return !source.is_leaving; }));
  for (size_t i = staying; i < house_.options.sources; ++i) {
    if (!open_one(/*is_replacement=*/false)) {
      break;
    }
  }
  if (!sources_.empty()) {
    return;
  }
  const Millis cap = std::min(kPauseMax, kPauseMin * (1u << std::min(rounds_, 6u)));
  ++rounds_;
  const auto pause = Millis(house_.random.below(static_cast<uint64_t>(cap.count()) + 1));
  retry_at_ = house_.timers.now() + std::max(pause, kPauseMin / 2);
  forget_tried();
  owner_.on_sources_refused(std::exchange(refusal_, {}));
}

bool FeedSources::open_one(bool is_replacement) {
  const auto chosen = choose();
  if (!chosen || (is_replacement && lead() != nullptr && !is_better(*chosen, *lead()) &&
                  !has_found_missing_)) {
    return false;
  }
  Source source = *chosen;
  source.id = house_.ids.next_source++;
  sources_.push_back(source);
  ++house_.pool.endpoint(source.endpoint).source_count;
  if (!source.is_polled) {
    house_.pool.on_started(source.endpoint, spec_.method);
    FeedOpening opening;
    opening.id = source.id;
    opening.method = spec_.method;
    opening.params = spec_.params;
    opening.unsubscribe_method = unsubscribe_method_;
    house_.pool.endpoint(source.endpoint).port->feeds()->open_feed(opening, *this);
  }
  return true;
}

void FeedSources::on_feed_open(SourceId id) {
  Source* source = find(id);
  if (source == nullptr || source->is_open) {
    return;
  }
  AttemptResult result;
  end_attempt(source->endpoint, spec_.method, result, source->asked_at);
  source->is_open = true;
  // The lead's events are held while it catches up. Were they dropped for one that is behind, there
  // would be a hole that nobody knows of.
  source->is_next = lead() != nullptr && !lead()->is_polled && stream_.is_asking();
  if (!source->is_next) {
    become_lead(*source);
  }
  arm();
}

/// It is confirmed. What came before it is asked of it, so that its own events may follow; who is
/// one too many then leaves.
void FeedSources::become_lead(Source& source) {
  source.is_open = true;
  source.is_next = false;
  refusal_.clear();
  heard_at_ = house_.timers.now();
  Source* old = lead();
  const auto open =
      static_cast<size_t>(std::count_if(sources_.begin(), sources_.end(), [](const Source& one) {
        return one.is_open && !one.is_leaving;
      }));
  const bool is_overlap =
      std::any_of(sources_.begin(), sources_.end(), [this, &source](const Source& one) {
        const bool has_told_all = one.id != lead_ || !has_found_missing_;
        return one.is_open && !one.is_polled && one.id != source.id && has_told_all;
      });
  if (old != nullptr && (open > house_.options.sources || old->is_polled)) {
    old->is_leaving = true;
  }
  lead_ = source.id;
  has_found_missing_ = false;
  is_auditing_ = false;
  if (!fill_began_) {
    fill_began_ = house_.timers.now();
  }
  poll_at_ = source.is_polled ? house_.timers.now() + poll_span() : Instant::max();
  const CatchUp why = source.is_polled ? CatchUp::kPoll
                      : is_overlap     ? CatchUp::kOverlap
                                       : CatchUp::kNewSource;
  drop_question();
  stream_.drop_answer();
  stream_.catch_up(why);
}

void FeedSources::on_feed_event(SourceId id, std::string_view value) {
  const Source* source = find(id);
  if (source == nullptr) {
    return;
  }
  const size_t endpoint = source->endpoint;
  heard_at_ = house_.timers.now();
  house_.pool.on_event(endpoint, feed_kind_name(spec_.kind), value.size() + kEnvelopeBytes);
  if (spec_.kind == FeedKind::kHeads) {
    if (const auto view = header_view(value)) {
      house_.pool.on_head(endpoint, view->number, view->hash, true);
    }
  }
  if (is_auditing_ && id == lead_) {
    is_auditing_ = false;  // it tells events again
  }
  stream_.on_event(value);
}

void FeedSources::on_feed_lost(SourceId id, const AttemptResult& why) {
  const Source* source = find(id);
  if (source == nullptr) {
    return;
  }
  if (!source->is_open) {
    end_attempt(source->endpoint, spec_.method, why, source->asked_at);
    refusal_ = why.outcome == Outcome::kRpcError ? std::string(why.body) : refusal_;
  }
  tell(source->endpoint, source->is_open ? SourceChange::kLost : SourceChange::kRefused);
  lose(id, /*is_tried=*/true);
  fill();
  arm();
}

/// It is gone, whoever ended it. The caller fills.
void FeedSources::lose(SourceId id, bool is_tried) {
  const auto at = std::find_if(sources_.begin(), sources_.end(),
                               [id](const Source& source) { return source.id == id; });
  if (is_tried) {
    (at->is_polled ? tried_polls_ : tried_).push_back(at->endpoint);
  }
  --house_.pool.endpoint(at->endpoint).source_count;
  sources_.erase(at);
  if (id != lead_) {
    return;
  }
  lead_ = 0;
  is_ready_ = false;
  is_auditing_ = false;
  has_found_missing_ = false;
  is_doubted_ = false;
  poll_at_ = Instant::max();
  drop_question();
  const bool is_heard_still =
      std::any_of(sources_.begin(), sources_.end(),
                  [](const Source& source) { return source.is_open && !source.is_polled; });
  if (is_heard_still) {
    stream_.drop_answer();  // what is held is of the others too
  } else {
    stream_.abandon();
  }
  promote();
}

/// Another one that is open goes on in the lead's place; what it told was heard all along.
void FeedSources::promote() {
  const auto next = std::find_if(sources_.begin(), sources_.end(),
                                 [](const Source& source) { return source.is_open; });
  if (next == sources_.end()) {
    return;
  }
  lead_ = next->id;
  next->is_leaving = false;
  next->is_next = false;
  stream_.catch_up(next->is_polled ? CatchUp::kPoll : CatchUp::kOverlap);
}

void FeedSources::close(const Source& source) {
  if (source.is_polled) {
    return;
  }
  if (!source.is_open) {
    house_.pool.on_cancelled(source.endpoint, feed_end(spec_.method));
  }
  house_.pool.endpoint(source.endpoint).port->feeds()->close_feed(source.id);
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
    house_.pool.on_cancelled(question_.endpoint, feed_end(question_.method));
    question_ = {};
  }
}

void FeedSources::end_attempt(size_t endpoint, std::string_view method, const AttemptResult& result,
                              Instant since) {
  const MethodRow& row = method_row(method);
  const BlockNeed block;
  const Judgement verdict = judge(house_.pool, endpoint, {method, &row, &block, false}, result);
  AttemptEnd end = feed_end(method);
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

bool FeedSources::is_better(const Source& candidate, const Source& lead) const {
  if (candidate.is_polled != lead.is_polled) {
    return lead.is_polled;
  }
  const Endpoint& of_lead = house_.pool.endpoint(lead.endpoint);
  const HealthState state = of_lead.health.state();
  const bool is_lead_fit = (state == HealthState::kHealthy || state == HealthState::kUnknown) &&
                           !house_.pool.provider_of(lead.endpoint).is_drained &&
                           !of_lead.is_retired();
  return !is_lead_fit || house_.pool.endpoint(candidate.endpoint).tier < of_lead.tier;
}

/// Who only tells along with the lead can go at once.
void FeedSources::leave_drained() {
  std::vector<Source> leaving;
  for (const Source& source : sources_) {
    if (source.id != lead_ && house_.pool.provider_of(source.endpoint).is_drained) {
      leaving.push_back(source);
    }
  }
  for (const Source& source : leaving) {
    close(source);
    lose(source.id, /*is_tried=*/false);
  }
}

bool FeedSources::is_retired(const Source& source) const {
  return house_.pool.endpoint(source.endpoint).is_retired();
}

void FeedSources::leave(size_t endpoint) {
  std::vector<SourceId> leaving;
  for (const Source& source : sources_) {
    if (source.endpoint == endpoint) {
      leaving.push_back(source.id);
    }
  }
  for (const SourceId id : leaving) {
    const Source* source = find(id);
    if (source == nullptr) {
      continue;
    }
    if (id != lead_ || source->is_polled) {
      drop_retired(id);
    } else {
      better_at_ = house_.timers.now();  // not in here: the new one may be retired next
    }
  }
  arm();
}

void FeedSources::drop_retired(SourceId id) {
  const Source source = *find(id);
  tell(source.endpoint, SourceChange::kRetired);
  close(source);
  lose(id, /*is_tried=*/false);
  fill();
}

void FeedSources::look_for_better() {
  const Instant now = house_.timers.now();
  better_at_ = now + house_.options.failback_interval;
  if (lead() != nullptr && is_retired(*lead())) {
    better_at_ = now + std::min(house_.options.failback_interval, kRetiredLook);
    if (now - *house_.pool.endpoint(lead()->endpoint).retired_at >= kRetiredMax) {
      drop_retired(lead_);
      return;
    }
  }
  const bool is_settled =
      is_ready_ && std::all_of(sources_.begin(), sources_.end(), [](const Source& one) {
        return one.is_open && !one.is_leaving && !one.is_next;
      });
  if (!is_settled) {
    return;
  }
  forget_tried();
  leave_drained();
  if (sources_.size() < house_.options.sources) {
    fill();
  } else if (house_.pool.size() > sources_.size()) {
    open_one(/*is_replacement=*/true);
  }
}

/// The lead keeps events to itself. Without anybody else it gets a new subscription.
void FeedSources::replace() {
  tell(lead()->endpoint, SourceChange::kStalled);
  if (open_one(/*is_replacement=*/true)) {
    return;
  }
  has_found_missing_ = false;
  const SourceId id = lead_;
  close(*lead());
  lose(id, /*is_tried=*/false);
  fill();
}

void FeedSources::on_due() {
  const Instant now = house_.timers.now();
  if (std::exchange(is_doubted_, false)) {
    fail_question();
  }
  if (question_.id != 0 && question_.asked_at + house_.options.answer_timeout <= now) {
    const Question question = std::exchange(question_, {});
    AttemptResult result;
    result.outcome = Outcome::kTimeout;
    result.sent = house_.pool.endpoint(question.endpoint).port->cancel(question.id);
    end_attempt(question.endpoint, question.method, result, question.asked_at);
    fail_question();
  }
  time_out_openings(now);
  if (retry_at_ <= now) {
    retry_at_ = Instant::max();
    fill();
  }
  if (lead() != nullptr && !stream_.is_asking()) {
    if (poll_at_ <= now) {
      poll_at_ = now + poll_span();
      stream_.catch_up(CatchUp::kPoll);
    } else if (has_found_missing_ && sources_.size() == house_.options.sources) {
      replace();
    } else if (!lead()->is_polled && stall_span() != Nanos::max() &&
               heard_at_ + stall_span() <= now) {
      audit();
    } else if (const auto head = house_.pool.heads().pool_head()) {
      stream_.on_pool_head(*head);
    }
  }
  if (better_at_ <= now) {
    look_for_better();
  }
  arm();
}

void FeedSources::time_out_openings(Instant now) {
  std::vector<SourceId> late;
  std::vector<SourceId> polled;
  for (const Source& source : sources_) {
    if (!source.is_open && source.is_polled) {
      polled.push_back(source.id);
    } else if (!source.is_open && source.asked_at + house_.options.open_timeout <= now) {
      late.push_back(source.id);
    }
  }
  for (const SourceId id : polled) {
    if (Source* source = find(id)) {
      become_lead(*source);
    }
  }
  for (const SourceId id : late) {
    const Source* source = find(id);
    if (source == nullptr) {
      continue;
    }
    AttemptResult result;
    result.outcome = Outcome::kTimeout;
    house_.pool.endpoint(source->endpoint).port->feeds()->close_feed(id);
    end_attempt(source->endpoint, spec_.method, result, source->asked_at);
    tell(source->endpoint, SourceChange::kRefused);
    lose(id, /*is_tried=*/true);
    fill();
  }
}

void FeedSources::arm() {
  // What waits for an answer is armed again when it comes.
  Instant next = std::min({retry_at_, stream_.is_asking() ? Instant::max() : poll_at_, better_at_});
  for (const Source& source : sources_) {
    if (!source.is_open) {
      next = std::min(
          next, source.is_polled ? source.asked_at : source.asked_at + house_.options.open_timeout);
    }
  }
  if (question_.id != 0) {
    next = std::min(next, question_.asked_at + house_.options.answer_timeout);
  } else if (lead_ != 0 && !lead()->is_polled && !stream_.is_asking() &&
             stall_span() != Nanos::max()) {
    next = std::min(next, heard_at_ + stall_span());
  }
  const bool is_to_be_replaced = has_found_missing_ && lead_ != 0 && !stream_.is_asking() &&
                                 sources_.size() == house_.options.sources;
  if (is_doubted_ || is_to_be_replaced) {
    next = house_.timers.now();
  }
  timer_->arm(next);
}

/// Heads come with the chain's pace; of other events a long silence is no wonder, so they are
/// looked for ever more seldom.
Nanos FeedSources::stall_span() const {
  const Nanos blocks = house_.pool.heads().block_time() * house_.options.stall_blocks;
  const Nanos base = std::max<Nanos>(blocks, house_.options.stall_min);
  switch (spec_.kind) {
    case FeedKind::kHeads:
    case FeedKind::kSlot:
    case FeedKind::kRoot:
      return base;
    case FeedKind::kVote:
    case FeedKind::kSlotsUpdates:
    case FeedKind::kPendingHashes:
    case FeedKind::kPendingTransactions:
      return Nanos::max();
    default:
      return base * quiet_factor_;
  }
}

Nanos FeedSources::poll_span() const {
  const FeedOptions& options = house_.options;
  return options.poll_interval.count() > 0
             ? Nanos(options.poll_interval)
             : std::max<Nanos>(kPollMin, house_.pool.heads().block_time());
}

}  // namespace sidecar
