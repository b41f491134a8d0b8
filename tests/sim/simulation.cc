#include "tests/sim/simulation.h"

#include <algorithm>
#include <utility>

namespace sidecar::testing {

namespace {

/// More events at one instant than all calls together could need.
constexpr uint64_t kTurnsAtOnceMax = 20'000;
/// How long calls go on after all was mended.
constexpr Nanos kAftermath = Millis(15'000);

}  // namespace

/// Puts what the core tells into the trace.
class Simulation::Told final : public Observer {
 public:
  explicit Told(SimTrace& trace) : trace_(trace) {}

  void on_attempt_done(const AttemptReport& report) override {
    if (!report.outcome) {
      return;
    }
    ++attempts_;
    trace_.note("judged", report.endpoint.provider, static_cast<uint64_t>(report.kind),
                outcome_name(*report.outcome));
  }
  void on_call_done(const CallReport&) override {}
  void on_health_changed(const EndpointName& endpoint, HealthState, HealthState to,
                         HealthEvent why) override {
    trace_.note(health_state_name(to), endpoint.provider, 0, health_event_name(why));
  }
  void on_breaker_changed(const EndpointName& endpoint, BreakerState to) override {
    trace_.note("breaker", endpoint.provider, 0, breaker_state_name(to));
  }
  void on_throttled(const EndpointName& endpoint, Nanos pause) override {
    trace_.note("throttled", endpoint.provider, static_cast<uint64_t>(pause.count()));
  }
  void on_unknown_error(const EndpointName& endpoint, std::optional<int64_t>) override {
    trace_.note("unknown", endpoint.provider, 0);
  }
  void on_event_received(const EventReport&) override {}
  void on_feed_event(std::string_view, std::string_view, EventKind, size_t) override {}
  void on_feed_source(const EndpointName&, std::string_view, SourceChange) override {}
  void on_limit(std::string_view limit) override { trace_.note("limit", limit, 0); }

  uint64_t attempts() const { return attempts_; }

 private:
  SimTrace& trace_;
  uint64_t attempts_ = 0;
};

Simulation::Simulation(uint64_t seed, std::FILE* trace)
    : random_(seed),
      setup_(draw_setup(random_)),
      time_(setup_.unix_at_start),
      trace_(time_, trace),
      checks_(time_, trace_, setup_, calls_),
      told_(std::make_unique<Told>(trace_)) {
  for (const SimPoolSetup& pool : setup_.pools) {
    chains_.push_back(std::make_unique<SimChain>(pool.chain, random_.next(), pool.block_time,
                                                 SimTime::kStart - Millis(3'600'000)));
  }
  tell_setup();
  make_providers();
  make_pools();
  std::vector<SimChain*> chains;
  std::vector<Pool*> pools;
  for (size_t i = 0; i < pools_.size(); ++i) {
    chains.push_back(chains_[i].get());
    pools.push_back(pools_[i].get());
  }
  workers_ =
      std::make_unique<SimWorkers>(time_, trace_, checks_, calls_, setup_, chains, random_.next());
  dispatcher_ = std::make_unique<Dispatcher>(setup_.dispatcher, time_, *workers_, *told_, pools,
                                             0x100, random_.next());
  prober_ = std::make_unique<Prober>(setup_.health.probe, time_, pools, random_.next());
  checks_.set_dispatcher(*dispatcher_);
}

Simulation::~Simulation() = default;

void Simulation::tell_setup() {
  for (const SimPoolSetup& pool : setup_.pools) {
    trace_.note("chain", pool.chain.name, pool.chain.number,
                std::string(strategy_name(pool.options.strategy)) + ", a block in " +
                    std::to_string(pool.block_time.count() / 1'000'000) + " ms");
  }
  for (const SimEndpointSetup& each : setup_.endpoints) {
    trace_.note("endpoint", each.seed.provider, each.seed.tier,
                std::string(each.is_anchor ? "always well" : "") + " takes " +
                    std::to_string(each.latency.base.count() / 1'000'000) + " ms");
    for (const SimEpisode& episode : each.episodes) {
      const auto ms = [](Instant when) {
        return std::to_string((when - SimTime::kStart).count() / 1'000'000);
      };
      trace_.note("fault", each.seed.provider, episode.percent,
                  std::string(sim_fault_name(episode.fault)) + " from " + ms(episode.from) +
                      " to " + ms(episode.until));
    }
  }
}

void Simulation::make_providers() {
  for (size_t i = 0; i < setup_.endpoints.size(); ++i) {
    SimEndpointSetup& each = setup_.endpoints[i];
    providers_.push_back(std::make_unique<SimProvider>(time_, trace_, checks_, *chains_[each.pool],
                                                       i, each, random_.next()));
    each.seed.port = providers_.back().get();
  }
}

void Simulation::make_pools() {
  for (size_t i = 0; i < setup_.pools.size(); ++i) {
    std::vector<EndpointSeed> seeds;
    for (const SimEndpointSetup& each : setup_.endpoints) {
      if (each.pool == i) {
        seeds.push_back(each.seed);
      }
    }
    pools_.push_back(std::make_unique<Pool>(setup_.pools[i].chain, setup_.pools[i].options,
                                            setup_.health, seeds, time_, *told_, random_.next()));
  }
}

SimReport Simulation::run() {
  prober_->start();
  workers_->start(*dispatcher_);
  const Instant mended = SimTime::kStart + setup_.storm;
  run_until(mended);
  trace_.note("mended", "", 0);
  run_until(mended + kAftermath);
  workers_->stop();
  trace_.note("no_calls", "", 0);
  const Instant drained = mended + kAftermath + setup_.dispatcher.call_deadline_max + Millis(2);
  run_until(drained);
  check_drained();
  run_until(std::max(drained, mended + setup_.quiet));
  check_mended();
  check_transactions();
  check_success();
  prober_.reset();
  if (checks_.live_count() != 0) {
    trace_.broken(11, std::to_string(checks_.live_count()) + " attempts are left");
  }
  SimReport report;
  report.trace_hash = trace_.hash();
  report.broken_count = trace_.broken_count();
  report.broken = trace_.broken_list();
  report.calls = calls_.all().size();
  report.attempts = told_->attempts();
  report.plain_calls = checks_.plain_count();
  report.plain_calls_failed = checks_.plain_failed_count();
  return report;
}

void Simulation::run_until(Instant until) {
  while (!is_spinning_ && time_.step(until)) {
    if (time_.turns_at_once() > kTurnsAtOnceMax) {
      trace_.broken(11, "time stands still: something wakes itself again and again");
      is_spinning_ = true;
    }
  }
}

/// Nobody is starved for ever (5): all are well, and all were asked lately.
void Simulation::check_mended() {
  const ProbeOptions& probe = setup_.health.probe;
  // Twice, for rounds that a full budget cuts short.
  const Nanos silence_max =
      (probe.interval * static_cast<int>(probe.skips_max + 2) + probe.timeout) * 2;
  for (size_t i = 0, in_pool = 0; i < setup_.endpoints.size(); ++i) {
    in_pool = i > 0 && setup_.endpoints[i].pool == setup_.endpoints[i - 1].pool ? in_pool + 1 : 0;
    const Pool& pool = *pools_[setup_.endpoints[i].pool];
    const Endpoint& endpoint = pool.endpoint(in_pool);
    if (checks_.is_day_spent(i)) {
      continue;  // until the day ends
    }
    const HealthState state = endpoint.health.state();
    if (state != HealthState::kHealthy) {
      trace_.broken(5, providers_[i]->name() + " is " + std::string(health_state_name(state)) +
                           ", for " + std::string(health_event_name(endpoint.health.reason())));
    }
    // Two doors to an account share a budget that may be too small for the questions of both.
    if (time_.now() - checks_.account_last_asked(i) > silence_max) {
      trace_.broken(5, providers_[i]->name() + " is not asked any more");
    }
  }
}

/// Nothing is left of the calls (11, and 1 for those that have no answer).
void Simulation::check_drained() {
  for (const SimCall& call : calls_.all()) {
    if (call.state == SimCall::State::kOpen) {
      trace_.broken(1, call.method + " #" + std::to_string(call.number) + " has no answer");
    }
  }
  const size_t left = dispatcher_->calls_in_flight() + dispatcher_->attempts_in_flight() +
                      dispatcher_->extra_attempts();
  if (left != 0) {
    trace_.broken(11, std::to_string(dispatcher_->calls_in_flight()) + " calls, " +
                          std::to_string(dispatcher_->attempts_in_flight()) + " attempts, " +
                          std::to_string(dispatcher_->extra_attempts()) + " extra ones are left");
  }
}

/// What workers were told of transactions is so (12), and nothing ran twice (2).
void Simulation::check_transactions() {
  for (const SimCall& call : calls_.all()) {
    const bool is_sent = call.method_class == SimCall::Class::kTx && call.is_result;
    const std::string hash = is_sent ? call.expected.substr(1, call.expected.size() - 2) : "";
    if (is_sent && !chains_[call.pool]->is_known(hash)) {
      trace_.broken(12, "transaction #" + std::to_string(call.number) + " is nowhere");
    }
    uint32_t executions = 0;
    for (const auto& provider : providers_) {
      const auto found = provider->node().executions().find(call.number);
      executions += found == provider->node().executions().end() ? 0 : found->second;
    }
    if (executions > 1) {
      trace_.broken(2, call.method + " #" + std::to_string(call.number) + " ran twice");
    }
  }
}

/// Calls that ask nothing special hardly fail while somebody is always well (9).
void Simulation::check_success() {
  // A few may meet as many providers as they may try just as these break, before anybody knows.
  constexpr uint64_t kFailedFew = 8;
  if (checks_.plain_failed_count() > std::max(kFailedFew, checks_.plain_count() / 100)) {
    trace_.broken(9, std::to_string(checks_.plain_failed_count()) + " of " +
                         std::to_string(checks_.plain_count()) + " calls failed");
  }
}

}  // namespace sidecar::testing
