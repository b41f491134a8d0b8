#include "app/daemon.h"

#include <sys/random.h>

#include <cstdint>
#include <utility>

#include "app/version.h"
#include "base/log.h"
#include "policy/balancer_round_robin.h"
#include "upstream/http_channel.h"
#include "upstream/ipc_channel.h"

namespace sidecar {

namespace {

/// Ids begin at a place nobody can guess, so that a stray answer from before a restart misses.
uint64_t random_seed() {
  uint64_t seed = 0;
  CHECK(::getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return seed;
}

/// Ids stay small enough for every JSON number type a node may use.
uint64_t first_id(uint64_t seed) {
  return (seed & 0xffff'ffffu) + 1;
}

Endpoint endpoint_of(const ProviderOptions& provider, UpstreamPort& port) {
  return {provider.name, provider.tier, provider.weight, provider.timeout, &port};
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::create(Loop& loop, const Config& config) {
  std::unique_ptr<Daemon> daemon(new Daemon(loop, config));
  std::vector<Pool> pools;
  if (auto opened = daemon->open_channels(config, pools); !opened.ok()) {
    return opened.error();
  }
  daemon->dispatcher_ =
      std::make_unique<Dispatcher>(config.dispatcher, loop, daemon->sessions_, daemon->telemetry_,
                                   std::move(pools), first_id(random_seed()));
  auto listener = Listener::create(
      loop, {config.listen, config.http, config.limits}, daemon->chains_, *daemon->dispatcher_,
      daemon->sessions_,
      [telemetry = &daemon->telemetry_](std::string_view what, std::string_view name) {
        telemetry->count(what, name);
      },
      [self = daemon.get()]() { return self->hello(); });
  if (!listener.ok()) {
    return listener.error();
  }
  daemon->listener_ = std::move(listener).value();
  return daemon;
}

Daemon::Daemon(Loop& loop, const Config& config) : loop_(loop) {
  for (const ChainConfig& chain : config.chains) {
    chains_.push_back({static_cast<ChainNumber>(chains_.size() + 1), chain.name, chain.family,
                       chain.chain_id.value_or(0)});
  }
}

Daemon::~Daemon() = default;

Status Daemon::open_channels(const Config& config, std::vector<Pool>& pools) {
  for (size_t i = 0; i < config.chains.size(); ++i) {
    std::vector<Endpoint> endpoints;
    for (const ProviderOptions& provider : config.chains[i].providers) {
      const uint64_t seed = random_seed();
      // A node on this host is asked over its own socket when it has one.
      if (!provider.ipc.empty()) {
        channels_.push_back(std::make_unique<IpcChannel>(loop_, provider, first_id(seed), seed));
        endpoints.push_back(endpoint_of(provider, *channels_.back()));
      }
      if (!provider.http.empty()) {
        auto channel = HttpChannel::create(loop_, provider, first_id(seed));
        if (!channel.ok()) {
          return Error{channel.error().code,
                       "provider " + provider.name + ": " + channel.error().detail};
        }
        channels_.push_back(std::move(channel).value());
        endpoints.push_back(endpoint_of(provider, *channels_.back()));
      }
      if (provider.ipc.empty() && provider.http.empty()) {
        log::warn("provider_without_calls", log::kv("provider", provider.name),
                  log::kv("why", "only ws is set; calls need http or ipc"));
      }
    }
    pools.emplace_back(chains_[i], std::move(endpoints), std::make_unique<BalancerRoundRobin>());
  }
  return Done{};
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
          ",\"counters\":" + telemetry_.counters_json() + "}\n";
  return json;
}

void Daemon::shut_down(std::function<void()> on_down) {
  log::info("shutting_down", log::kv("connections", listener_->connection_count()),
            log::kv("calls_in_flight", dispatcher_->calls_in_flight()));
  listener_->shut_down(std::move(on_down));
}

}  // namespace sidecar
