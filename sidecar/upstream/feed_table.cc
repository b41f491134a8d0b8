#include "upstream/feed_table.h"

#include "base/check.h"
#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

namespace {

constexpr size_t kSubscriptionBytesMax = 128;

/// eth_subscription -> eth_unsubscribe, slotNotification -> slotUnsubscribe.
std::string unsubscribe_method_for(std::string_view notification) {
  for (const std::string_view end : {"ubscription", "Notification"}) {
    if (notification.ends_with(end)) {
      const bool is_evm = end == "ubscription";
      std::string method(notification.substr(0, notification.size() - end.size()));
      if (is_evm) {
        method.pop_back();  // the s
      }
      return method + (is_evm ? "unsubscribe" : "Unsubscribe");
    }
  }
  return {};
}

struct Event {
  std::string_view subscription;
  std::string_view value;
  std::string_view error;
};

Event read_event(std::string_view params) {
  Event event;
  for (JsonWalk walk(params); walk.next();) {
    if (walk.key() == "subscription") {
      event.subscription = walk.value();
    } else if (walk.key() == "result") {
      event.value = walk.value();
    } else if (walk.key() == "error") {
      event.error = walk.value();
    }
  }
  return event;
}

bool is_subscription(std::string_view lexeme) {
  return !lexeme.empty() && lexeme.size() <= kSubscriptionBytesMax &&
         (lexeme.front() == '"' || to_uint64(lexeme).has_value());
}

}  // namespace

void FeedTable::open(const FeedOpening& opening, FeedSink& sink) {
  CHECK(!feeds_.contains(opening.id));
  const uint64_t id = asker_.ask(opening.method, opening.params);
  feeds_.emplace(opening.id, Feed{&sink, id, {}, std::string(opening.unsubscribe_method)});
  asks_.emplace(id, Ask{opening.id, std::string(opening.unsubscribe_method)});
}

void FeedTable::close(SourceId source) {
  for (Lost& lost : lost_) {
    lost.sink = lost.source == source ? nullptr : lost.sink;
  }
  const auto node = feeds_.extract(source);
  if (!node) {
    return;
  }
  const Feed& feed = node.mapped();
  if (feed.ask == 0) {
    sources_.erase(feed.subscription);
    unsubscribe(feed.subscription, feed.unsubscribe_method);
  } else if (asker_.withdraw(feed.ask)) {
    asks_.erase(feed.ask);
  } else {
    asks_.find(feed.ask)->second.source = 0;
  }
}

bool FeedTable::take_answer(uint64_t upstream_id, const ResponseView& view) {
  if (const auto said = unsubscribes_.extract(upstream_id)) {
    const auto leaving = leaving_.find(said.mapped());
    if (leaving != leaving_.end() && leaving->second.ask == upstream_id) {
      leaving_.erase(leaving);
    }
    return true;
  }
  auto node = asks_.extract(upstream_id);
  if (!node) {
    return false;
  }
  const SourceId source = node.mapped().source;
  if (view.kind == ResponseKind::kResult && is_subscription(view.result)) {
    confirm(node.mapped(), view.result);
  } else if (source != 0) {
    AttemptResult why;
    why.outcome = view.kind == ResponseKind::kError    ? Outcome::kRpcError
                  : view.kind == ResponseKind::kResult ? Outcome::kProtocol
                                                       : Outcome::kBadJson;
    why.body = view.error;
    why.detail = view.kind == ResponseKind::kBad      ? response_fault_text(view.fault)
                 : view.kind == ResponseKind::kResult ? "not a subscription id"
                                                      : "";
    refuse(source, why);
  }
  release_early();
  return true;
}

void FeedTable::confirm(const Ask& ask, std::string_view subscription) {
  const std::string id(subscription);
  leaving_.erase(id);  // a number used again
  strays_.erase(id);
  Early early;
  if (auto node = early_.extract(id)) {
    early = std::move(node.mapped());
    early_count_ -= early.values.size();
    for (const std::string& value : early.values) {
      early_bytes_ -= value.size();
    }
  }
  if (sources_.contains(id)) {
    // Events of the two could not be told apart; the first goes on.
    AttemptResult why;
    why.outcome = Outcome::kProtocol;
    why.detail = "one subscription id for two";
    refuse(ask.source, why);
    return;
  }
  if (ask.source == 0 || early.has_overflowed) {
    unsubscribe(id, ask.unsubscribe_method);
    AttemptResult why;
    why.outcome = Outcome::kTooLarge;
    why.detail = "too many events before the answer";
    refuse(ask.source, why);
    return;
  }
  Feed& feed = feeds_.find(ask.source)->second;
  feed.ask = 0;
  feed.subscription = id;
  sources_.emplace(id, ask.source);
  feed.sink->on_feed_open(ask.source);
  for (const std::string& value : early.values) {
    deliver(ask.source, value, {});
  }
}

/// 0 = it was closed meanwhile.
void FeedTable::refuse(SourceId source, const AttemptResult& why) {
  if (const auto node = feeds_.extract(source)) {
    node.mapped().sink->on_feed_lost(source, why);
  }
}

void FeedTable::take_event(std::string_view method, std::string_view params) {
  const Event event = read_event(params);
  if (!is_subscription(event.subscription) || (event.value.empty() && event.error.empty())) {
    return;
  }
  if (const auto found = sources_.find(event.subscription); found != sources_.end()) {
    deliver(found->second, event.value, event.error);
    return;
  }
  if (const auto found = leaving_.find(event.subscription); found != leaving_.end()) {
    on_leaving_event(found->second, method, event.subscription);
    return;
  }
  if (asks_.empty() || early_.size() >= kIdsMax) {
    on_stray(event.subscription, unsubscribe_method_for(method));
    return;
  }
  hold(method, event.subscription, event.value);
}

void FeedTable::deliver(SourceId source, std::string_view value, std::string_view error) {
  const auto found = feeds_.find(source);
  if (found == feeds_.end()) {
    return;  // closed by what it was told before
  }
  if (!value.empty()) {
    found->second.sink->on_feed_event(source, value);
    return;
  }
  sources_.erase(found->second.subscription);
  AttemptResult why;
  why.outcome = Outcome::kRpcError;
  why.body = error;
  refuse(source, why);
}

void FeedTable::hold(std::string_view method, std::string_view subscription,
                     std::string_view value) {
  Early& early = early_[std::string(subscription)];
  if (early.unsubscribe_method.empty()) {
    early.unsubscribe_method = unsubscribe_method_for(method);
  }
  if (early.has_overflowed) {
    return;
  }
  if (early_count_ >= kHeldEventsMax || early_bytes_ + value.size() > kHeldBytesMax) {
    early.has_overflowed = true;
    ++counts_.overflows;
    return;
  }
  ++early_count_;
  early_bytes_ += value.size();
  early.values.emplace_back(value);
}

/// What is held for nobody once every answer has come.
void FeedTable::release_early() {
  if (!asks_.empty() || early_.empty()) {
    return;
  }
  BySubscription<Early> early;
  early.swap(early_);
  early_count_ = early_bytes_ = 0;
  for (const auto& [subscription, one] : early) {
    counts_.stray_events += one.values.empty() ? 0 : one.values.size() - 1;
    on_stray(subscription, one.unsubscribe_method);
  }
}

void FeedTable::unsubscribe(std::string_view subscription, std::string_view method) {
  const uint64_t id = asker_.ask(method, "[" + std::string(subscription) + "]");
  if (leaving_.size() >= kIdsMax) {  // a node that answers no unsubscribe
    unsubscribes_.erase(leaving_.begin()->second.ask);
    leaving_.erase(leaving_.begin());
  }
  leaving_[std::string(subscription)] = {id, clock_.now(), false};
  unsubscribes_.emplace(id, subscription);
}

void FeedTable::on_leaving_event(Leaving& leaving, std::string_view method,
                                 std::string_view subscription) {
  if (leaving.is_repeated || clock_.now() - leaving.sent_at < kUnsubscribeWait) {
    return;  // on their way when we said it
  }
  ++counts_.stray_events;
  const std::string unsubscribe_method = unsubscribe_method_for(method);
  if (unsubscribe_method.empty()) {
    return;
  }
  ++counts_.stray_unsubscribes;
  unsubscribes_.erase(leaving.ask);
  leaving.is_repeated = true;
  leaving.ask = asker_.ask(unsubscribe_method, "[" + std::string(subscription) + "]");
  unsubscribes_.emplace(leaving.ask, subscription);
}

void FeedTable::on_stray(std::string_view subscription, std::string_view unsubscribe_method) {
  ++counts_.stray_events;
  if (unsubscribe_method.empty() || strays_.size() >= kIdsMax ||
      !strays_.emplace(subscription, true).second) {
    return;
  }
  ++counts_.stray_unsubscribes;
  const uint64_t id = asker_.ask(unsubscribe_method, "[" + std::string(subscription) + "]");
  if (unsubscribes_.size() < 2 * kIdsMax) {
    unsubscribes_.emplace(id, subscription);
  }
}

void FeedTable::lose_all(const AttemptResult& why) {
  size_t at = lost_.size();
  for (const auto& [source, feed] : feeds_) {
    lost_.push_back({source, feed.sink});
  }
  feeds_.clear();
  asks_.clear();
  sources_.clear();
  early_.clear();
  early_count_ = early_bytes_ = 0;
  leaving_.clear();
  unsubscribes_.clear();
  strays_.clear();
  for (; at < lost_.size(); ++at) {
    if (lost_[at].sink != nullptr) {
      lost_[at].sink->on_feed_lost(lost_[at].source, why);
    }
  }
  lost_.clear();
}

}  // namespace sidecar
