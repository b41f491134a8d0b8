#pragma once

#include <cstddef>
#include <cstdint>
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
  uint64_t price = 0;  ///< dollars for a billion units
  MethodRuleOptions methods;
  std::vector<std::string> http_only;  ///< globs of methods that go over no other transport
  std::vector<std::string> ws_only;
  uint64_t blocks_kept = 0;     ///< older state is not asked for; 0 = an archive
  uint64_t logs_range_max = 0;  ///< blocks of one eth_getLogs; 0 = any
};

}  // namespace sidecar
