#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "base/slot_map.h"
#include "core/feed.h"
#include "core/feed_ports.h"
#include "core/options.h"
#include "core/pool.h"

namespace sidecar {

/// Runs feeds: the first subscriber of a thing opens one, later ones join it, and the last to leave
/// closes it after a grace time.
///
///   subscribe ─▶ feed_spec ─▶ key ─┬─ known ──▶ Feed::join
///                                  └─ new ────▶ Feed ─▶ join
/// Limits: feeds_max, subscriptions_max. Owner: app. Requires: the pools and the port outlive it.
/// Errors: through SubscriberPort::on_subscription_lost, as JSON-RPC error objects.
class SubscriptionHub final : public SubscriptionPort, private FeedOwner {
 public:
  SubscriptionHub(const FeedOptions& options, Timers& timers, SubscriberPort& port,
                  Observer& observer, std::vector<Pool*> pools, uint64_t seed);
  ~SubscriptionHub();

  SubscriptionId subscribe(const SubscribeRequest& request) override;
  void unsubscribe(SubscriptionId subscription) override;
  void send_newest(SubscriptionId subscription) override;
  /// The endpoint was retired: feeds move elsewhere.
  void leave(const Pool& pool, size_t endpoint);
  /// Feeds that are open keep their rings and as many sources as they have.
  void set_options(const FeedOptions& options) { options_ = options; }

  size_t feed_count() const { return feeds_.size(); }
  size_t subscription_count() const { return subscriptions_.size(); }
  /// Upstream subscriptions asked for or live.
  size_t source_count() const;
  void for_each_feed(const std::function<void(const Feed&)>& visit) const;

 private:
  void on_subscription_over(SubscriptionId subscription) override;
  void on_feed_over(Feed& feed) override;
  void on_event_delivered(Feed& feed, EventKind kind, size_t subscriber_count) override;

  Pool* pool_of(const SubscribeRequest& request) const;
  Feed* feed_of(Pool& pool, FeedSpec spec);
  SubscriptionId refuse(const SubscribeRequest& request, std::string_view limit,
                        const std::string& error);
  void bury();

  FeedOptions options_;  ///< feeds refer to it
  Timers& timers_;
  SubscriberPort& port_;
  Observer& observer_;
  std::vector<Pool*> pools_;
  Random random_;
  FeedIds ids_;
  uint32_t next_epoch_;
  SlotMap<Feed*> subscriptions_;
  std::unordered_map<std::string, std::unique_ptr<Feed>> feeds_;  ///< by chain and key
  std::vector<std::unique_ptr<Feed>> dead_;  ///< destroyed on a turn of their own
  std::unique_ptr<Timer> burial_;
};

}  // namespace sidecar
