#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "core/choice.h"
#include "core/endpoint.h"
#include "core/options.h"
#include "core/pool_memory.h"
#include "core/ports.h"
#include "policy/balancer.h"
#include "policy/head_tracker.h"

namespace sidecar {

/// What a pool is made of.
struct EndpointSeed {
  std::string provider;  ///< endpoints of one provider name share its terms
  Transport transport = Transport::kHttp;
  uint32_t tier = 1;
  uint32_t weight = 100;
  Millis timeout{5'000};
  TermsOptions terms;
  UpstreamPort* port = nullptr;
  bool takes_calls = true;  ///< false: events only

  bool operator==(const EndpointSeed&) const = default;
};

/// How an attempt ended, for its endpoint's record.
struct AttemptEnd {
  Outcome outcome = Outcome::kResult;
  std::string_view method;
  LatencyClass latency_class = LatencyClass::kLight;
  Nanos took{0};
  std::optional<Millis> retry_after;
  bool is_charged = true;  ///< false: it was cut short by us, which proves nothing
  AttemptKind kind = AttemptKind::kFirst;
  WorkerNumber worker = 0;
  size_t answer_bytes = 0;
};

/// The endpoints of one chain: what is known of each, and which is asked next.
///
///   choose(need):  each endpoint ─▶ fit? why not? ─▶ best standing ─▶ best tier ─▶ Balancer
///   started / ended: budget, breaker, cooldown, health, latencies, learned methods
///   heads: HeadTracker ─▶ behind, stuck, forked ─▶ health
/// Standings, best first: healthy or not known yet; degraded; not known to have what the call
/// names; and, so that a pool is never empty, open breakers, the least recently failed first. Not:
/// it starts nothing and keeps no call (dispatcher.h); it asks nobody (prober.h). Owner:
/// Dispatcher's maker; shared by reference with the prober. One for each chain.
/// Limits: kBlockhashesMax, kEndpointsMax.
class Pool {
 public:
  Pool(ChainInfo chain, const PoolOptions& options, const HealthOptions& health,
       const std::vector<EndpointSeed>& endpoints, Clock& clock, Observer& observer, uint64_t seed);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// `tried`: endpoints not to be asked again. `why`: filled with one entry an endpoint when not
  /// null.
  Choice choose(const CallNeed& need, std::span<const size_t> tried,
                std::vector<PassedOver>* why = nullptr);
  /// The same for a hedge: only one in as good a standing as a first attempt would want, and no
  /// dearer than `price_max` (0 = any).
  std::optional<size_t> choose_hedge(const CallNeed& need, std::span<const size_t> tried,
                                     uint64_t price_max);

  void on_started(size_t endpoint, std::string_view method);
  void on_ended(size_t endpoint, const AttemptEnd& end);
  /// Cancelled by us: no sample, no verdict; the outcome is not looked at.
  void on_cancelled(size_t endpoint, const AttemptEnd& end);
  /// Cancelled because a hedge of it has answered. As many in a row as open a breaker, and others
  /// go first: one that swallows what it is sent would else cost each call the hedge's delay.
  void on_outrun(size_t endpoint, const AttemptEnd& end);
  /// One event came over a subscription, with so many bytes.
  void on_event(size_t endpoint, std::string_view feed_kind, size_t bytes);

  /// The endpoint's newest block; `is_tip` false: it has at least this one.
  void on_head(size_t endpoint, uint64_t number, std::string_view hash, bool is_tip);
  void on_health_event(size_t endpoint, HealthEvent event);
  /// One probe has ended, well or not.
  void on_probed(size_t endpoint);
  // The configuration changes while calls run; core/pool_changes.cc. Indices are never used again.
  /// None when there are kEndpointsMax, retired ones too.
  std::optional<size_t> add(const EndpointSeed& seed);
  /// Never chosen again; what is under way ends as it would.
  void retire(size_t endpoint);
  /// Requires: retired and idle. Its port is not asked for anything any more.
  void drop_port(size_t endpoint);
  /// The seed's tier, weight, timeout and what it takes; its provider's terms are set apart.
  void set_share(size_t endpoint, const EndpointSeed& seed);
  void set_terms(std::string_view provider, const TermsOptions& terms);
  /// Requires: the same genesis_hash and probe.is_on.
  void set_options(const PoolOptions& options, const HealthOptions& health);

  /// Time passes: a head that stands still, or lags for too long, is found here.
  void review_heads();

  /// Takes a provider out of use, and back: what is under way ends as ever, probes go on, feeds
  /// move when others tell their events. Requires: has_provider(name).
  void set_drained(std::string_view name, bool is_drained);
  /// Closes the breakers of all its endpoints and ends its cooldown. Requires: likewise.
  void reset_breakers(std::string_view name);

  /// Solana: who told a blockhash, for who sends with it. Limits: kBlockhashesMax, oldest out
  /// first.
  void remember_blockhash(std::string blockhash, size_t endpoint);
  std::optional<size_t> endpoint_of_blockhash(const std::string& blockhash) const;
  /// What a worker is told when the endpoint says that its head is `number`: no less than workers
  /// were told before, as long as anybody has that; and no more than the pool believes.
  uint64_t serve_head(size_t endpoint, uint64_t number);

  const ChainInfo& chain() const { return chain_; }
  const PoolOptions& options() const { return options_; }
  const HealthOptions& health_options() const { return health_; }
  size_t size() const { return endpoints_.size(); }  ///< retired ones too
  bool empty() const { return endpoints_.empty(); }
  const Endpoint& endpoint(size_t index) const { return endpoints_[index]; }
  Endpoint& endpoint(size_t index) { return endpoints_[index]; }
  const Provider& provider_of(size_t endpoint) const {
    return *providers_[endpoints_[endpoint].provider];
  }
  bool has_provider(std::string_view name) const;
  EndpointName name_of(size_t endpoint) const;
  const HeadTracker& heads() const { return heads_; }
  uint64_t cost_of(size_t endpoint, std::string_view method) const;
  /// Has its provider budget left for one call of this method?
  Budget::Left budget_left(size_t endpoint);
  bool is_affordable(size_t endpoint, std::string_view method);
  /// What is worth keeping over a restart (core/pool_memory.h).
  PoolMemory memory();
  /// By names: what is of nobody here is passed over. Requires: nothing was asked yet.
  void restore(const PoolMemory& memory);
  /// Told when an endpoint got better, so that calls which wait may try again.
  void set_on_better(std::function<void()> on_better) { on_better_ = std::move(on_better); }

  static constexpr size_t kBlockhashesMax = 1'024;
  static constexpr size_t kEndpointsMax = 4'096;

 private:
  /// How well an endpoint would serve a call; lower is better.
  enum class Standing : uint8_t { kGood, kDegraded, kDoubtful, kLastResort, kUnfit };
  struct Fitness {
    Standing standing = Standing::kGood;
    PassedOver why = PassedOver::kNothing;
  };

  /// What is found out once a choice, and only when an endpoint needs it.
  struct Lookups {
    std::optional<Millis> unix_now;
    std::array<std::optional<uint64_t>, kVendorCount> credits;  ///< of the call's method, by vendor
  };

  size_t append(const EndpointSeed& seed);
  Fitness fitness(size_t index, const CallNeed& need, Instant now, Choice& choice);
  Millis unix_now_once();
  uint64_t cost_once(const Provider& provider, std::string_view method);
  Fitness standing(const Endpoint& endpoint, size_t index, const CallNeed& need, Instant now) const;
  uint32_t best_tier(Standing standing) const;
  size_t pick(const CallNeed& need, Standing standing, uint32_t tier, Instant now);
  size_t least_recently_failed() const;
  void explain(const Choice& choice, Standing standing, uint32_t tier,
               std::vector<PassedOver>& why) const;
  void restore(size_t endpoint, const PoolMemory::OfEndpoint& kept, Nanos away);
  void release(size_t endpoint);
  void report(size_t endpoint, const AttemptEnd& end, std::optional<Outcome> outcome);
  void apply(size_t endpoint, HealthEvent event);
  void told_better();
  Provider& provider_named(std::string_view name);

  ChainInfo chain_;
  PoolOptions options_;
  HealthOptions health_;
  Clock& clock_;
  Observer& observer_;
  Random random_;
  std::vector<std::unique_ptr<Provider>> providers_;
  std::vector<Endpoint> endpoints_;
  std::vector<Candidate> candidates_;
  std::vector<Fitness> fitnesses_;
  Lookups lookups_;
  /// One a latency class: who is fastest for light reads need not be for heavy ones.
  std::array<std::unique_ptr<Balancer>, 3> balancers_;
  HeadTracker heads_;
  uint64_t served_head_ = 0;
  std::unordered_map<std::string, size_t> blockhashes_;
  std::deque<std::string> blockhash_order_;
  std::function<void()> on_better_;
};

}  // namespace sidecar
