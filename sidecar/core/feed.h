#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event_ring.h"
#include "core/event_stream.h"
#include "core/feed_ports.h"
#include "core/feed_sources.h"
#include "core/make_stream.h"

namespace sidecar {

class Feed;

/// What a feed tells the hub; the feed must not be destroyed inside.
class FeedOwner {
 public:
  /// Of a feed that goes on: the subscription is over.
  virtual void on_subscription_over(SubscriptionId subscription) = 0;
  /// Nobody is subscribed, and that for the grace time; or it has ended by itself.
  virtual void on_feed_over(Feed& feed) = 0;
  virtual void on_event_delivered(Feed& feed, EventKind kind, size_t subscriber_count) = 0;

 protected:
  ~FeedOwner() = default;
};

/// One thing subscribed to, however many want it: one stream of numbered events.
///
///   FeedSources ─▶ EventStream ─▶ deliver, gap ─▶ number, keep in the ring ─▶ all subscribers
///   join ─▶ waiting ─(a source is live)─▶ answered ─(resumes?)─▶ replay on the next turn ─▶ live
/// Limits: FeedOptions. Owner: SubscriptionHub. Requires: what it is given outlives it.
class Feed final : private StreamOut, private SourcesOwner {
 public:
  Feed(const FeedSources::House& house, FeedSpec spec, uint32_t epoch, SubscriberPort& port,
       FeedOwner& owner);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Takes part from now on; answered through the port, perhaps inside.
  void join(const Subscriber& subscriber, const std::optional<FeedPosition>& resume);
  void leave(SubscriptionId subscription);
  void send_newest(SubscriptionId subscription);
  /// An endpoint of its pool was retired.
  void leave_endpoint(size_t endpoint) { sources_->leave(endpoint); }
  /// Lets go of everybody and leaves the owner. Requires: not inside a callback of its own.
  void end();

  /// Its last event is out: who comes now needs another feed.
  bool is_over() const { return is_over_; }
  const FeedSpec& spec() const { return spec_; }
  const Pool& pool() const { return house_.pool; }
  FeedPosition position() const { return {epoch_, seq_}; }
  size_t subscriber_count() const { return live_.size() + joining_.size() + waiting_.size(); }
  /// Who tells its events; none while nobody does.
  std::optional<size_t> lead_endpoint() const {
    return sources_ ? sources_->lead_endpoint() : std::nullopt;
  }
  size_t source_count() const { return sources_ ? sources_->open_count() : 0; }

 private:
  /// Subscribed, but not among those that live events go to.
  struct Pending {
    Subscriber subscriber;
    std::optional<FeedPosition> resume;
    Instant since;
    uint64_t seq = 0;  ///< it has all events up to this one
  };

  void deliver(std::string_view value, EventKind kind) override;
  void gap(GapReason reason, std::string_view members) override;
  void ask(std::string_view method, const std::string& params) override;
  void deliver_last(std::string_view value, EventKind kind) override;
  void on_caught_up() override;
  void on_doubt() override;
  void on_sources_ready() override;
  void on_sources_refused(std::string_view refusal) override;

  void send(std::string_view value, EventKind kind, bool is_last);
  void answer(const Pending& pending);
  void replay(const Pending& pending);
  void go_live(const Subscriber& subscriber);
  bool remove_live(SubscriptionId subscription);
  void end_strict();
  void lose(const Subscriber& subscriber, std::string_view error);
  FeedEvent event(uint64_t seq, EventKind kind, std::string_view value) const;
  bool remove_pending(std::vector<Pending>& from, SubscriptionId subscription);
  void on_due();
  void arm();

  FeedSources::House house_;
  FeedSpec spec_;
  std::string notification_method_;
  uint32_t epoch_;
  uint64_t seq_ = 0;
  SubscriberPort& port_;
  FeedOwner& owner_;
  std::vector<Pending> waiting_;  ///< for a live source
  std::vector<Pending> joining_;  ///< answered, to be brought up to date
  std::vector<Subscriber> live_;
  std::unordered_map<SubscriptionId, size_t> live_places_;
  std::vector<SubscriptionId> left_;  ///< while an event is being sent
  bool is_sending_ = false;
  EventRing ring_;
  bool is_over_ = false;
  Instant empty_since_ = Instant::max();
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<EventStream> stream_;
  std::unique_ptr<FeedSources> sources_;
};

}  // namespace sidecar
