#include <algorithm>
#include <utility>

#include "core/feed_sources.h"

namespace sidecar {

namespace {

constexpr Millis kPollMin{250};
/// How often a source is looked for in place of one whose endpoint is retired.
constexpr Millis kRetiredLook{500};

}  // namespace

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
