#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ports.h"
#include "tests/sim/feed_node.h"
#include "tests/sim/sim_time.h"
#include "tests/sim/svm_feed_chain.h"
#include "tests/sim/svm_feed_topic.h"

namespace sidecar::testing {

/// A Solana provider as the hub sees it: calls, and subscriptions over one connection, about a
/// cluster that it sees late. Events come in order, after what confirms their subscription; an
/// answer may overtake events, and be overtaken.
/// Owner: SvmFeedSimulation.
class SvmFeedNode final : public UpstreamPort, public FeedPort {
 public:
  /// `tell`: is told what the node is asked; `on_opened`: which subscription begins.
  SvmFeedNode(SimTime& time, const SvmFeedChain& chain, Random& random,
              std::function<void(const std::string&)> tell,
              std::function<void(const std::string&)> on_opened)
      : time_(time),
        chain_(chain),
        random_(random),
        trace_(std::move(tell)),
        on_opened_(std::move(on_opened)),
        seen_(chain.blocks().size()),
        root_lag_(28 + random.below(5)) {}

  // UpstreamPort
  void start(const Attempt& attempt, AttemptSink& sink) override;
  Sent cancel(AttemptId attempt) override;
  void resume(AttemptId) override {}
  uint64_t epoch() const override { return epoch_; }
  FeedPort* feeds() override { return has_feeds ? this : nullptr; }
  // FeedPort
  void open_feed(const FeedOpening& opening, FeedSink& sink) override;
  void close_feed(SourceId source) override;

  /// The cluster has one block more; seen here after the lag.
  void on_chain_grown();
  /// Ends the connection with all that is on it.
  void drop_connection();
  /// `key`: method and params.
  size_t open_count(std::string_view key) const;
  size_t open_count() const { return open_.size(); }

  FeedFaults faults;
  bool has_feeds = true;

 private:
  struct Open {
    std::string key;
    SvmFeedTopic topic;
    FeedSink* sink;
    bool is_confirmed = false;
  };
  using Events = std::vector<std::pair<SourceId, std::string>>;

  void begin(SourceId id);
  void see(size_t count);
  void tell_step(SourceId id, const SvmFeedTopic& topic, Events& events) const;
  void tell_block(SourceId id, const SvmFeedTopic& topic, const SvmFeedBlock& block,
                  Events& events) const;
  void say(std::function<void()> what);
  size_t root_count(size_t seen) const { return seen - root_lag_; }

  std::string answer_to(std::string_view method, std::string_view params) const;
  std::string signatures(std::string_view params, size_t count) const;
  std::string transaction(std::string_view params, size_t count) const;
  std::string status(std::string_view params) const;
  std::string account(std::string_view params, size_t count) const;
  std::string program_accounts(size_t count) const;
  std::string block_list(std::string_view params, size_t count) const;
  std::string block(std::string_view params, size_t count) const;
  Nanos latency() { return Millis(1 + random_.below(20)); }

  SimTime& time_;
  const SvmFeedChain& chain_;
  Random& random_;
  std::function<void(const std::string&)> trace_;
  std::function<void(const std::string&)> on_opened_;
  size_t seen_;        ///< blocks
  size_t root_lag_;    ///< its own root is ahead of what it calls finalized
  Instant said_at_{};  ///< when what it said last arrives
  std::map<SourceId, Open> open_;
  std::map<AttemptId, AttemptSink*> calls_;
  uint64_t epoch_ = 1;
};

}  // namespace sidecar::testing
