#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/location.h"
#include "core/options.h"
#include "downstream/options.h"
#include "policy/method_rules.h"
#include "policy/quota.h"
#include "upstream/options.h"

namespace sidecar {

/// What is written to the log.
struct LogOptions {
  std::string level = "info";   ///< error, warn, info or debug
  std::string format = "auto";  ///< text, json, journal
  std::string calls = "0";      ///< of a hundred, or "errors"
};

/// How the sidecar leaves.
struct ShutdownOptions {
  Millis drain{10'000};  ///< calls in flight may still end
};

/// What the month may cost.
struct CostOptions {
  uint64_t month_dollars = 0;  ///< of all providers together; 0 = no plan
};

/// What is kept over a restart (app/warm_state.h).
struct StateOptions {
  bool is_on = true;
  std::string dir;  ///< empty = $STATE_DIRECTORY, else nothing is kept
  Millis interval{30'000};
};

/// One provider of a chain.
struct ProviderConfig {
  ProviderOptions channel;
  TermsOptions terms;           ///< but for vendor and unit, which follow from the two below
  std::string vendor = "auto";  ///< a vendor_name(), or "auto": by its URL's host
  std::string budget_unit = "requests";
  std::string calls_over = "auto";  ///< or the one transport that carries its calls
};

/// One chain and the providers that serve it.
struct ChainConfig {
  std::string name;
  Family family = Family::kEvm;
  std::optional<uint64_t> chain_id;  ///< evm only; not set = providers are not checked against it
  PoolOptions pool;                  ///< but for what follows from the next four
  std::string strategy = "priority_weighted";
  bool is_dev = false;   ///< its nodes hold keys made for play
  Millis block_time{0};  ///< 0 here and below: as usual in its family
  uint64_t lag_blocks_max = 0;
  uint64_t lag_blocks_back = 0;
  std::vector<ProviderConfig> providers;
};

/// What some users may do, as it is written: by names.
struct AccessConfig {
  std::string name;
  std::vector<std::string> uids;
  std::vector<std::string> gids;
  std::vector<std::string> chains;
  MethodRuleOptions methods;
  bool may_send_tx = true;
  bool is_admin = false;
  QuotaOptions quota;
};

/// Where one setting came from.
struct ValueOrigin {
  Location at;
  /// Offset in the value where the first `${...}` was replaced; such a value is never shown.
  std::optional<size_t> substituted_at;
};

/// Origins by place: "listen.path", "chain[0].provider[1]", "chain[0].provider[1].http".
/// A setting that is not in it has its default.
using Origins = std::map<std::string, ValueOrigin, std::less<>>;

/// The whole configuration, typed, with every default filled in.
/// Not: it does not know TOML (toml_source.h) nor what is allowed (key_table.h).
struct Config {
  ListenOptions listen;
  HttpOptions http;
  SessionLimits limits;
  DispatcherOptions dispatcher;
  HealthOptions health;
  FeedOptions feeds;
  std::string continuity = "every";  ///< of subscriptions over json-ipc and ws
  LogOptions log;
  ShutdownOptions shutdown;
  CostOptions cost;
  StateOptions state;
  std::string credentials_dir;  ///< where ${CRED:name} looks besides $CREDENTIALS_DIRECTORY
  std::vector<ChainConfig> chains;
  std::vector<AccessConfig> access;
  std::string source;  ///< the file's path, or "environment"
  Origins origins;
};

/// The chain that serves a method of this family when the worker names none: the first in order.
/// Null when no chain is of the family.
const ChainConfig* default_chain(const Config& config, Family family);

/// The chain's and the provider's options with what their words and zeros mean filled in.
PoolOptions pool_options(const ChainConfig& chain);
TermsOptions terms_options(const ProviderConfig& provider);
SessionLimits session_limits(const Config& config);
/// Do calls go over this transport of the provider?
bool carries_calls(const ProviderConfig& provider, std::string_view transport);

/// "evm" or "svm".
std::string_view family_name(Family family);

}  // namespace sidecar
