#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace sidecar {

struct RetryOptions {
  uint32_t attempts_max = 3;  ///< tries of one call over all providers, hedges not counted
  Millis pause_min{100};      ///< before a second try at the same provider; doubles
  Millis pause_max{3'000};
  uint32_t not_yet_max = 2;      ///< rounds over all providers for what is not there yet
  Millis not_yet_pause{500};     ///< between them, or the chain's block time if that is shorter
  uint32_t budget_min = 3;       ///< extra attempts under way: at most this many, or ...
  uint32_t budget_percent = 20;  ///< ... this share of the calls under way
};

/// The pause before try number `retry` (1 = the first repetition): pause_min doubled each time,
/// capped, then drawn evenly from its upper half.
Millis retry_pause(const RetryOptions& options, uint32_t retry, Random& random);

/// Bounds the attempts that are not a call's first: retries and hedges under way over all calls.
/// Not for attempts whose predecessor surely sent nothing: those cost no provider anything.
/// Source: Envoy's retry budget. Owner: Dispatcher, by value.
class RetryBudget {
 public:
  explicit RetryBudget(const RetryOptions& options) : options_(options) {}

  bool may_start(size_t calls_in_flight) const { return extra_count_ < limit(calls_in_flight); }
  void on_start() { ++extra_count_; }
  /// Requires: as many starts before.
  void on_end();
  size_t extra_count() const { return extra_count_; }
  void set_options(const RetryOptions& options) { options_ = options; }
  size_t limit(size_t calls_in_flight) const;

 private:
  RetryOptions options_;
  size_t extra_count_ = 0;
};

}  // namespace sidecar
