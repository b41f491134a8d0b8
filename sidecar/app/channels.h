#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/timers.h"
#include "config/config.h"
#include "core/hub.h"
#include "core/pool.h"
#include "core/ports.h"
#include "core/prober.h"
#include "net/loop.h"

namespace sidecar {

/// The channels behind every pool: opened by the configuration, and changed when it is read again.
///
///   plan:  each endpoint wanted ─┬─ as it was made ───▶ stays; tier, weight and terms may change
///                                └─ new, or changed ──▶ its channel is opened, not yet used
///          each one not wanted, or changed ───────────▶ to be retired
///   apply: new ones join pool and prober ─▶ old ones are retired, feeds leave ─▶ closed once idle
/// A plan touches nothing, so one that fails leaves all as it was. Owner: Daemon. Requires: pools,
/// prober and hub outlive what is planned and applied.
class Channels {
 public:
  explicit Channels(Loop& loop);
  ~Channels();
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  /// What the next chain's pool is made of. Errors: what a channel says, with the provider's name.
  Result<std::vector<EndpointSeed>> open(const ChainConfig& chain);

  /// One endpoint, and what its channel was made of.
  struct Entry {
    EndpointSeed seed;
    ProviderOptions made_of;
    std::unique_ptr<UpstreamPort> channel;  ///< null once it is closed
    bool is_retired = false;
  };
  /// What becomes of one chain.
  struct Plan {
    size_t chain = 0;  ///< index of its pool
    std::vector<Entry> added;
    std::vector<size_t> retired;
    std::vector<std::pair<size_t, EndpointSeed>> kept;
    size_t changed_count = 0;  ///< of the kept: not all is as it was
  };
  Result<Plan> plan(size_t chain, const ChainConfig& wanted) const;
  struct House {
    Pool& pool;
    Prober& prober;
    SubscriptionHub& hub;
  };
  void apply(Plan plan, const House& house);

  /// Retired, but somebody still waits for something of them.
  size_t leaving_count() const { return leaving_.size(); }

 private:
  struct Leaving {
    Pool* pool;
    size_t chain;
    size_t endpoint;
  };

  void close_idle();

  Loop& loop_;
  std::vector<std::vector<Entry>> chains_;  ///< by pool and endpoint
  std::vector<Leaving> leaving_;
  std::unique_ptr<Timer> closing_;
};

}  // namespace sidecar
