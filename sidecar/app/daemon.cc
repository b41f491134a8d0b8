#include "app/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "app/cost_metrics.h"
#include "app/house_metrics.h"
#include "app/random_seed.h"
#include "app/restart_settings.h"
#include "app/version.h"
#include "base/log.h"
#include "config/access_names.h"

namespace sidecar {

namespace {

/// A call that should have been looked at this long ago shows that timers do not run. One late turn
/// of a starved host does not: what came due during it has been done when this is asked.
constexpr Millis kOverdueMax{1'000};

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::create(Loop& loop, const Config& config, int passed_fd) {
  std::unique_ptr<Daemon> daemon(new Daemon(loop, config));
  std::vector<Pool*> pools;
  for (size_t i = 0; i < config.chains.size(); ++i) {
    if (auto opened = daemon->open_pool(config, i); !opened.ok()) {
      return opened.error();
    }
    pools.push_back(daemon->pools_.back().get());
  }
  daemon->open_recent();
  daemon->dispatcher_ =
      std::make_unique<Dispatcher>(config.dispatcher, loop, daemon->sessions_, daemon->telemetry_,
                                   pools, first_random_id(random_seed()), random_seed());
  daemon->status_.set_dispatcher(*daemon->dispatcher_);
  daemon->admin_ = std::make_unique<Admin>(*daemon->dispatcher_, daemon->sessions_,
                                           Admin::House{daemon->status_, daemon->pools_});
  daemon->prober_ = std::make_unique<Prober>(config.health.probe, loop, pools, random_seed());
  daemon->hub_ = std::make_unique<SubscriptionHub>(config.feeds, loop, daemon->sessions_,
                                                   daemon->telemetry_, pools, random_seed());
  daemon->status_.set_hub(*daemon->hub_);
  daemon->open_rest();
  auto listener = Listener::create(
      loop, {config.listen, config.http, session_limits(config), passed_fd}, daemon->chains_,
      {*daemon->admin_, *daemon->hub_, *daemon->access_, random_seed()}, daemon->sessions_,
      [telemetry = &daemon->telemetry_](std::string_view what, std::string_view name) {
        telemetry->count(what, name);
      },
      *daemon->rest_);
  if (!listener.ok()) {
    return listener.error();
  }
  daemon->listener_ = std::move(listener).value();
  daemon->status_.set_listener(*daemon->listener_);
  daemon->open_metrics();
  daemon->open_keeper(config.state);
  daemon->prober_->start();
  return daemon;
}

Daemon::Daemon(Loop& loop, const Config& config)
    : loop_(loop),
      started_(config),
      channels_(loop),
      ledger_(loop, pools_, workers_, config.cost.month_dollars),
      status_(loop, pools_, telemetry_) {
  telemetry_.set_ledger(ledger_);
  telemetry_.call_log().set_workers(workers_);
  status_.set_ledger(ledger_);
  for (const ChainConfig& chain : config.chains) {
    chains_.push_back({static_cast<ChainNumber>(chains_.size() + 1), chain.name, chain.family,
                       chain.chain_id.value_or(0), chain.is_dev});
  }
  access_ = std::make_unique<AccessGate>(AccessGate::House{loop_, workers_, telemetry_, chains_},
                                         access_rules(config), ::geteuid());
}

Daemon::~Daemon() = default;

Status Daemon::open_pool(const Config& config, size_t chain) {
  auto endpoints = channels_.open(config.chains[chain]);
  if (!endpoints.ok()) {
    return endpoints.error();
  }
  pools_.push_back(std::make_unique<Pool>(chains_[chain], pool_options(config.chains[chain]),
                                          config.health, endpoints.value(), loop_, telemetry_,
                                          random_seed()));
  telemetry_.counts().open_chain(*pools_.back());
  return Done{};
}

void Daemon::open_recent() {
  std::vector<size_t> endpoint_counts;
  for (const auto& pool : pools_) {
    endpoint_counts.push_back(pool->size());
  }
  recent_ = std::make_unique<Recent>(loop_, endpoint_counts);
  telemetry_.set_recent(*recent_);
  status_.set_recent(*recent_);
}

/// Whoever else knows figures sets them after this.
void Daemon::open_metrics() {
  telemetry_.counts().show_in(metrics_);
  show_house({loop_, pools_, *dispatcher_, *hub_, sessions_, *listener_, telemetry_}, metrics_);
  show_cost(ledger_, metrics_);
  scrapes_ = std::make_unique<Scrapes>(
      metrics_, loop_, [this](std::string_view limit) { telemetry_.on_limit(limit); });
  rest_->add_view(std::string(Scrapes::kPath), *scrapes_);
}

void Daemon::open_rest() {
  rest_ = std::make_unique<Rest>(Rest::House{
      .timers = loop_,
      .sessions = sessions_,
      .calls = *admin_,
      .access = *access_,
      .status = [this]() { return status_.json(); },
      .chain_status = [this](ChainNumber chain) { return status_.chain_json(chain); },
      .health = [this](std::string_view chain) { return health_report(pools_, chain); },
      .chains = chains_,
      .hello = [this]() { return hello(); },
      .on_limit = [this](std::string_view limit) { telemetry_.on_limit(limit); },
  });
}

void Daemon::open_keeper(const StateOptions& options) {
  if (!options.is_on || options.dir.empty()) {
    return;
  }
  keeper_ = std::make_unique<StateKeeper>(loop_, options, pools_, ledger_);
  keeper_->restore();
  keeper_->start();
}

std::string Daemon::hello() const {
  std::string json =
      "{\"server\":\"rpc-sidecar\",\"version\":\"" + std::string(kVersion) + "\",\"chains\":[";
  for (const ChainInfo& chain : chains_) {
    json += (chain.number > 1 ? "," : "");
    json += "{\"name\":\"" + chain.name + "\",\"path\":\"/" + chain.name + "\",\"family\":\"" +
            (chain.family == Family::kEvm ? "evm" : "svm") + "\"}";
  }
  json += "],\"connections\":" + std::to_string(listener_->connection_count()) +
          ",\"calls_in_flight\":" + std::to_string(dispatcher_->calls_in_flight()) +
          ",\"event_forms\":" + std::to_string(sessions_.forms_made()) +
          ",\"counters\":" + telemetry_.counters_json() + "}\n";
  return json;
}

std::string Daemon::summary() const {
  if (is_draining_) {
    return "draining, " + std::to_string(dispatcher_->calls_in_flight()) + " calls in flight";
  }
  size_t providers = 0;
  size_t healthy = 0;
  for (const auto& pool : pools_) {
    std::map<size_t, bool> is_healthy;  // by provider: one good endpoint will do
    for (size_t i = 0; i < pool->size(); ++i) {
      const Endpoint& endpoint = pool->endpoint(i);
      if (endpoint.is_retired()) {
        continue;
      }
      bool& found = is_healthy[endpoint.provider];
      found = found || endpoint.health.state() == HealthState::kHealthy;
    }
    providers += is_healthy.size();
    healthy += static_cast<size_t>(std::count_if(is_healthy.begin(), is_healthy.end(),
                                                 [](const auto& one) { return one.second; }));
  }
  return "serving " + std::to_string(pools_.size()) +
         (pools_.size() == 1 ? " chain, " : " chains, ") + std::to_string(healthy) + " of " +
         std::to_string(providers) + " providers healthy";
}

std::string Daemon::find_stuck() {
  if (loop_.now() > dispatcher_->earliest_due() &&
      loop_.now() - dispatcher_->earliest_due() > kOverdueMax) {
    return "calls are past their deadlines";
  }
  return listener_->is_stalled() ? "workers wait to be accepted" : "";
}

void Daemon::drain(Millis within, std::function<void()> on_drained) {
  log::info("draining", log::kv("within_ms", within.count()),
            log::kv("connections", listener_->connection_count()),
            log::kv("calls_in_flight", dispatcher_->calls_in_flight()));
  is_draining_ = true;
  rest_->end_streams();
  listener_->drain(within, std::move(on_drained));
}

Result<ReloadSummary> Daemon::reload(const Config& wanted) {
  ReloadSummary summary;
  summary.needs_restart = settings_for_restart(started_, wanted);
  std::vector<Channels::Plan> plans;
  std::vector<const ChainConfig*> chains;
  for (size_t i = 0; i < pools_.size(); ++i) {
    const ChainConfig* chain = find_chain(wanted, pools_[i]->chain().name);
    // One that is gone, or another network now, goes on as it was.
    if (chain == nullptr || !is_same_network(*chain, started_.chains[i])) {
      continue;
    }
    auto plan = channels_.plan(i, *chain);
    if (!plan.ok()) {
      return plan.error();
    }
    plans.push_back(std::move(plan).value());
    chains.push_back(chain);
  }
  HealthOptions health = wanted.health;
  health.probe.is_on = started_.health.probe.is_on;
  dispatcher_->set_options(wanted.dispatcher);
  hub_->set_options(wanted.feeds);
  prober_->set_options(health.probe);
  listener_->set_limits(live_limits(started_, wanted));
  ledger_.set_month_dollars(wanted.cost.month_dollars);
  if (has_same_chains(started_, wanted)) {
    set_access(wanted);
  }
  for (size_t i = 0; i < plans.size(); ++i) {
    Pool& pool = *pools_[plans[i].chain];
    summary.added += plans[i].added.size();
    summary.retired += plans[i].retired.size();
    summary.changed += plans[i].changed_count;
    pool.set_options(pool_options(*chains[i]), health);
    channels_.apply(std::move(plans[i]), {pool, *prober_, *hub_});
    telemetry_.counts().open_chain(pool);
  }
  return summary;
}

void Daemon::set_access(const Config& wanted) {
  std::vector<std::string> names;
  for (ChainInfo& chain : chains_) {
    names.push_back(chain.name);
    const ChainConfig* written = find_chain(wanted, chain.name);
    chain.is_dev = written != nullptr ? written->is_dev : chain.is_dev;
  }
  access_->set_rules(access_rules(wanted.access, names));
}

void Daemon::shut_down(std::function<void()> on_down) {
  log::info("shutting_down", log::kv("connections", listener_->connection_count()),
            log::kv("calls_in_flight", dispatcher_->calls_in_flight()));
  prober_.reset();
  listener_->shut_down([this, on_down = std::move(on_down)]() {
    if (keeper_) {
      keeper_->finish(on_down);
    } else {
      on_down();
    }
  });
}

}  // namespace sidecar
