#include "config/env_source.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "config/quantity.h"

namespace sidecar {
namespace {

constexpr std::string_view kEthereum = "ethereum";
constexpr std::string_view kSolana = "solana";
constexpr std::string_view kChainIdVariable = "ETHEREUM_CHAIN_ID";
constexpr std::string_view kPublicVariable = "PUBLIC_RPC_ENDPOINTS";
constexpr int64_t kPublicTier = 3;
constexpr int64_t kPublicWeight = 20;

constexpr std::array<ProviderVariables, 7> kProviders = {{
    {"ERIGON_HTTP", "ERIGON_WS", "erigon", kEthereum, 1, 100},
    {"GETH_HTTP", "GETH_WS", "geth", kEthereum, 1, 80},
    {"INFURA_HTTP", "INFURA_WS", "infura", kEthereum, 2, 60},
    {"ALCHEMY_HTTP", "ALCHEMY_WS", "alchemy", kEthereum, 2, 60},
    {"QUICKNODE_HTTP", "QUICKNODE_WS", "quicknode", kEthereum, 2, 50},
    {"SOLANA_RPC_URL", "SOLANA_WS_URL", "solana", kSolana, 1, 100},
    {"HELIUS_HTTP", "HELIUS_WS", "helius", kSolana, 2, 60},
}};

struct Override {
  std::string_view variable;
  std::string_view section;
  std::string_view key;
};

constexpr std::array<Override, 2> kOverrides = {{
    {"RPC_SIDECAR_SOCKET", "listen", "path"},
    {"RPC_SIDECAR_HTTP", "http", "listen"},
}};

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : found->second;
}

Location place_of(std::string_view variable) {
  return {0, 0, std::string(variable)};
}

ConfigNode integer_node(int64_t integer, const Location& at) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kInteger;
  node.at = at;
  node.integer = integer;
  return node;
}

void add_entry(ConfigNode& table, std::string_view key, ConfigNode value) {
  Location at = value.at;
  table.entries.push_back({std::string(key), std::move(at), std::move(value)});
}

ConfigNode provider_node(std::string name, int64_t tier, int64_t weight, const Location& at) {
  ConfigNode node;
  node.at = at;
  add_entry(node, "name", string_node(std::move(name), at));
  add_entry(node, "tier", integer_node(tier, at));
  add_entry(node, "weight", integer_node(weight, at));
  return node;
}

std::optional<ConfigNode> named_provider(const ProviderVariables& row,
                                         const Environment& environment) {
  const std::string_view http = value_of(environment, row.http);
  const std::string_view ws = value_of(environment, row.ws);
  if (http.empty() && ws.empty()) {
    return std::nullopt;
  }
  ConfigNode node = provider_node(std::string(row.provider), row.tier, row.weight,
                                  place_of(http.empty() ? row.ws : row.http));
  if (!http.empty()) {
    add_entry(node, "http", string_node(std::string(http), place_of(row.http)));
  }
  if (!ws.empty()) {
    add_entry(node, "ws", string_node(std::string(ws), place_of(row.ws)));
  }
  return node;
}

void add_public_providers(std::vector<ConfigNode>& providers, std::string_view list) {
  constexpr std::string_view kBlank = " \t\r\n";
  size_t count = 0;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    item.remove_prefix(std::min(item.find_first_not_of(kBlank), item.size()));
    item = item.substr(0, item.find_last_not_of(kBlank) + 1);
    if (item.empty()) {
      continue;
    }
    const std::string number = std::to_string(++count);
    const Location at = place_of(std::string(kPublicVariable) + " item " + number);
    ConfigNode node = provider_node("public-" + number, kPublicTier, kPublicWeight, at);
    const bool is_ws = item.starts_with("ws://") || item.starts_with("wss://");
    add_entry(node, is_ws ? "ws" : "http", string_node(std::string(item), at));
    providers.push_back(std::move(node));
  }
}

ConfigNode list_node(std::vector<ConfigNode> items) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kList;
  node.at = items.front().at;
  node.items = std::move(items);
  return node;
}

// A chain id that is no number stays text, for the reader to refuse.
ConfigNode chain_id_node(std::string_view text) {
  const Location at = place_of(kChainIdVariable);
  const auto number = parse_number(text);
  if (!number || *number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return string_node(std::string(text), at);
  }
  return integer_node(static_cast<int64_t>(*number), at);
}

std::optional<ConfigNode> chain_node(std::string_view name, const Environment& environment) {
  std::vector<ConfigNode> providers;
  for (const ProviderVariables& row : kProviders) {
    auto provider = row.chain == name ? named_provider(row, environment) : std::nullopt;
    if (provider) {
      providers.push_back(std::move(*provider));
    }
  }
  const bool is_ethereum = name == kEthereum;
  if (is_ethereum) {
    add_public_providers(providers, value_of(environment, kPublicVariable));
  }
  if (providers.empty()) {
    return std::nullopt;
  }
  ConfigNode chain;
  chain.at = providers.front().at;
  add_entry(chain, "name", string_node(std::string(name), chain.at));
  add_entry(chain, "family", string_node(is_ethereum ? "evm" : "svm", chain.at));
  const std::string_view chain_id = value_of(environment, kChainIdVariable);
  if (is_ethereum && !chain_id.empty()) {
    add_entry(chain, "chain_id", chain_id_node(chain_id));
  }
  add_entry(chain, "provider", list_node(std::move(providers)));
  return chain;
}

}  // namespace

std::span<const ProviderVariables> provider_variables() {
  return kProviders;
}

std::optional<ConfigNode> read_environment(const Environment& environment) {
  std::vector<ConfigNode> chains;
  for (const std::string_view name : {kEthereum, kSolana}) {
    if (auto chain = chain_node(name, environment)) {
      chains.push_back(std::move(*chain));
    }
  }
  if (chains.empty()) {
    return std::nullopt;
  }
  ConfigNode root;
  root.at = chains.front().at;
  add_entry(root, "chain", list_node(std::move(chains)));
  return root;
}

void apply_overrides(ConfigNode& root, const Environment& environment) {
  for (const Override& row : kOverrides) {
    const std::string_view value = value_of(environment, row.variable);
    if (!value.empty()) {
      override_setting(root, row.section, row.key,
                       string_node(std::string(value), place_of(row.variable)));
    }
  }
}

std::vector<VariableText> describe_variables() {
  std::vector<VariableText> texts;
  texts.reserve(kOverrides.size() + 2 * kProviders.size() + 2);
  for (const Override& row : kOverrides) {
    texts.push_back({row.variable, std::string(row.section) + "." + std::string(row.key) +
                                       ", whatever the file says"});
  }
  for (const ProviderVariables& row : kProviders) {
    const std::string rank = " of provider " + std::string(row.provider) + " of chain " +
                             std::string(row.chain) + ", tier " + std::to_string(row.tier) +
                             ", weight " + std::to_string(row.weight);
    texts.push_back({row.http, "http" + rank});
    texts.push_back({row.ws, "ws" + rank});
  }
  texts.push_back({kPublicVariable,
                   "URLs with commas between: providers public-1, public-2, ... of chain "
                   "ethereum, tier " +
                       std::to_string(kPublicTier) + ", weight " + std::to_string(kPublicWeight)});
  texts.push_back({kChainIdVariable, "chain_id of chain ethereum; not set, none is checked"});
  return texts;
}

}  // namespace sidecar
