#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ports.h"
#include "tests/sim/feed_chain.h"
#include "tests/sim/sim_time.h"

namespace sidecar::testing {

/// What a simulated provider does wrong, at present.
struct FeedFaults {
  bool is_down = false;           ///< connections end, none is made
  bool is_silent = false;         ///< subscriptions live on, and tell nothing
  bool is_refusing = false;       ///< subscriptions are answered with an error
  bool is_mute = false;           ///< calls are never answered
  uint32_t percent_missed = 0;    ///< of heads that are not told
  uint32_t percent_repeated = 0;  ///< of events that are told twice
  Millis lag{0};                  ///< behind the chain
};

/// A provider as the hub sees it: calls and subscriptions over one connection, about a chain that
/// it sees late. Owner: FeedSimulation.
class FeedNode final : public UpstreamPort, public FeedPort {
 public:
  /// `tell`: is told what the node is asked.
  FeedNode(SimTime& time, FeedChain& chain, Random& random,
           std::function<void(const std::string&)> tell)
      : time_(time),
        chain_(chain),
        random_(random),
        trace_(std::move(tell)),
        seen_(chain.canonical()) {}

  // UpstreamPort
  void start(const Attempt& attempt, AttemptSink& sink) override;
  Sent cancel(AttemptId attempt) override;
  void resume(AttemptId) override {}
  uint64_t epoch() const override { return epoch_; }
  FeedPort* feeds() override { return has_feeds ? this : nullptr; }
  // FeedPort
  void open_feed(const FeedOpening& opening, FeedSink& sink) override;
  void close_feed(SourceId source) override {
    trace_("close " + std::to_string(source));
    open_.erase(source);
  }

  /// The chain has grown; seen here after the lag.
  void on_chain_grown();
  /// Ends the connection with all that is on it.
  void drop_connection();
  size_t open_count(std::string_view params) const;

  FeedFaults faults;
  bool has_feeds = true;

 private:
  struct Open {
    std::string params;
    FeedSink* sink;
    bool is_confirmed = false;
  };

  void see(std::vector<std::string> canonical);
  void tell_branch(const std::vector<std::string>& before, size_t common);
  void tell(std::string_view kind, const std::string& value, bool may_miss);
  std::string answer_to(const std::string& request) const;
  std::string logs_answer(const std::string& request) const;
  Nanos latency() { return Millis(1 + random_.below(40)); }

  SimTime& time_;
  FeedChain& chain_;
  Random& random_;
  std::function<void(const std::string&)> trace_;
  std::vector<std::string> seen_;  ///< the canonical branch as this node knows it
  std::unordered_map<SourceId, Open> open_;
  std::unordered_map<AttemptId, AttemptSink*> calls_;
  uint64_t epoch_ = 1;
};

}  // namespace sidecar::testing
