#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/feed_types.h"

namespace sidecar {

/// Where what comes over a source goes: the hub.
class FeedSink {
 public:
  /// The provider has confirmed the subscription; never inside open_feed().
  virtual void on_feed_open(SourceId source) = 0;
  /// `params.result` of one notification, in the order they came. The view lives during the call.
  virtual void on_feed_event(SourceId source, std::string_view value) = 0;
  /// The provider refused it (kRpcError with its error object in `body`), or the connection ended:
  /// nothing more comes. Never inside open_feed().
  virtual void on_feed_lost(SourceId source, const AttemptResult& why) = 0;

 protected:
  ~FeedSink() = default;
};

/// What is asked of a provider.
struct FeedOpening {
  SourceId id = 0;
  std::string_view method;              ///< eth_subscribe; views are valid during open_feed() only
  std::string_view params;              ///< JSON array
  std::string_view unsubscribe_method;  ///< eth_unsubscribe
};

/// One endpoint's channel, as far as it carries events (core/ports.h: UpstreamPort::feeds()).
class FeedPort {
 public:
  virtual ~FeedPort() = default;
  virtual void open_feed(const FeedOpening& opening, FeedSink& sink) = 0;
  /// No callback comes after this. The provider is told, also when its answer is still to come.
  virtual void close_feed(SourceId source) = 0;
};

/// Who an event is for.
struct Subscriber {
  SessionId session = 0;
  uint64_t token = 0;
  SubscriptionId id = 0;
  Continuity continuity = Continuity::kEvery;
};

/// Where events go: the sessions.
class SubscriberPort {
 public:
  /// The subscription stands; its first event is the one after `at`.
  virtual void on_subscribed(SessionId session, uint64_t token, FeedPosition at) = 0;
  /// One event for many. Sessions that are gone are passed over in silence.
  virtual void on_event(const FeedEvent& event, std::span<const Subscriber> to) = 0;
  /// It was refused, or it ended and not because the session asked: `error` is a JSON-RPC error
  /// object.
  virtual void on_subscription_lost(SessionId session, uint64_t token, std::string_view error) = 0;

 protected:
  ~SubscriberPort() = default;
};

/// Where subscriptions go: the hub, as sessions see it.
class SubscriptionPort {
 public:
  /// Answered once, by SubscriberPort::on_subscribed or on_subscription_lost; both may come inside.
  /// Returns 0 when it was refused already. Events come after the answer, never inside.
  virtual SubscriptionId subscribe(const SubscribeRequest& request) = 0;
  /// Nothing more comes for it. An unknown id is ignored.
  virtual void unsubscribe(SubscriptionId subscription) = 0;
  /// The session has passed over events under kLatest and has room again: the newest one comes,
  /// inside the call.
  virtual void send_newest(SubscriptionId subscription) = 0;

 protected:
  ~SubscriptionPort() = default;
};

}  // namespace sidecar
