// Any bytes as a state file, and any JSON in a sealed one: no crash; what is read can be written,
// and a pool and a ledger take it, whatever the clock says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/state_file.h"
#include "app/warm_state.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/fake_time.h"

namespace {

using namespace sidecar;
using namespace sidecar::testing;

class Deaf final : public Observer {
 public:
  void on_attempt_done(const AttemptReport&) override {}
  void on_call_done(const CallReport&) override {}
  void on_health_changed(const EndpointName&, HealthState, HealthState, HealthEvent) override {}
  void on_breaker_changed(const EndpointName&, BreakerState) override {}
  void on_throttled(const EndpointName&, Nanos) override {}
  void on_unknown_error(const EndpointName&, std::optional<int64_t>) override {}
  void on_event_received(const EventReport&) override {}
  void on_feed_event(std::string_view, std::string_view, EventKind, size_t) override {}
  void on_feed_source(const EndpointName&, std::string_view, SourceChange) override {}
  void on_limit(std::string_view) override {}
};

void live_on(const WarmState& state) {
  FakeTime time;
  Deaf observer;
  WorkerTable workers;
  EndpointSeed seed;
  seed.provider = "paid";
  seed.terms.budget.per_month = 1'000;
  std::vector<std::unique_ptr<Pool>> pools;
  pools.push_back(std::make_unique<Pool>(ChainInfo{1, "dev", Family::kEvm, 0}, PoolOptions(),
                                         HealthOptions(), std::vector<EndpointSeed>{seed}, time,
                                         observer, 1));
  CostLedger ledger(time, pools, workers, 0);
  ledger.restore(state.ledger);
  for (const PoolMemory& memory : state.pools) {
    pools[0]->restore(memory);
  }
  pools[0]->on_head(0, 7, "", true);
  pools[0]->serve_head(0, 7);
  WarmState again;
  again.ledger = ledger.memory();
  again.pools.push_back(pools[0]->memory());
  require(parse_warm_state(warm_state_json(again, kStateBytesMax)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t length) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), length);
  if (const auto json = unseal_state(text); json.ok()) {
    require(seal_state(json.value()) == text);
  }
  require(unseal_state(seal_state(text)).value() == text);
  if (const auto state = parse_warm_state(text)) {
    live_on(*state);
  }
  return 0;
}
