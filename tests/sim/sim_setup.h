#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/options.h"
#include "core/pool.h"
#include "tests/sim/sim_fault.h"

namespace sidecar::testing {

/// How long a provider takes.
struct SimLatency {
  enum class Shape : uint8_t { kConstant, kSpread, kHeavyTail };
  Shape shape = Shape::kConstant;
  Nanos base = Millis(20);
  Instant tail_until;  ///< later none takes more than three times as long
};

struct SimEndpointSetup {
  size_t pool = 0;
  size_t account = 0;  ///< endpoints of one account share name, terms and budget
  EndpointSeed seed;   ///< its port is filled in later
  SimLatency latency;
  std::vector<SimEpisode> episodes;
  Nanos behind{0};                  ///< how late it hears of blocks
  uint32_t reconnects_percent = 0;  ///< of the requests go over a new connection
  bool is_anchor = false;           ///< nothing is ever wrong with it, and no budget bounds it
};

struct SimPoolSetup {
  ChainInfo chain;
  PoolOptions options;
  Nanos block_time{0};
  bool has_anchor = false;
};

/// All that one run is made of, drawn from its seed.
struct SimSetup {
  Millis unix_at_start{0};
  DispatcherOptions dispatcher;
  HealthOptions health;
  std::vector<SimPoolSetup> pools;
  std::vector<SimEndpointSetup> endpoints;
  Nanos storm{0};  ///< faults and traffic; then all is mended
  Nanos quiet{0};  ///< until everything must be well again
  uint32_t session_count = 1;
  Nanos think_time{0};  ///< between the calls of one session, on average
};
SimSetup draw_setup(Random& random);

}  // namespace sidecar::testing
