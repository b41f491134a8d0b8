#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/options.h"
#include "core/ports.h"
#include "policy/budget.h"
#include "policy/circuit_breaker.h"
#include "policy/cooldown.h"
#include "policy/health.h"
#include "policy/latency.h"
#include "policy/method_rules.h"
#include "policy/price.h"

namespace sidecar {

enum class Transport : uint8_t { kHttp, kWs, kIpc };
std::string_view transport_name(Transport transport);

/// A provider's account: what all its endpoints share. Owner: Pool.
struct Provider {
  Provider(std::string the_name, const TermsOptions& the_terms, const CooldownOptions& pause,
           Instant now, Millis unix_now)
      : name(std::move(the_name)),
        terms(the_terms),
        budget(the_terms.budget, now, unix_now),
        cooldown(pause),
        methods(the_terms.methods) {}

  std::string name;
  TermsOptions terms;
  Budget budget;
  Cooldown cooldown;
  MethodRules methods;
  EventMeter events;
  bool is_drained = false;   ///< by an administrator: nothing new is asked of it
  uint64_t units_spent = 0;  ///< requests or credits, since the start
};

/// One URL of a provider as the core knows it: by name, never by address. Owner: Pool.
struct Endpoint {
  Endpoint(size_t of_provider, Transport over, const BreakerOptions& breaker_options)
      : provider(of_provider), transport(over), breaker(breaker_options) {}

  size_t provider;  ///< index in the pool
  Transport transport;
  uint32_t tier = 1;
  uint32_t weight = 100;
  Millis timeout{5'000};
  UpstreamPort* port = nullptr;  ///< outlives the pool, or all that is under way on a retired one
  bool takes_calls = true;       ///< false: there for events only

  CircuitBreaker breaker;
  Health health;
  std::array<LatencyHistogram, 3> latencies;  ///< by LatencyClass
  bool must_verify = false;     ///< the chain can be checked, so it is, before the first call
  bool is_verified = false;     ///< told the right chain id or genesis hash once
  bool is_probed = false;       ///< one probe has ended, well or not
  uint32_t inflight_count = 0;  ///< attempts under way
  uint32_t source_count = 0;    ///< sources of feeds on it, asked for or live
  uint32_t outrun_count = 0;    ///< attempts that lost to a hedge, since its last answer
  Instant last_used = Instant::min();
  Instant last_success = Instant::min();
  Instant last_failure = Instant::min();
  Instant head_heard = Instant::min();  ///< when it last told its newest block
  uint64_t attempt_count = 0;
  uint64_t failure_count = 0;
  uint64_t throttle_count = 0;
  std::optional<Instant> retired_at;  ///< no longer configured: only what is under way goes on

  bool is_retired() const { return retired_at.has_value(); }
  /// Nobody waits for anything of it: its channel may go.
  bool is_idle() const { return inflight_count == 0 && source_count == 0; }
};

}  // namespace sidecar
