#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/feed_ports.h"
#include "downstream/session_host.h"
#include "downstream/text_subscriptions.h"
#include "policy/slow_consumer.h"

namespace sidecar {

/// The subscriptions of a framed session, by the id of their SUBSCRIBE.
/// Not: it writes no frame.
/// Limits: subscriptions_max. Owner: FramedSession, by value; destroying it unsubscribes.
class FramedSubscriptions {
 public:
  explicit FramedSubscriptions(SessionHost& host)
      : host_(host), slowness_(host.limits().slow_consumer) {}
  ~FramedSubscriptions();
  FramedSubscriptions(const FramedSubscriptions&) = delete;
  FramedSubscriptions& operator=(const FramedSubscriptions&) = delete;

  /// The text of what is wrong with a SUBSCRIBE's payload, or empty: then the answer comes to the
  /// session, perhaps inside. Requires: the id is free and not all places are taken.
  std::string_view subscribe(SessionId session, uint64_t id, ChainNumber chain,
                             std::string_view payload);
  bool has(uint64_t id) const { return subscriptions_.contains(id); }
  /// Its place in the quota, as long as it is open.
  void keep_place(uint64_t id, Quota::Place place);
  bool is_empty() const { return subscriptions_.empty(); }
  size_t size() const { return subscriptions_.size(); }
  bool is_full() const { return subscriptions_.size() >= host_.limits().subscriptions_max; }
  /// False: none has this id.
  bool unsubscribe(uint64_t id);
  /// It is over; the hub knows. Returns its chain.
  uint16_t drop(uint64_t id);
  uint16_t chain_of(uint64_t id) const;

  EventFate fate_of(uint64_t id, const FeedEvent& event, size_t queued_bytes);
  void on_drained();
  std::vector<uint64_t> ids() const;

 private:
  struct Subscription {
    SubscriptionId id = 0;
    uint16_t chain = 0;
    Continuity continuity = Continuity::kEvery;
    bool has_skipped = false;
    Quota::Place place = {};
  };

  SessionHost& host_;
  SlowConsumer slowness_;
  std::unordered_map<uint64_t, Subscription> subscriptions_;
};

}  // namespace sidecar
