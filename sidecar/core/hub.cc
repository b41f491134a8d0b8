#include "core/hub.h"

#include <algorithm>
#include <utility>

#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

std::string error_text(const ErrorSpec& spec) {
  std::string text;
  write_error_object(text, spec);
  return text;
}

std::string feed_key(const Pool& pool, const FeedSpec& spec) {
  return std::to_string(pool.chain().number) + ' ' + spec.key();
}

/// Could anybody ever tell such events, however well everybody is?
bool has_source(const Pool& pool, const FeedSpec& spec) {
  for (size_t i = 0; i < pool.size(); ++i) {
    const Endpoint& endpoint = pool.endpoint(i);
    if (endpoint.is_retired()) {
      continue;
    }
    if (endpoint.port->feeds() != nullptr || (endpoint.takes_calls && is_pollable(spec))) {
      return true;
    }
  }
  return false;
}

}  // namespace

SubscriptionHub::SubscriptionHub(const FeedOptions& options, Timers& timers, SubscriberPort& port,
                                 Observer& observer, std::vector<Pool*> pools, uint64_t seed)
    : options_(options),
      timers_(timers),
      port_(port),
      observer_(observer),
      pools_(std::move(pools)),
      random_(seed),
      // Another one after a restart, so that what a worker resumes from is never mistaken.
      next_epoch_(static_cast<uint32_t>(random_.next()) | 1),
      burial_(timers.make_timer([this]() { bury(); })) {}

SubscriptionHub::~SubscriptionHub() = default;

SubscriptionId SubscriptionHub::subscribe(const SubscribeRequest& request) {
  Pool* pool = pool_of(request);
  if (pool == nullptr) {
    return refuse(request, "",
                  error_text({.name = ErrorName::kBadRequest,
                              .message = "no chain is configured that has such a subscription"}));
  }
  auto spec = feed_spec(request.method, request.params);
  if (!spec.ok()) {
    const bool is_unknown = spec.error().code == Errc::kNotFound;
    return refuse(request, "",
                  error_text({.name = ErrorName::kBadRequest,
                              .message = spec.error().detail,
                              .code = is_unknown ? kMethodNotFoundCode : kInvalidParamsCode}));
  }
  if (subscriptions_.size() >= options_.subscriptions_max) {
    return refuse(request, "subscriptions_max", error_text({.name = ErrorName::kOverloaded}));
  }
  if (!has_source(*pool, spec.value())) {
    return refuse(request, "",
                  error_text({.name = ErrorName::kNoUpstream,
                              .message = "no provider of this chain carries such events; one needs "
                                         "ws or ipc",
                              .is_retryable = false}));
  }
  Feed* feed = feed_of(*pool, std::move(spec).value());
  if (feed == nullptr) {
    return refuse(request, "feeds_max", error_text({.name = ErrorName::kOverloaded}));
  }
  const SubscriptionId id = subscriptions_.insert(feed);
  feed->join({request.session, request.token, id, request.continuity},
             request.has_resume ? std::optional(request.resume) : std::nullopt);
  return subscriptions_.find(id) != nullptr ? id : 0;
}

SubscriptionId SubscriptionHub::refuse(const SubscribeRequest& request, std::string_view limit,
                                       const std::string& error) {
  if (!limit.empty()) {
    observer_.on_limit(limit);
  }
  port_.on_subscription_lost(request.session, request.token, error);
  return 0;
}

Pool* SubscriptionHub::pool_of(const SubscribeRequest& request) const {
  const Family family =
      family_of(request.method) == MethodFamily::kSvm ? Family::kSvm : Family::kEvm;
  const auto fits = [&request, family](const Pool* pool) {
    return pool->chain().family == family &&
           (request.chain == 0 || pool->chain().number == request.chain);
  };
  const auto at = std::find_if(pools_.begin(), pools_.end(), fits);
  return at == pools_.end() ? nullptr : *at;
}

Feed* SubscriptionHub::feed_of(Pool& pool, FeedSpec spec) {
  const std::string key = feed_key(pool, spec);
  const auto known = feeds_.find(key);
  if (known != feeds_.end() && !known->second->is_over()) {
    return known->second.get();
  }
  if (known != feeds_.end()) {
    known->second->end();  // it would do so on its next turn
  }
  if (feeds_.size() >= options_.feeds_max) {
    return nullptr;
  }
  const FeedSources::House house{options_, timers_, pool, ids_, random_, observer_};
  auto feed = std::make_unique<Feed>(house, std::move(spec), next_epoch_++, port_,
                                     static_cast<FeedOwner&>(*this));
  return feeds_.emplace(key, std::move(feed)).first->second.get();
}

void SubscriptionHub::unsubscribe(SubscriptionId subscription) {
  if (Feed** feed = subscriptions_.find(subscription)) {
    Feed& of = **feed;
    subscriptions_.erase(subscription);
    of.leave(subscription);
  }
}

void SubscriptionHub::send_newest(SubscriptionId subscription) {
  if (Feed** feed = subscriptions_.find(subscription)) {
    (*feed)->send_newest(subscription);
  }
}

void SubscriptionHub::leave(const Pool& pool, size_t endpoint) {
  // Not over feeds_ itself: one that finds nobody may end.
  std::vector<Feed*> of_pool;
  for (const auto& [key, feed] : feeds_) {
    if (&feed->pool() == &pool) {
      of_pool.push_back(feed.get());
    }
  }
  for (Feed* feed : of_pool) {
    feed->leave_endpoint(endpoint);
  }
}

size_t SubscriptionHub::source_count() const {
  size_t count = 0;
  for (const auto& [key, feed] : feeds_) {
    count += feed->source_count();
  }
  return count;
}

void SubscriptionHub::for_each_feed(const std::function<void(const Feed&)>& visit) const {
  for (const auto& [key, feed] : feeds_) {
    visit(*feed);
  }
}

void SubscriptionHub::on_subscription_over(SubscriptionId subscription) {
  subscriptions_.erase(subscription);
}

void SubscriptionHub::on_feed_over(Feed& feed) {
  const auto at = feeds_.find(feed_key(feed.pool(), feed.spec()));
  dead_.push_back(std::move(at->second));
  feeds_.erase(at);
  burial_->arm(timers_.now());
}

void SubscriptionHub::bury() {
  dead_.clear();
}

void SubscriptionHub::on_event_delivered(Feed& feed, EventKind kind, size_t subscriber_count) {
  observer_.on_feed_event(feed.pool().chain().name, feed_kind_name(feed.spec().kind), kind,
                          subscriber_count);
}

}  // namespace sidecar
