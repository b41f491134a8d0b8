#include "config/env_source.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "config/load_config.h"

namespace sidecar::testing {
namespace {

// No file lies there.
constexpr std::string_view kNoFile = "/nonexistent/config.toml";

LoadedConfig load(const Environment& environment) {
  return load_config(std::nullopt, environment, kNoFile);
}

std::vector<std::string> fault_texts(const LoadedConfig& loaded) {
  std::vector<std::string> texts;
  for (const ConfigFault& fault : loaded.faults) {
    texts.push_back(to_text(fault));
  }
  return texts;
}

// name:http:ws:tier:weight
std::string summary(const ProviderOptions& provider) {
  return provider.name + " " + provider.http.reveal() + " " + provider.ws.reveal() + " " +
         std::to_string(provider.tier) + " " + std::to_string(provider.weight);
}

TEST_CASE("environment_of: splits at the first = and passes over what has none") {
  const std::array<const char*, 5> variables = {"A=1", "B==2=", "NONE", "C=", nullptr};

  const Environment environment = environment_of(variables.data());

  CHECK(environment == Environment{{"A", "1"}, {"B", "=2="}, {"C", ""}});
  CHECK(environment_of(nullptr).empty());
}

TEST_CASE("read_environment: the usual names make two chains with tiers and weights") {
  const auto loaded = load({{"ERIGON_HTTP", "http://e:1"},
                            {"ERIGON_WS", "ws://e:2"},
                            {"GETH_HTTP", "http://g:1"},
                            {"GETH_WS", "ws://g:2"},
                            {"INFURA_HTTP", "https://i/k"},
                            {"INFURA_WS", "wss://i/k"},
                            {"ALCHEMY_HTTP", "https://a/k"},
                            {"ALCHEMY_WS", "wss://a/k"},
                            {"QUICKNODE_HTTP", "https://q/k"},
                            {"QUICKNODE_WS", "wss://q/k"},
                            {"PUBLIC_RPC_ENDPOINTS", " https://one , ,wss://two\n,http://three/,"},
                            {"SOLANA_RPC_URL", "https://s"},
                            {"SOLANA_WS_URL", "wss://s"},
                            {"HELIUS_HTTP", "https://h/?api-key=k"},
                            {"HELIUS_WS", "wss://h/?api-key=k"},
                            {"ETHEREUM_CHAIN_ID", "11155111"}});

  REQUIRE(fault_texts(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.config.chains.size() == 2);
  const ChainConfig& ethereum = loaded.config.chains[0];
  CHECK(ethereum.name == "ethereum");
  CHECK(ethereum.family == Family::kEvm);
  CHECK(ethereum.chain_id == 11155111u);
  REQUIRE(ethereum.providers.size() == 8);
  CHECK(summary(ethereum.providers[0].channel) == "erigon http://e:1 ws://e:2 1 100");
  CHECK(summary(ethereum.providers[1].channel) == "geth http://g:1 ws://g:2 1 80");
  CHECK(summary(ethereum.providers[2].channel) == "infura https://i/k wss://i/k 2 60");
  CHECK(summary(ethereum.providers[3].channel) == "alchemy https://a/k wss://a/k 2 60");
  CHECK(summary(ethereum.providers[4].channel) == "quicknode https://q/k wss://q/k 2 50");
  CHECK(summary(ethereum.providers[5].channel) == "public-1 https://one  3 20");
  CHECK(summary(ethereum.providers[6].channel) == "public-2  wss://two 3 20");
  CHECK(summary(ethereum.providers[7].channel) == "public-3 http://three/  3 20");
  const ChainConfig& solana = loaded.config.chains[1];
  CHECK(solana.name == "solana");
  CHECK(solana.family == Family::kSvm);
  CHECK_FALSE(solana.chain_id);
  REQUIRE(solana.providers.size() == 2);
  CHECK(summary(solana.providers[0].channel) == "solana https://s wss://s 1 100");
  CHECK(summary(solana.providers[1].channel) ==
        "helius https://h/?api-key=k wss://h/?api-key=k 2 60");
}

TEST_CASE("read_environment: one variable is enough, and the rest keeps its defaults") {
  const auto loaded = load({{"HELIUS_WS", "wss://h"}});

  REQUIRE(fault_texts(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.config.chains.size() == 1);
  CHECK(loaded.config.chains[0].name == "solana");
  CHECK(loaded.config.source == "environment");
  CHECK(loaded.config.listen.path == ListenOptions{}.path);
  CHECK(loaded.config.http.listen.empty());
  CHECK(default_chain(loaded.config, Family::kSvm) == &loaded.config.chains[0]);
  CHECK(default_chain(loaded.config, Family::kEvm) == nullptr);
}

TEST_CASE("read_environment: a chain id that is not given is not checked") {
  const auto loaded = load({{"GETH_HTTP", "http://g"}, {"ETHEREUM_CHAIN_ID", ""}});

  REQUIRE(loaded.ok());
  CHECK_FALSE(loaded.config.chains[0].chain_id);
}

TEST_CASE("read_environment: a dollar sign in a variable is a dollar sign") {
  const auto loaded = load({{"GETH_HTTP", "http://g/$$${X}"}});

  REQUIRE(loaded.ok());
  CHECK(loaded.config.chains[0].providers[0].channel.http.reveal() == "http://g/$$${X}");
}

TEST_CASE("read_environment: nothing that names a provider is a fault that says what to do") {
  const std::string nothing =
      "environment: names no provider; write /nonexistent/config.toml (example.toml shows how), "
      "give a file with --config, or set one or more of ERIGON_HTTP, GETH_HTTP, INFURA_HTTP, "
      "ALCHEMY_HTTP, QUICKNODE_HTTP, SOLANA_RPC_URL, HELIUS_HTTP, PUBLIC_RPC_ENDPOINTS";

  for (const Environment& environment :
       {Environment{}, Environment{{"ERIGON_HTTP", ""}, {"GETH_WS", ""}},
        Environment{{"PUBLIC_RPC_ENDPOINTS", " , ,"}},
        Environment{{"ETHEREUM_CHAIN_ID", "1"}, {"RPC_SIDECAR_SOCKET", "/tmp/s"}}}) {
    CHECK(fault_texts(load(environment)) == std::vector<std::string>{nothing});
  }
}

TEST_CASE("read_environment: faults name the variable and not its value") {
  const auto loaded = load({{"ERIGON_HTTP", "localhost:8545/key"},
                            {"GETH_WS", "http://key"},
                            {"INFURA_HTTP", "https://:0/key"},
                            {"PUBLIC_RPC_ENDPOINTS", "https://one,ftp://key"},
                            {"ETHEREUM_CHAIN_ID", "0x1"},
                            {"RPC_SIDECAR_HTTP", "localhost:80"},
                            {"RPC_SIDECAR_SOCKET", "@abstract"}});

  CHECK(
      fault_texts(loaded) ==
      std::vector<std::string>{
          ("environment: ETHEREUM_CHAIN_ID: is a string, but must be an integer from 1 to "
           "9223372036854775771"),
          "environment: ERIGON_HTTP: is not a URL; write http://, https:// or http+unix:///path",
          "environment: GETH_WS: has the scheme http://; write ws:// or wss://",
          "environment: INFURA_HTTP: has no host; write a name or an address after ://",
          ("environment: PUBLIC_RPC_ENDPOINTS item 2: has the scheme ftp://; write http://, "
           "https:// or http+unix:///path"),
          ("environment: RPC_SIDECAR_SOCKET: \"@abstract\" begins with `@`; abstract sockets have "
           "no permissions, write a file's path"),
          ("environment: RPC_SIDECAR_HTTP: \"localhost:80\" is not an address and a port; write "
           "127.0.0.1:PORT or [::1]:PORT"),
      });
}

TEST_CASE("apply_overrides: the two variables stand above the file") {
  const std::string_view text =
      "[listen]\npath = \"/file.sock\"\nmode = \"0600\"\n"
      "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
      "[[chain.provider]]\nname = \"p\"\nipc = \"/node.ipc\"\n";

  const auto plain = load_config_text(text, "f.toml", {{"RPC_SIDECAR_SOCKET", ""}});
  const auto overridden = load_config_text(
      text, "f.toml",
      {{"RPC_SIDECAR_SOCKET", "/over.sock"}, {"RPC_SIDECAR_HTTP", "[::1]:0"}, {"GETH_WS", "x"}});

  REQUIRE(plain.ok());
  CHECK(plain.config.listen.path == "/file.sock");
  REQUIRE(overridden.ok());
  CHECK(overridden.config.listen.path == "/over.sock");
  CHECK(overridden.config.listen.mode == 0600);
  CHECK(overridden.config.http.listen == "[::1]:0");
  CHECK(overridden.config.chains.size() == 1);
}

TEST_CASE("apply_overrides: an address that is not loopback needs allow_remote there too") {
  const auto loaded = load({{"GETH_HTTP", "http://g"}, {"RPC_SIDECAR_HTTP", "0.0.0.0:8645"}});

  CHECK(fault_texts(loaded) ==
        std::vector<std::string>{"environment: RPC_SIDECAR_HTTP: is not a loopback address; write "
                                 "127.0.0.1:PORT or [::1]:PORT, or set allow_remote = true to let "
                                 "others in"});
}

TEST_CASE("apply_overrides: a section that is no table is the reader's fault to tell") {
  const auto loaded =
      load_config_text("listen = 3\n", "f.toml", {{"RPC_SIDECAR_SOCKET", "/over.sock"}});

  CHECK(fault_texts(loaded) ==
        std::vector<std::string>{
            "f.toml:1:1: chain: is missing; write at least one [[chain]]",
            "f.toml:1:10: listen: is an integer, but must be one table; write [listen]"});
}

}  // namespace
}  // namespace sidecar::testing
