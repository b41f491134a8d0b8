#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "policy/balancer.h"
#include "policy/budget.h"
#include "policy/circuit_breaker.h"
#include "policy/cooldown.h"
#include "policy/family.h"
#include "policy/head_tracker.h"
#include "policy/hedge.h"
#include "policy/method_rules.h"
#include "policy/retry.h"

namespace sidecar {

/// How endpoints are asked for their health.
struct ProbeOptions {
  bool is_on = true;
  Millis interval{5'000};             ///< give or take a tenth
  Millis timeout{2'000};              ///< of one question
  Millis interval_disabled{300'000};  ///< of a provider that refuses our key or wants money
  uint32_t skips_max = 4;             ///< probes in a row that live traffic may stand in for
};

/// What the dispatcher bounds and times.
struct DispatcherOptions {
  Millis call_deadline{30'000};           ///< a call's whole life, unless the worker asks for less
  Millis call_deadline_max{300'000};      ///< the most a worker may ask for
  uint32_t calls_in_flight_max = 65'536;  ///< over all sessions
  uint32_t calls_waiting_max = 4'096;     ///< for a provider's budget, over all sessions
  uint32_t filters_max = 10'000;          ///< eth_newFilter and its relatives, over all sessions
  Millis nonce_check_timeout{3'000};      ///< looking for a transaction whose nonce was too low
  RetryOptions retry;
  HedgeOptions hedge;
  TimeoutOptions timeout;
};

/// What feeds are bound by. Used by core/hub.h.
struct FeedOptions {
  uint32_t sources = 1;              ///< providers asked for the same events at once
  Millis open_timeout{5'000};        ///< for a provider to confirm a subscription
  Millis subscribe_timeout{10'000};  ///< for a worker's subscription to get a live source
  Millis answer_timeout{2'000};      ///< one question about what was missed
  Millis fill_timeout{30'000};       ///< all of them; then a gap is told
  uint32_t fill_blocks_max = 128;    ///< a longer stretch is a gap
  uint32_t stall_blocks = 3;         ///< no head for as many block times: the source is doubted ...
  Millis stall_min{2'000};           ///< ... but not before this
  Millis poll_interval{0};           ///< where no subscription can be had; 0 = the block time
  Millis failback_interval{5'000};   ///< how often a better source is looked for
  Millis grace{10'000};              ///< a feed without subscribers is kept open for so long
  uint32_t feeds_max = 10'000;
  uint32_t subscriptions_max = 200'000;  ///< over all sessions
  uint32_t ring_events = 1'024;          ///< kept of each feed, for workers that resume
  size_t ring_bytes_max = 4u << 20;
  uint32_t held_events_max = 4'096;  ///< kept back while what was missed is asked for
  size_t held_bytes_max = 16u << 20;
  uint32_t seen_max = 16'384;  ///< events of a feed remembered to find repetitions
};

/// What holds for every endpoint of every pool.
struct HealthOptions {
  BreakerOptions breaker;
  CooldownOptions cooldown;
  ProbeOptions probe;
};

/// One chain's own choices.
struct PoolOptions {
  Strategy strategy = Strategy::kPriorityWeighted;
  StickinessOptions stickiness;
  HeadOptions head;
  uint32_t broadcast = 1;    ///< providers that a raw transaction is sent to at once
  std::string genesis_hash;  ///< svm: what providers must report; empty = none is checked
};

enum class BudgetUnit : uint8_t { kRequests, kCredits };

/// What a provider may be asked for, and at what price.
struct TermsOptions {
  Vendor vendor = Vendor::kGeneric;
  BudgetUnit unit = BudgetUnit::kRequests;
  BudgetOptions budget;
  uint64_t price = 0;        ///< dollars for a billion units
  uint64_t price_bytes = 0;  ///< dollars for a terabyte of answers and events, besides
  /// Units for an event, and for a million bytes of events; none = as the vendor bills credits.
  std::optional<uint64_t> event_units;
  std::optional<uint64_t> event_units_per_mb;
  MethodRuleOptions methods;
  std::vector<std::string> http_only;  ///< globs of methods that go over no other transport
  std::vector<std::string> ws_only;
  uint64_t blocks_kept = 0;     ///< older state is not asked for; 0 = an archive
  uint64_t logs_range_max = 0;  ///< blocks of one eth_getLogs; 0 = any

  bool operator==(const TermsOptions&) const = default;
};

}  // namespace sidecar
