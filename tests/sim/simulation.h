#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/dispatcher.h"
#include "core/pool.h"
#include "core/prober.h"
#include "tests/sim/sim_calls.h"
#include "tests/sim/sim_chain.h"
#include "tests/sim/sim_checks.h"
#include "tests/sim/sim_provider.h"
#include "tests/sim/sim_setup.h"
#include "tests/sim/sim_time.h"
#include "tests/sim/sim_trace.h"
#include "tests/sim/sim_workers.h"

namespace sidecar::testing {

/// What came of one run.
struct SimReport {
  uint64_t trace_hash = 0;
  uint64_t broken_count = 0;
  std::vector<std::string> broken;  ///< the first ones
  uint64_t calls = 0;
  uint64_t attempts = 0;
  uint64_t plain_calls = 0;  ///< that ask nothing special, while a provider is always well
  uint64_t plain_calls_failed = 0;
};

/// One run of the real core (pools, dispatcher, prober) among simulated chains, providers and
/// workers, in virtual time; all chance comes from one seed, so the same seed is the same run.
///
///   draw_setup(seed) ─▶ storm: faults, calls, cancels ─▶ all is mended, quiet ─▶ no calls, drain
///   ─▶ last checks
/// Owner: the program sim_seeds.
class Simulation {
 public:
  /// `trace`: where every step is told; null = nowhere.
  Simulation(uint64_t seed, std::FILE* trace);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Once.
  SimReport run();

 private:
  class Told;  ///< the Observer

  void make_providers();
  void make_pools();
  void run_until(Instant until);
  void tell_setup();
  void check_mended();
  void check_drained();
  void check_transactions();
  void check_success();

  Random random_;
  SimSetup setup_;
  SimTime time_;
  SimTrace trace_;
  SimCalls calls_;
  SimChecks checks_;
  std::vector<std::unique_ptr<SimChain>> chains_;
  std::vector<std::unique_ptr<SimProvider>> providers_;
  std::unique_ptr<Told> told_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::unique_ptr<SimWorkers> workers_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Prober> prober_;
  bool is_spinning_ = false;
};

}  // namespace sidecar::testing
