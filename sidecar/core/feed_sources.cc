#include "core/feed_sources.h"

#include <algorithm>
#include <utility>

#include "core/make_stream.h"
#include "rpc/evm_event_facts.h"

namespace sidecar {

namespace {

constexpr Millis kPauseMin{100};
constexpr Millis kPauseMax{2'000};
/// What stands around an event's value: version, method, subscription id. Providers bill it too.
constexpr size_t kEnvelopeBytes = 100;

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
    house_.pool.on_cancelled(source.endpoint, end_of(spec_.method));
  }
  house_.pool.endpoint(source.endpoint).port->feeds()->close_feed(source.id);
}

}  // namespace sidecar
