#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/hub.h"
#include "tests/sim/feed_simulation.h"
#include "tests/sim/sim_time.h"
#include "tests/sim/svm_feed_chain.h"
#include "tests/sim/svm_feed_checks.h"
#include "tests/sim/svm_feed_node.h"

namespace sidecar::testing {

/// The real hub among simulated providers of one Solana cluster, in virtual time. The same seed is
/// the same run.
class SvmFeedSimulation final : public SubscriberPort, public Observer {
 public:
  /// `trace`: where all that happens is told; null = nowhere.
  SvmFeedSimulation(uint64_t seed, std::FILE* trace);
  FeedReport run();

 private:
  struct Worker {
    std::unique_ptr<SvmFeedCheck> check;
    SubscriptionId subscription = 0;
    bool is_gone = false;
  };

  void on_subscribed(SessionId session, uint64_t token, FeedPosition at) override;
  void on_event(const FeedEvent& event, std::span<const Subscriber> to) override;
  void on_subscription_lost(SessionId session, uint64_t token, std::string_view error) override;
  void on_attempt_done(const AttemptReport&) override {}
  void on_call_done(const CallReport&) override {}
  void on_health_changed(const EndpointName&, HealthState, HealthState, HealthEvent) override {}
  void on_breaker_changed(const EndpointName&, BreakerState) override {}
  void on_throttled(const EndpointName&, Nanos) override {}
  void on_unknown_error(const EndpointName&, std::optional<int64_t>) override {}
  void on_event_received(const EventReport&) override {}
  void on_feed_event(std::string_view, std::string_view, EventKind, size_t) override {}
  void on_feed_source(const EndpointName& endpoint, std::string_view feed_kind,
                      SourceChange what) override;
  void on_limit(std::string_view) override {}

  void make_nodes();
  void make_topics();
  FeedOptions feed_options();
  void grow_chain();
  void begin_fault();
  void heal(size_t node);
  void worker_step();
  void add_worker(const SvmFeedTopic& topic);
  void leave(size_t worker);
  void subscribe(size_t worker, bool is_resuming);
  void on_opened(const std::string& key);
  void run_until(Instant end);
  void finish();
  void broken(std::string what) { report_.broken.push_back(std::move(what)); }
  void tell(const std::string& what);

  std::FILE* trace_;
  Random random_;
  SimTime time_;
  SvmFeedChain chain_;
  std::vector<std::unique_ptr<SvmFeedNode>> nodes_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<SubscriptionHub> hub_;
  std::vector<SvmFeedTopic> topics_;
  std::vector<Worker> workers_;
  Millis block_time_;
  bool is_somebody_well_ = false;  ///< of every moment; then little may be missing
  bool is_quiet_ = false;          ///< no fault begins any more
  FeedReport report_;
};

}  // namespace sidecar::testing
