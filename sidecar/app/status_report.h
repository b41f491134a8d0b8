#pragma once

#include <string>
#include <vector>

#include "app/cost_ledger.h"
#include "app/recent.h"
#include "app/telemetry.h"
#include "base/time.h"
#include "core/dispatcher.h"
#include "core/hub.h"
#include "core/pool.h"
#include "downstream/listener.h"

namespace sidecar {

class JsonWriter;

/// All that an operator asks of a running sidecar, as one JSON object: chains with their heads,
/// endpoints with state, lag, breaker, budget and latencies, and the counters. Units are in the
/// names. Owner: Daemon. Requires: what it is given outlives it.
class StatusReport {
 public:
  StatusReport(const Clock& clock, const std::vector<std::unique_ptr<Pool>>& pools,
               const Telemetry& telemetry)
      : clock_(clock), started_(clock.now()), pools_(pools), telemetry_(telemetry) {}

  void set_dispatcher(const Dispatcher& dispatcher) { dispatcher_ = &dispatcher; }
  void set_hub(const SubscriptionHub& hub) { hub_ = &hub; }
  void set_recent(const Recent& recent) { recent_ = &recent; }
  void set_listener(const Listener& listener) { listener_ = &listener; }
  void set_ledger(CostLedger& ledger) { ledger_ = &ledger; }
  std::string json() const;
  /// The part about one chain.
  std::string chain_json(ChainNumber chain) const;

 private:
  void write_chain(JsonWriter& json, Pool& pool) const;
  void write_endpoint(JsonWriter& json, Pool& pool, size_t index) const;
  void write_budget(JsonWriter& json, Pool& pool, size_t index) const;

  const Clock& clock_;
  Instant started_;
  const std::vector<std::unique_ptr<Pool>>& pools_;
  const Telemetry& telemetry_;
  const Dispatcher* dispatcher_ = nullptr;
  const SubscriptionHub* hub_ = nullptr;
  const Recent* recent_ = nullptr;
  CostLedger* ledger_ = nullptr;
  const Listener* listener_ = nullptr;
};

}  // namespace sidecar
