#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "core/ports.h"
#include "tests/sim/sim_checks.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_setup.h"
#include "tests/sim/sim_time.h"
#include "tests/sim/sim_trace.h"

namespace sidecar::testing {

/// One endpoint: a node, and a way to it that takes time and fails.
///
///   start ─▶ a fault of the way? ─┬─ no ─▶ (a write reaches the node, cancelled or not) ─▶ answer
///                                 └─ yes ─▶ its end, or none ever
/// Ends come on later turns, in parts when the attempt may stream. What was cancelled, or ended
/// once, is told no more; the core that asks for either is caught by SimChecks. Owner: Simulation.
class SimProvider final : public UpstreamPort {
 public:
  SimProvider(SimTime& time, SimTrace& trace, SimChecks& checks, SimChain& chain, size_t index,
              const SimEndpointSetup& setup, uint64_t seed);

  void start(const Attempt& attempt, AttemptSink& sink) override;
  Sent cancel(AttemptId attempt) override;
  void resume(AttemptId attempt) override;
  uint64_t epoch() const override { return epoch_; }

  const SimNode& node() const { return node_; }
  const std::string& name() const { return name_; }
  size_t live_count() const { return live_.size(); }

 private:
  struct Live {
    AttemptSink* sink = nullptr;
    std::string tail;
    Sent sent_on_cancel = Sent::kMaybe;
    uint64_t event = 0;     ///< its next step
    bool is_whole = false;  ///< `answer` is known
    bool is_cut = false;    ///< the connection ends while it is on its way
    bool is_held = false;
    bool may_stream = false;
    SimAnswer answer;
    std::vector<std::string> parts;  ///< still to be told before the end, the last one first
  };

  const SimEpisode* draw_fault();
  bool fail(const SimEpisode& episode, Live& live, Nanos& delay);
  Nanos draw_latency();
  void reach_node(AttemptId attempt, const std::string& tail);
  void go_on(AttemptId attempt);
  void split(Live& live);
  void end(AttemptId attempt);
  void maybe_reconnect();

  SimTime& time_;
  SimTrace& trace_;
  SimChecks& checks_;
  size_t index_;
  std::string name_;
  SimLatency latency_;
  Random random_;
  SimNode node_;
  uint64_t epoch_ = 1;
  uint32_t reconnects_percent_;
  std::unordered_map<AttemptId, Live> live_;
};

}  // namespace sidecar::testing
