#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/hub.h"
#include "tests/sim/feed_chain.h"
#include "tests/sim/feed_checks.h"
#include "tests/sim/feed_node.h"
#include "tests/sim/sim_time.h"

namespace sidecar::testing {

/// What came of one seed.
struct FeedReport {
  std::vector<std::string> broken;
  uint64_t events = 0;
  uint64_t gaps = 0;
  uint64_t sources_opened_max = 0;
};

/// The real hub among simulated providers of one EVM chain with reorganisations, in virtual time.
/// The same seed is the same run.
class FeedSimulation final : public SubscriberPort, public Observer {
 public:
  /// `trace`: where all that happens is told; null = nowhere.
  FeedSimulation(uint64_t seed, std::FILE* trace);
  FeedReport run();

 private:
  struct Worker {
    std::unique_ptr<FeedCheck> check;
    FeedCheck::Kind kind;
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
                      SourceChange what) override {
    tell(std::string(feed_kind) + " of " + std::string(endpoint.provider) + " is " +
         std::string(source_change_name(what)));
  }
  void on_limit(std::string_view) override {}

  void grow_chain();
  void begin_fault();
  void heal(size_t node);
  void worker_step();
  void subscribe(size_t worker, bool is_resuming);
  void check_sources();
  bool is_spinning();
  void tell(const std::string& what);

  std::FILE* trace_;
  Random random_;
  SimTime time_;
  FeedChain chain_;
  std::vector<std::unique_ptr<FeedNode>> nodes_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<SubscriptionHub> hub_;
  std::vector<Worker> workers_;
  Millis block_time_;
  bool is_somebody_well_ = false;  ///< of every moment; then nothing may be missing at all
  bool is_quiet_ = false;          ///< no fault begins any more
  FeedReport report_;
};

}  // namespace sidecar::testing
