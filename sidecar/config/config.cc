#include "config/config.h"

#include <algorithm>

#include "config/url.h"
#include "policy/balancer.h"
#include "policy/family.h"

namespace sidecar {

const ChainConfig* default_chain(const Config& config, Family family) {
  for (const ChainConfig& chain : config.chains) {
    if (chain.family == family) {
      return &chain;
    }
  }
  return nullptr;
}

PoolOptions pool_options(const ChainConfig& chain) {
  const bool is_evm = chain.family == Family::kEvm;
  PoolOptions options = chain.pool;
  options.strategy = strategy_of(chain.strategy).value_or(Strategy::kPriorityWeighted);
  HeadOptions& head = options.head;
  const auto or_usual = [](uint64_t written, uint64_t usual) {
    return written != 0 ? written : usual;
  };
  head.block_time = chain.block_time.count() != 0 ? chain.block_time
                    : is_evm                      ? Millis(12'000)
                                                  : Millis(400);
  head.lag_blocks_max = or_usual(chain.lag_blocks_max, is_evm ? 16 : 50);
  head.lag_blocks_back =
      std::min(head.lag_blocks_max, or_usual(chain.lag_blocks_back, is_evm ? 4 : 10));
  return options;
}

TermsOptions terms_options(const ProviderConfig& provider) {
  TermsOptions terms = provider.terms;
  terms.unit = provider.budget_unit == "credits" ? BudgetUnit::kCredits : BudgetUnit::kRequests;
  if (provider.vendor == "auto") {
    const auto url = split_url(provider.channel.http.reveal());
    terms.vendor = url ? vendor_of_host(url->host) : Vendor::kGeneric;
  } else {
    terms.vendor = vendor_of_name(provider.vendor).value_or(Vendor::kGeneric);
  }
  return terms;
}

SessionLimits session_limits(const Config& config) {
  SessionLimits limits = config.limits;
  limits.continuity = config.continuity == "latest"   ? Continuity::kLatest
                      : config.continuity == "strict" ? Continuity::kStrict
                                                      : Continuity::kEvery;
  return limits;
}

/// Left to itself a WebSocket is for events: calls on it would wait behind each other's answers.
bool carries_calls(const ProviderConfig& provider, std::string_view transport) {
  const ProviderOptions& options = provider.channel;
  if (provider.calls_over != "auto") {
    return provider.calls_over == transport;
  }
  return transport != "ws" || (options.http.empty() && options.ipc.empty());
}

std::string_view family_name(Family family) {
  switch (family) {
    case Family::kEvm:
      return "evm";
    case Family::kSvm:
      return "svm";
  }
  return "evm";
}

}  // namespace sidecar
