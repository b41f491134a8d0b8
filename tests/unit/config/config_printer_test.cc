#include "config/config_printer.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "config/config_reference.h"
#include "config/key_table.h"
#include "config/load_config.h"
#include "config/toml_source.h"

namespace sidecar::testing {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool is_toml(const std::string& text) {
  FaultList faults("printed");
  return parse_toml(text, faults).has_value();
}

// Every way by which a secret can come in, each with a text that nothing else holds.
LoadedConfig load_secrets() {
  return load_config_text(
      "[listen]\npath = \"/run/${CANARY}.sock\"\nmode = \"${MODE}\"\n"
      "[http]\nhosts = [\"${CANARY}.net\"]\n"
      "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
      "[[chain.provider]]\nname = \"whole\"\nhttp = \"${URL}\"\nws = \"wss://h.net/canary\"\n"
      "headers = { X-Key = \"canary\", \"a|b\" = \"${CANARY}\" }\n"
      "[[chain.provider]]\nname = \"host\"\nhttp = \"https://${CANARY}.quiknode.pro/\"\n"
      "proxy = \"http://canary:canary@proxy:3128\"\n"
      "ipc = \"/${CANARY}.ipc\"\n"
      "[[chain.provider]]\nname = \"path\"\nhttp = \"https://h.net/v2/${CANARY}\"\n"
      "ws = \"wss://canary@h.net:1?k=canary\"\n"
      "[[chain.provider]]\nname = \"unix\"\nhttp = \"http+unix:///${CANARY}\"\n"
      "[[chain.provider]]\nname = \"${CANARY}\"\nhttp = \"http+unix:///run/node.sock\"\n",
      "f.toml", {{"CANARY", "canary"}, {"URL", "https://canary.net/canary"}, {"MODE", "0640"}});
}

TEST_CASE("print_resolved: stars every secret, and what it prints is TOML") {
  const auto loaded = load_secrets();
  REQUIRE(loaded.ok());

  const std::string text = print_resolved(loaded.config);

  CHECK_FALSE(contains(text, "canary"));
  CHECK_FALSE(contains(text, "0640"));
  CHECK(is_toml(text));
  CHECK(contains(text, "\npath = \"***\"\nmode = \"***\"\n"));
  CHECK(contains(text, "\nhosts = [\"***\"]\n"));
  CHECK(contains(text, "name = \"whole\"\n  http = \"***\"\n  ws = \"wss://h.net/***\"\n"));
  CHECK(contains(text, "headers = { X-Key = \"***\", \"a|b\" = \"***\" }\n"));
  CHECK(contains(text, "proxy = \"http://proxy:3128/***\"\n"));
  CHECK(contains(text, "name = \"host\"\n  http = \"***\"\n"));
  CHECK(contains(text, "ipc = \"***\"\n"));
  CHECK(contains(text, "name = \"path\"\n  http = \"https://h.net/***\"\n"));
  CHECK(contains(text, "ws = \"wss://h.net:1/***\"\n"));
  CHECK(contains(text, "name = \"unix\"\n  http = \"***\"\n"));
  CHECK(contains(text, "name = \"***\"\n  http = \"http+unix:///run/node.sock\"\n"));
}

TEST_CASE("print_resolved: tells what is a default and where each chain and provider came from") {
  const auto loaded = load_config_text(
      "[listen]\nmode = \"0600\"\n"
      "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
      "  [[chain.provider]]\n  name = \"p\"\n  http = \"http://h:1\"\n"
      "[[chain]]\nname = \"b\"\nfamily = \"evm\"\nchain_id = 8453\n"
      "  [[chain.provider]]\n  name = \"p\"\n  ipc = \"/x\"\n",
      "f.toml", {{"RPC_SIDECAR_SOCKET", "/over.sock"}});
  REQUIRE(loaded.ok());

  const std::string text = print_resolved(loaded.config);

  CHECK(text.starts_with(
      "# The configuration in effect, from f.toml. *** stands for what is secret.\n"));
  CHECK(contains(text,
                 "[listen]\npath = \"/over.sock\"  # RPC_SIDECAR_SOCKET\nmode = \"0600\"\n"
                 "group = \"\"  # default\nbacklog = 4096  # default\n"));
  CHECK(contains(text,
                 "\n# from f.toml:3:1\n[[chain]]  # the default of its family\nname = \"e\"\n"
                 "family = \"evm\"\ngenesis_hash = \"\"  # default\n"));
  CHECK(contains(text,
                 "\n  # from f.toml:6:3\n  [[chain.provider]]\n  name = \"p\"\n"
                 "  http = \"http://h:1\"\n  ws = \"\"  # default\n"));
  CHECK(contains(text,
                 "\n# from f.toml:9:1\n[[chain]]\nname = \"b\"\nfamily = \"evm\"\n"
                 "chain_id = 8453\ngenesis_hash"));
  CHECK(contains(text, "\n  # from f.toml:13:3\n"));
}

TEST_CASE("print_resolved: what the environment gave names its variable") {
  const auto loaded =
      load_config(std::nullopt, {{"GETH_HTTP", "http://g/canary"}, {"GETH_WS", "ws://g"}},
                  "/nonexistent/config.toml");
  REQUIRE(loaded.ok());

  const std::string text = print_resolved(loaded.config);

  CHECK(is_toml(text));
  CHECK(contains(text,
                 "  # from environment: GETH_HTTP\n  [[chain.provider]]\n  name = \"geth\"\n"
                 "  http = \"http://g/***\"\n  ws = \"ws://g\"  # GETH_WS\n"));
}

TEST_CASE("print_resolved: without a secret in it, it loads as the same configuration") {
  const std::string minimal =
      "[http]\nhosts = [\"a\", \"b\"]\n[[chain]]\nname = \"e\"\nfamily = \"evm\"\nchain_id = 5\n"
      "[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\ntimeout = \"1500ms\"\n";
  const auto first = load_config_text(minimal, "f.toml", {});
  REQUIRE(first.ok());

  const auto second = load_config_text(print_resolved(first.config), "f.toml", {});

  REQUIRE(second.ok());
  CHECK(second.config.http.hosts == first.config.http.hosts);
  CHECK(second.config.chains[0].chain_id == first.config.chains[0].chain_id);
  CHECK(second.config.chains[0].providers[0].channel.timeout == Millis(1'500));
}

TEST_CASE("describe_config: tells every key, variable, default and range in at most 80 columns") {
  const std::string text = describe_config();

  for (const KeyRow& row : key_rows()) {
    CAPTURE(row.name);
    CHECK(contains(text, "\n  " + std::string(row.name) + "\n"));
    CHECK((row.fallback.empty() || contains(text, "default\n      " + std::string(row.fallback)) ||
           contains(text, "default " + std::string(row.fallback))));
  }
  for (const std::string_view name :
       {"ERIGON_HTTP", "GETH_WS", "INFURA_HTTP", "ALCHEMY_WS", "QUICKNODE_HTTP",
        "PUBLIC_RPC_ENDPOINTS", "SOLANA_RPC_URL", "SOLANA_WS_URL", "HELIUS_HTTP",
        "RPC_SIDECAR_SOCKET", "RPC_SIDECAR_HTTP", "ETHEREUM_CHAIN_ID"}) {
    CAPTURE(name);
    CHECK(contains(text, "\n  " + std::string(name) + "\n"));
  }
  CHECK(contains(text, "\n[[chain.provider]]\n"));
  CHECK(contains(text, "  tier\n      an integer from 1 to 99; default 1\n"));
  size_t line_begin = 0;
  while (line_begin < text.size()) {
    const size_t line_end = text.find('\n', line_begin);
    REQUIRE(line_end != std::string::npos);
    CHECK(line_end - line_begin <= 80);
    line_begin = line_end + 1;
  }
}

}  // namespace
}  // namespace sidecar::testing
