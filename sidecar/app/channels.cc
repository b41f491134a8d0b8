#include "app/channels.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/random_seed.h"
#include "upstream/http_channel.h"
#include "upstream/ipc_channel.h"
#include "upstream/ws_channel.h"

namespace sidecar {

namespace {

/// How often retired endpoints are looked at.
constexpr Millis kClosingInterval{50};

/// What this transport's channel depends on; the rest is for pools, or for other transports.
ProviderOptions options_of(const ProviderOptions& provider, Transport transport) {
  const ProviderOptions usual;
  ProviderOptions options = provider;
  options.tier = usual.tier;
  options.weight = usual.weight;
  options.timeout = usual.timeout;
  if (transport != Transport::kHttp) {
    options.http = usual.http;
    options.proxy = usual.proxy;
    options.connections_max = usual.connections_max;
    options.held_bytes_max = usual.held_bytes_max;
    options.rate_bytes_min = usual.rate_bytes_min;
    options.rate_window = usual.rate_window;
  }
  if (transport != Transport::kWs) {
    options.ws = usual.ws;
    options.ping_interval = usual.ping_interval;
    options.ping_misses_max = usual.ping_misses_max;
  }
  if (transport != Transport::kIpc) {
    options.ipc = usual.ipc;
  } else {
    options.headers = usual.headers;
    options.ca_file = usual.ca_file;
  }
  return options;
}

std::vector<Transport> transports_of(const ProviderOptions& provider) {
  std::vector<Transport> transports;
  // A node on this host is asked over its own socket when it has one.
  if (!provider.ipc.empty()) {
    transports.push_back(Transport::kIpc);
  }
  if (!provider.http.empty()) {
    transports.push_back(Transport::kHttp);
  }
  if (!provider.ws.empty()) {
    transports.push_back(Transport::kWs);
  }
  return transports;
}

EndpointSeed seed_of(const ProviderConfig& provider, Transport transport) {
  const ProviderOptions& options = provider.channel;
  EndpointSeed seed;
  seed.provider = options.name;
  seed.transport = transport;
  seed.tier = options.tier;
  seed.weight = options.weight;
  seed.timeout = options.timeout;
  seed.terms = terms_options(provider);
  seed.takes_calls = carries_calls(provider, transport_name(transport));
  return seed;
}

template <class Channel>
Result<std::unique_ptr<UpstreamPort>> as_port(Result<std::unique_ptr<Channel>> channel,
                                              const std::string& provider) {
  if (!channel.ok()) {
    return Error{channel.error().code, "provider " + provider + ": " + channel.error().detail};
  }
  return std::unique_ptr<UpstreamPort>(std::move(channel).value());
}

Result<std::unique_ptr<UpstreamPort>> open_channel(Loop& loop, const ProviderOptions& options,
                                                   Transport transport) {
  const uint64_t seed = random_seed();
  switch (transport) {
    case Transport::kIpc:
      return std::unique_ptr<UpstreamPort>(
          std::make_unique<IpcChannel>(loop, options, first_random_id(seed), seed));
    case Transport::kHttp:
      return as_port(HttpChannel::create(loop, options, first_random_id(seed)), options.name);
    case Transport::kWs:
      return as_port(WsChannel::create(loop, options, first_random_id(seed), seed), options.name);
  }
  return Error{Errc::kInvalid, "unknown transport"};
}

}  // namespace

Channels::Channels(Loop& loop)
    : loop_(loop), closing_(loop.make_timer([this]() { close_idle(); })) {}

Channels::~Channels() = default;

Result<std::vector<EndpointSeed>> Channels::open(const ChainConfig& chain) {
  std::vector<Entry>& entries = chains_.emplace_back();
  std::vector<EndpointSeed> seeds;
  for (const ProviderConfig& provider : chain.providers) {
    for (const Transport transport : transports_of(provider.channel)) {
      auto channel = open_channel(loop_, provider.channel, transport);
      if (!channel.ok()) {
        return channel.error();
      }
      EndpointSeed seed = seed_of(provider, transport);
      seed.port = channel.value().get();
      seeds.push_back(seed);
      entries.push_back(
          {seed, options_of(provider.channel, transport), std::move(channel).value()});
    }
  }
  return seeds;
}

Result<Channels::Plan> Channels::plan(size_t chain, const ChainConfig& wanted) const {
  const std::vector<Entry>& entries = chains_[chain];
  Plan plan;
  plan.chain = chain;
  std::vector<bool> is_kept(entries.size(), false);
  for (const ProviderConfig& provider : wanted.providers) {
    for (const Transport transport : transports_of(provider.channel)) {
      EndpointSeed seed = seed_of(provider, transport);
      ProviderOptions options = options_of(provider.channel, transport);
      const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry& one) {
        return !one.is_retired && one.seed.transport == transport && one.made_of == options;
      });
      if (same != entries.end()) {
        const auto index = static_cast<size_t>(same - entries.begin());
        is_kept[index] = true;
        seed.port = same->seed.port;
        plan.changed_count += seed == same->seed ? 0 : 1;
        plan.kept.emplace_back(index, std::move(seed));
        continue;
      }
      auto channel = open_channel(loop_, provider.channel, transport);
      if (!channel.ok()) {
        return channel.error();
      }
      seed.port = channel.value().get();
      plan.added.push_back({std::move(seed), std::move(options), std::move(channel).value()});
    }
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].is_retired && !is_kept[i]) {
      plan.retired.push_back(i);
    }
  }
  if (entries.size() + plan.added.size() > Pool::kEndpointsMax) {
    return Error{Errc::kLimit, "chain " + wanted.name + " has had " +
                                   std::to_string(Pool::kEndpointsMax) +
                                   " endpoints since the start; a restart forgets them"};
  }
  return plan;
}

void Channels::apply(Plan plan, const House& house) {
  std::vector<Entry>& entries = chains_[plan.chain];
  for (auto& [index, seed] : plan.kept) {
    house.pool.set_terms(seed.provider, seed.terms);
    house.pool.set_share(index, seed);
    entries[index].seed = std::move(seed);
  }
  for (Entry& entry : plan.added) {
    const size_t index = house.pool.add(entry.seed).value();
    CHECK(index == entries.size());
    entries.push_back(std::move(entry));
    house.prober.add(house.pool, index);
  }
  for (const size_t index : plan.retired) {
    entries[index].is_retired = true;
    house.pool.retire(index);
    house.prober.remove(house.pool, index);
    leaving_.push_back({&house.pool, plan.chain, index});
  }
  // After all are retired: none shall go where it cannot stay.
  for (const size_t index : plan.retired) {
    house.hub.leave(house.pool, index);
  }
  if (!leaving_.empty()) {
    closing_->arm(loop_.now());
  }
}

void Channels::close_idle() {
  std::erase_if(leaving_, [this](const Leaving& one) {
    if (!one.pool->endpoint(one.endpoint).is_idle()) {
      return false;
    }
    one.pool->drop_port(one.endpoint);
    chains_[one.chain][one.endpoint].channel.reset();
    return true;
  });
  if (!leaving_.empty()) {
    closing_->arm(loop_.now() + kClosingInterval);
  }
}

}  // namespace sidecar
