#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/ports.h"
#include "tests/sim/sim_calls.h"
#include "tests/sim/sim_chain.h"
#include "tests/sim/sim_checks.h"
#include "tests/sim/sim_setup.h"
#include "tests/sim/sim_time.h"
#include "tests/sim/sim_trace.h"

namespace sidecar::testing {

/// The sessions: they call at random, alone and in bursts, wait, lose patience, leave, take parts
/// slowly, and now and then call again from inside a reply. Owner: Simulation.
class SimWorkers final : public DownstreamPort {
 public:
  SimWorkers(SimTime& time, SimTrace& trace, SimChecks& checks, SimCalls& calls,
             const SimSetup& setup, std::vector<SimChain*> chains, uint64_t seed);

  /// `port` outlives the last call.
  void start(CallPort& port);
  /// No new calls from now on.
  void stop() { is_stopped_ = true; }

  void on_reply(SessionId session, uint64_t token, const Reply& reply) override;
  Flow on_reply_part(SessionId session, uint64_t token, std::string_view bytes) override;

 private:
  void on_turn(SessionId session);
  void submit(SessionId session);
  void draw_call(SimCall& call);
  void draw_evm(SimCall& call);
  void draw_svm(SimCall& call);
  void draw_transaction(SimCall& call);
  void draw_wishes(SimCall& call, Request& request);
  void cancel(uint64_t number);
  void leave(SessionId session);
  std::string mark(const SimCall& call) const;

  SimTime& time_;
  SimTrace& trace_;
  SimChecks& checks_;
  SimCalls& calls_;
  const SimSetup& setup_;
  std::vector<SimChain*> chains_;
  Random random_;
  CallPort* port_ = nullptr;
  bool is_stopped_ = false;
  std::vector<std::string> transactions_;  ///< raw ones that were sent
  uint32_t depth_ = 0;                     ///< of calls made inside replies
};

}  // namespace sidecar::testing
