#include "core/feed.h"

#include <algorithm>
#include <utility>

#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

StreamOptions stream_options(const FeedOptions& options) {
  StreamOptions stream;
  stream.fill_blocks_max = options.fill_blocks_max;
  stream.held_events_max = options.held_events_max;
  stream.held_bytes_max = options.held_bytes_max;
  stream.seen_max = options.seen_max;
  return stream;
}

std::string error_text(const ErrorSpec& spec) {
  std::string text;
  write_error_object(text, spec);
  return text;
}

std::string gap_text(GapReason reason, std::string_view members) {
  std::string text = "{\"reason\":\"" + std::string(gap_reason_name(reason)) + '"';
  text.append(members.empty() ? "" : ",").append(members);
  return text += '}';
}

}  // namespace

Feed::Feed(const FeedSources::House& house, FeedSpec spec, uint32_t epoch, SubscriberPort& port,
           FeedOwner& owner)
    : house_(house),
      spec_(std::move(spec)),
      notification_method_(notification_method_of(spec_.method)),
      epoch_(epoch),
      port_(port),
      owner_(owner),
      ring_(house.options.ring_events, house.options.ring_bytes_max),
      timer_(house.timers.make_timer([this]() { on_due(); })),
      stream_(make_stream(spec_, stream_options(house.options), *this)),
      sources_(std::make_unique<FeedSources>(house_, spec_, *stream_,
                                             static_cast<SourcesOwner&>(*this))) {
  sources_->start();
}

Feed::~Feed() = default;

void Feed::join(const Subscriber& subscriber, const std::optional<FeedPosition>& resume) {
  empty_since_ = Instant::max();
  Pending pending{subscriber, resume, house_.timers.now()};
  if (sources_->is_ready()) {
    answer(pending);
  } else {
    waiting_.push_back(pending);
  }
  arm();
}

/// Its place in the feed is settled now: what comes later than the answer is for it.
void Feed::answer(const Pending& pending) {
  Pending joining = pending;
  joining.seq = seq_;
  if (!pending.resume) {
    go_live(pending.subscriber);
  } else {
    const bool is_kept =
        pending.resume->epoch == epoch_ && ring_.has_all_after(pending.resume->seq, seq_);
    if (is_kept) {
      joining.seq = pending.resume->seq;
      joining.resume.reset();  // nothing is missing
    }
    joining_.push_back(joining);
  }
  port_.on_subscribed(pending.subscriber.session, pending.subscriber.token, {epoch_, joining.seq});
}

/// What it missed, from the ring; then it is like the others. The ring may have lost more of it
/// since the answer.
void Feed::replay(const Pending& pending) {
  const Subscriber& subscriber = pending.subscriber;
  const bool has_all = ring_.has_all_after(pending.seq, seq_);
  if (pending.resume || !has_all) {
    if (subscriber.continuity == Continuity::kStrict) {
      lose(subscriber, error_text({.name = ErrorName::kSubGap}));
      return;
    }
    const std::string text = gap_text(GapReason::kResume, "");
    const uint64_t seq = has_all ? pending.seq : ring_.kept().front().seq - 1;
    port_.on_event(event(seq, EventKind::kGap, text), {&subscriber, 1});
  }
  for (const EventRing::Kept& kept : ring_.kept()) {
    if (kept.seq > pending.seq) {
      const EventKind kind = kept.kind == EventKind::kGap ? kept.kind : EventKind::kReplayed;
      port_.on_event(event(kept.seq, kind, kept.value), {&subscriber, 1});
    }
  }
  go_live(subscriber);
}

void Feed::go_live(const Subscriber& subscriber) {
  live_places_.emplace(subscriber.id, live_.size());
  live_.push_back(subscriber);
}

bool Feed::remove_live(SubscriptionId subscription) {
  const auto place = live_places_.find(subscription);
  if (place == live_places_.end()) {
    return false;
  }
  const size_t at = place->second;
  live_places_.erase(place);
  if (at + 1 < live_.size()) {
    live_[at] = live_.back();
    live_places_[live_[at].id] = at;
  }
  live_.pop_back();
  return true;
}

void Feed::leave(SubscriptionId subscription) {
  if (is_sending_) {
    left_.push_back(subscription);
    return;
  }
  if (!remove_live(subscription) && !remove_pending(joining_, subscription)) {
    remove_pending(waiting_, subscription);
  }
  if (subscriber_count() == 0 && empty_since_ == Instant::max()) {
    empty_since_ = house_.timers.now();
    arm();
  }
}

bool Feed::remove_pending(std::vector<Pending>& from, SubscriptionId subscription) {
  return std::erase_if(from, [subscription](const Pending& one) {
           return one.subscriber.id == subscription;
         }) > 0;
}

void Feed::send_newest(SubscriptionId subscription) {
  const auto place = live_places_.find(subscription);
  if (place != live_places_.end() && !ring_.kept().empty()) {
    const EventRing::Kept& newest = ring_.kept().back();
    const Subscriber subscriber = live_[place->second];
    port_.on_event(event(newest.seq, newest.kind, newest.value), {&subscriber, 1});
  }
}

FeedEvent Feed::event(uint64_t seq, EventKind kind, std::string_view value) const {
  FeedEvent event;
  event.at = {epoch_, seq};
  event.kind = kind;
  event.value = value;
  event.method = notification_method_;
  event.family = house_.pool.chain().family;
  return event;
}

void Feed::deliver(std::string_view value, EventKind kind) {
  send(value, kind, /*is_last=*/false);
}

void Feed::deliver_last(std::string_view value, EventKind kind) {
  if (!sources_->is_ready()) {
    on_sources_ready();  // found by asking, before a source was live
  }
  while (!joining_.empty()) {
    const Pending next = joining_.back();
    joining_.pop_back();
    replay(next);
  }
  send(value, kind, /*is_last=*/true);
  is_over_ = true;
  timer_->arm(house_.timers.now());
}

void Feed::gap(GapReason reason, std::string_view members) {
  end_strict();
  send(gap_text(reason, members), EventKind::kGap, /*is_last=*/false);
}

void Feed::send(std::string_view value, EventKind kind, bool is_last) {
  if (is_over_) {
    return;
  }
  ring_.add(++seq_, kind, value);
  FeedEvent one = event(seq_, kind, value);
  one.is_last = is_last;
  is_sending_ = true;
  port_.on_event(one, live_);
  is_sending_ = false;
  sources_->on_delivered();
  owner_.on_event_delivered(*this, kind, live_.size());
  for (const SubscriptionId left : std::exchange(left_, {})) {
    leave(left);
  }
}

void Feed::end_strict() {
  std::vector<Subscriber> strict;
  std::copy_if(live_.begin(), live_.end(), std::back_inserter(strict),
               [](const Subscriber& one) { return one.continuity == Continuity::kStrict; });
  for (const Subscriber& subscriber : strict) {
    remove_live(subscriber.id);
    lose(subscriber, error_text({.name = ErrorName::kSubGap}));
  }
  if (subscriber_count() == 0 && empty_since_ == Instant::max()) {
    empty_since_ = house_.timers.now();
    arm();
  }
}

void Feed::lose(const Subscriber& subscriber, std::string_view error) {
  owner_.on_subscription_over(subscriber.id);
  port_.on_subscription_lost(subscriber.session, subscriber.token, error);
}

void Feed::ask(std::string_view method, const std::string& params) {
  sources_->ask(method, params);
}

void Feed::on_caught_up() {
  sources_->on_caught_up();
}

void Feed::on_doubt() {
  sources_->on_doubt();
}

void Feed::on_sources_ready() {
  for (const Pending& pending : std::exchange(waiting_, {})) {
    answer(pending);
  }
  arm();
}

void Feed::on_sources_refused(std::string_view refusal) {
  if (refusal.empty()) {
    return;
  }
  for (const Pending& pending : std::exchange(waiting_, {})) {
    lose(pending.subscriber, refusal);
  }
  if (subscriber_count() == 0) {
    empty_since_ = house_.timers.now();
  }
  arm();
}

void Feed::on_due() {
  const Instant now = house_.timers.now();
  for (const Pending& pending : std::exchange(joining_, {})) {
    replay(pending);
  }
  std::vector<Pending> late;
  std::erase_if(waiting_, [this, now, &late](const Pending& pending) {
    const bool is_late = pending.since + house_.options.subscribe_timeout <= now;
    if (is_late) {
      late.push_back(pending);
    }
    return is_late;
  });
  for (const Pending& pending : late) {
    lose(pending.subscriber,
         error_text({.name = ErrorName::kNoUpstream, .message = "no provider has live events"}));
  }
  if (subscriber_count() == 0 && empty_since_ == Instant::max()) {
    empty_since_ = now;
  }
  const bool is_forsaken =
      empty_since_ != Instant::max() && empty_since_ + house_.options.grace <= now;
  if (is_over_ || is_forsaken) {
    end();
    return;
  }
  arm();
}

void Feed::end() {
  timer_->cancel();
  sources_.reset();
  for (const Subscriber& subscriber : std::exchange(live_, {})) {
    owner_.on_subscription_over(subscriber.id);
  }
  owner_.on_feed_over(*this);
}

void Feed::arm() {
  Instant next = Instant::max();
  if (!joining_.empty() || is_over_) {
    next = house_.timers.now();
  }
  for (const Pending& pending : waiting_) {
    next = std::min(next, pending.since + house_.options.subscribe_timeout);
  }
  if (empty_since_ != Instant::max()) {
    next = std::min(next, empty_since_ + house_.options.grace);
  }
  if (next == Instant::max()) {
    timer_->cancel();
  } else {
    timer_->arm(next);
  }
}

}  // namespace sidecar
