#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_node.h"
#include "config/environment.h"

namespace sidecar {

/// The variables that name one provider when there is no file.
struct ProviderVariables {
  std::string_view http;
  std::string_view ws;
  std::string_view provider;
  std::string_view chain;
  int64_t tier;
  int64_t weight;
};

/// A variable and what it does, for the reference.
struct VariableText {
  std::string_view name;
  std::string sentence;
};

std::span<const ProviderVariables> provider_variables();
std::vector<VariableText> describe_variables();

/// The tree that the environment alone makes: an evm chain "ethereum" and an svm chain "solana" of
/// the providers it names. Null when it names none. An empty variable counts as not set.
std::optional<ConfigNode> read_environment(const Environment& environment);

/// RPC_SIDECAR_SOCKET and RPC_SIDECAR_HTTP, which stand above the file.
void apply_overrides(ConfigNode& root, const Environment& environment);

}  // namespace sidecar
