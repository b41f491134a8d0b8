#include "config/load_config.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/config/temp_dir.h"

namespace sidecar::testing {
namespace {

using Faults = std::vector<std::string>;

constexpr std::string_view kMinimal =
    "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
    "[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\n";

Faults fault_texts(const LoadedConfig& loaded) {
  Faults texts;
  for (const ConfigFault& fault : loaded.faults) {
    texts.push_back(to_text(fault));
  }
  return texts;
}

TEST_CASE(
    "load_config: reads the file that is named, else the default file, else the environment") {
  const TempDir dir;
  const std::string named =
      dir.write("named.toml", "[listen]\npath = \"/a\"\n" + std::string(kMinimal));
  const std::string usual =
      dir.write("usual.toml", "[listen]\npath = \"/b\"\n" + std::string(kMinimal));
  const Environment environment = {{"GETH_HTTP", "http://g"}};

  const auto by_name = load_config(named, environment, usual);
  const auto by_default = load_config(std::nullopt, environment, usual);
  const auto by_environment = load_config(std::nullopt, environment, dir.path() + "/none.toml");

  REQUIRE(by_name.ok());
  CHECK(by_name.config.listen.path == "/a");
  CHECK(by_name.config.source == named);
  REQUIRE(by_default.ok());
  CHECK(by_default.config.listen.path == "/b");
  CHECK(by_default.config.chains[0].providers[0].channel.name == "p");
  REQUIRE(by_environment.ok());
  CHECK(by_environment.config.chains[0].providers[0].channel.name == "geth");
}

TEST_CASE("load_config: a file that is there but not usable is a fault, whatever else there is") {
  const TempDir dir;
  const Environment environment = {{"GETH_HTTP", "http://g"}};
  const std::string open = dir.write("open.toml", kMinimal, 0646);
  const std::string none = dir.path() + "/none.toml";
  const std::string big = dir.write("big.toml", std::string((1u << 20) + 1, '#'));

  CHECK(fault_texts(load_config(std::nullopt, environment, open)) ==
        Faults{open + ": others may change it (mode 0646); chmod it to 0644"});
  CHECK(fault_texts(load_config(none, environment)) ==
        Faults{none + ": cannot be opened: No such file or directory"});
  CHECK(fault_texts(load_config(big, environment)) == Faults{big + ": is longer than 1MiB"});
  CHECK(fault_texts(load_config(dir.path(), environment)) ==
        Faults{dir.path() + ": is not a regular file"});
}

TEST_CASE("load_config: every key of every type reaches its field") {
  const TempDir dir;
  const std::string bundle = dir.write("ca.pem", "");
  const auto loaded = load_config_text(
      "credentials_dir = \"/keys\"\n"
      "[listen]\npath = \"/s\"\nmode = \"0600\"\ngroup = \"rpc\"\nbacklog = 7\n"
      "[http]\nlisten = \"0.0.0.0:1\"\nallow_remote = true\nhosts = [\"a.b\", \"c:1\"]\n"
      "origins = [\"https://x.y\"]\nidle_timeout = \"1m\"\nrequest_timeout = \"2s\"\n"
      "[limits]\nrequest_bytes_max = \"1MiB\"\nbatch_reply_bytes_max = 2048\n"
      "session_calls_in_flight_max = 3\ncalls_in_flight_max = 4\ncall_deadline = \"5s\"\n"
      "[log]\nlevel = \"debug\"\nformat = \"json\"\ncalls = 7\n"
      "[[chain]]\nname = \"base\"\nfamily = \"evm\"\nchain_id = 8453\n"
      "[[chain.provider]]\nname = \"p\"\nhttp = \"https://u:p@h/k\"\nws = \"wss://h/k\"\n"
      "ipc = \"/n.ipc\"\nheaders = { Authorization = \"Bearer k\", X-A = \"\" }\ntier = 2\n"
      "weight = 30\ntimeout = \"4s\"\nconnect_timeout = \"300ms\"\nconnections_max = 2\n"
      "queue_max = 9\nresponse_bytes_max = \"4GiB\"\nstream_bytes_min = \"1KiB\"\n"
      "held_bytes_max = \"2MiB\"\nrate_bytes_min = 10\nrate_window = \"20s\"\nping_interval = "
      "\"3s\"\nping_misses_max = 4\n"
      "ca_file = \"" +
          bundle +
          "\"\n"
          "[[chain]]\nname = \"sol\"\nfamily = \"svm\"\nprovider = [{ name = \"p\", ipc = \"/x\", "
          "proxy = \"socks5h://127.0.0.1:9\" }]\n",
      "f.toml", {});

  REQUIRE(fault_texts(loaded) == Faults{});
  const Config& config = loaded.config;
  CHECK(config.credentials_dir == "/keys");
  CHECK(config.listen.path == "/s");
  CHECK(config.listen.mode == 0600);
  CHECK(config.listen.group == "rpc");
  CHECK(config.listen.backlog == 7);
  CHECK(config.http.listen == "0.0.0.0:1");
  CHECK(config.http.allow_remote);
  CHECK(config.http.hosts == std::vector<std::string>{"a.b", "c:1"});
  CHECK(config.http.origins == std::vector<std::string>{"https://x.y"});
  CHECK(config.http.idle_timeout == Millis(60'000));
  CHECK(config.http.request_timeout == Millis(2'000));
  CHECK(config.limits.request_bytes_max == 1u << 20);
  CHECK(config.limits.batch_reply_bytes_max == 2'048);
  CHECK(config.limits.calls_in_flight_max == 3);
  CHECK(config.dispatcher.calls_in_flight_max == 4);
  CHECK(config.dispatcher.call_deadline == Millis(5'000));
  CHECK(config.log.level == "debug");
  CHECK(config.log.format == "json");
  CHECK(config.log.calls == "7");
  REQUIRE(config.chains.size() == 2);
  CHECK(config.chains[0].chain_id == 8453u);
  REQUIRE(config.chains[0].providers.size() == 1);
  const ProviderOptions& provider = config.chains[0].providers[0].channel;
  CHECK(provider.http.reveal() == "https://u:p@h/k");
  CHECK(provider.ws.reveal() == "wss://h/k");
  CHECK(provider.ipc == "/n.ipc");
  REQUIRE(provider.headers.size() == 2);
  CHECK(provider.headers[0].first == "Authorization");
  CHECK(provider.headers[0].second.reveal() == "Bearer k");
  CHECK(provider.headers[1].second.reveal().empty());
  CHECK(provider.tier == 2);
  CHECK(provider.weight == 30);
  CHECK(provider.timeout == Millis(4'000));
  CHECK(provider.connect_timeout == Millis(300));
  CHECK(provider.connections_max == 2);
  CHECK(provider.queue_max == 9);
  CHECK(provider.response_bytes_max == size_t{4} << 30);
  CHECK(provider.stream_bytes_min == 1u << 10);
  CHECK(provider.held_bytes_max == 2u << 20);
  CHECK(provider.rate_bytes_min == 10);
  CHECK(provider.rate_window == Millis(20'000));
  CHECK(provider.ping_interval == Millis(3'000));
  CHECK(provider.ping_misses_max == 4);
  CHECK(config.chains[1].providers[0].channel.proxy == "socks5h://127.0.0.1:9");
  CHECK(provider.ca_file == bundle);
  CHECK(config.chains[1].family == Family::kSvm);
  CHECK(config.chains[1].providers[0].channel.ipc == "/x");
}

TEST_CASE("load_config: the state folder is what is written, else the first that systemd names") {
  const Environment systemd = {{"STATE_DIRECTORY", "/var/lib/one:/var/lib/two"}};
  const std::string written = "[state]\ndir = \"/srv/state\"\n" + std::string(kMinimal);

  CHECK(load_config_text(kMinimal, "f", systemd).config.state.dir == "/var/lib/one");
  CHECK(load_config_text(written, "f", systemd).config.state.dir == "/srv/state");
  CHECK(load_config_text(kMinimal, "f", {}).config.state.dir.empty());
}

TEST_CASE("load_config: the first chain of each family is its default") {
  const auto loaded = load_config_text(
      "[[chain]]\nname = \"s\"\nfamily = \"svm\"\nprovider = [{ name = \"p\", ipc = \"/x\" }]\n"
      "[[chain]]\nname = \"b\"\nfamily = \"evm\"\nprovider = [{ name = \"p\", ipc = \"/x\" }]\n"
      "[[chain]]\nname = \"e\"\nfamily = \"evm\"\nprovider = [{ name = \"p\", ipc = \"/x\" }]\n",
      "f.toml", {});

  REQUIRE(loaded.ok());
  CHECK(default_chain(loaded.config, Family::kEvm)->name == "b");
  CHECK(default_chain(loaded.config, Family::kSvm)->name == "s");
}

TEST_CASE("load_config: substitution works in every kind of string") {
  const TempDir dir;
  dir.write("key", "k3y\n");
  const auto loaded = load_config_text(
      "credentials_dir = \"${DIR}\"\n"
      "[listen]\npath = \"/run/${NAME}.sock\"\nmode = \"${MODE}\"\n"
      "[http]\nhosts = [\"${NAME}.net\", \"b\"]\nidle_timeout = \"${TIME}\"\n"
      "[limits]\nrequest_bytes_max = \"${SIZE}\"\n"
      "[[chain]]\nname = \"${NAME}\"\nfamily = \"${FAMILY}\"\n"
      "[[chain.provider]]\nname = \"p\"\nhttp = \"https://h/${CRED:key}/$$\"\n"
      "headers = { A = \"Bearer ${CRED:key}\" }\n",
      "f.toml",
      {{"DIR", dir.path()},
       {"NAME", "base"},
       {"MODE", "0600"},
       {"TIME", "3s"},
       {"SIZE", "2MiB"},
       {"FAMILY", "svm"}});

  REQUIRE(fault_texts(loaded) == Faults{});
  CHECK(loaded.config.listen.path == "/run/base.sock");
  CHECK(loaded.config.listen.mode == 0600);
  CHECK(loaded.config.http.hosts == std::vector<std::string>{"base.net", "b"});
  CHECK(loaded.config.http.idle_timeout == Millis(3'000));
  CHECK(loaded.config.limits.request_bytes_max == 2u << 20);
  CHECK(loaded.config.chains[0].name == "base");
  CHECK(loaded.config.chains[0].family == Family::kSvm);
  const ProviderOptions& provider = loaded.config.chains[0].providers[0].channel;
  CHECK(provider.http.reveal() == "https://h/k3y/$");
  CHECK(provider.headers[0].second.reveal() == "Bearer k3y");
}

TEST_CASE("load_config: no fault of a later kind hides one of an earlier, and all are sorted") {
  const auto loaded = load_config_text(
      "moed = 1\n"
      "[[chain]]\n"
      "name = \"e\"\n"
      "family = \"evm\"\n"
      "[[chain.provider]]\n"
      "name = \"${NONE}\"\n"
      "tier = \"2\"\n"
      "[listen]\n"
      "backlog = 0\n",
      "f.toml", {{"RPC_SIDECAR_HTTP", "x"}});

  CHECK(fault_texts(loaded) ==
        Faults{
            "f.toml:1:1: moed: unknown key; did you mean \"mode\" of [listen]?",
            "f.toml:5:1: chain.provider: has no endpoint; write one or more of http, ws and ipc",
            "f.toml:6:8: chain.provider.name: ${NONE} is not set in the environment; set NONE",
            "f.toml:7:8: chain.provider.tier: is a string, but must be an integer from 1 to 99",
            "f.toml:9:11: listen.backlog: 0 is out of range; write an integer from 1 to 65535",
            ("environment: RPC_SIDECAR_HTTP: \"x\" is not an address and a port; write "
             "127.0.0.1:PORT or [::1]:PORT"),
        });
}

TEST_CASE("load_config: a whole file of nonsense ends in a bounded list") {
  std::string text;
  size_t key_count = 0;
  while (text.size() < (1u << 20) - 32) {
    text += "tmieout" + std::to_string(++key_count) + " = 1\n";
  }

  const auto faults = fault_texts(load_config_text(text, "f.toml", {}));

  REQUIRE(faults.size() == FaultList::kFaultsMax + 1);
  CHECK(faults[0] == "f.toml:1:1: tmieout1: unknown key; did you mean [timeout]?");
  CHECK(faults.back() ==
        "f.toml: " + std::to_string(key_count + 1 - FaultList::kFaultsMax) + " more faults");
}

TEST_CASE("load_config: more chains or providers than the limit are a fault, the limit is none") {
  const auto with_chains = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      text += "[[chain]]\nname = \"c" + std::to_string(i) +
              "\"\nfamily = \"evm\"\nprovider = [{ name = \"p\", ipc = \"/x\" }]\n";
    }
    return fault_texts(load_config_text(text, "f.toml", {}));
  };
  const auto with_providers = [](size_t count) {
    std::string text = "[[chain]]\nname = \"c\"\nfamily = \"evm\"\n";
    for (size_t i = 0; i < count; ++i) {
      text += "[[chain.provider]]\nname = \"p" + std::to_string(i) + "\"\nipc = \"/x\"\n";
    }
    return fault_texts(load_config_text(text, "f.toml", {}));
  };

  CHECK(with_chains(256) == Faults{});
  CHECK(with_chains(257) == Faults{"f.toml:1:1: chain: has 257 items; write 1 to 256 [[chain]]"});
  CHECK(with_providers(256) == Faults{});
  CHECK(with_providers(257) ==
        Faults{"f.toml:4:1: chain.provider: has 257 items; write 1 to 256 [[chain.provider]]"});
}

TEST_CASE("pool_options: zeros mean what is usual in the family") {
  ChainConfig evm;
  ChainConfig svm;
  svm.family = Family::kSvm;
  ChainConfig own = svm;
  own.block_time = Millis(250);
  own.lag_blocks_max = 5;
  own.strategy = "lowest_cost";

  CHECK(pool_options(evm).head.block_time == Millis(12'000));
  CHECK(pool_options(evm).head.lag_blocks_max == 16);
  CHECK(pool_options(evm).head.lag_blocks_back == 4);
  CHECK(pool_options(svm).head.block_time == Millis(400));
  CHECK(pool_options(svm).head.lag_blocks_max == 50);
  CHECK(pool_options(svm).head.lag_blocks_back == 10);
  CHECK(pool_options(own).head.block_time == Millis(250));
  CHECK(pool_options(own).head.lag_blocks_back == 5);
  CHECK(pool_options(own).strategy == Strategy::kLowestCost);
}

TEST_CASE("terms_options: the vendor is told by the URL's host, unless it is written") {
  ProviderConfig provider;
  provider.channel.http = Secret("https://eth-mainnet.g.alchemy.com/v2/key");
  CHECK(terms_options(provider).vendor == Vendor::kAlchemy);
  CHECK(terms_options(provider).unit == BudgetUnit::kRequests);

  provider.vendor = "quicknode";
  provider.budget_unit = "credits";

  CHECK(terms_options(provider).vendor == Vendor::kQuicknode);
  CHECK(terms_options(provider).unit == BudgetUnit::kCredits);
}

TEST_CASE("load_config: a least setting above its most is a fault that names both") {
  const auto faults = [](const std::string& head) {
    const auto loaded =
        load_config_text(head +
                             "\n[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
                             "[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\n",
                         "f.toml", {});
    return loaded.faults.empty() ? std::string() : to_text(loaded.faults[0]);
  };

  CHECK(faults("[breaker]\nopen_min = \"20m\"") ==
        "f.toml:2:12: breaker.open_min: is above open_max (10m); lower it, or raise open_max");
  CHECK(faults("[retry]\npause_max = \"1ms\"") ==
        "f.toml:2:13: retry.pause_max: is below pause_min (100ms); raise it, or lower pause_min");
  CHECK(faults("[hedge]\ndelay_min = \"20s\"").find("hedge.delay_min: is above") !=
        std::string::npos);
  CHECK(faults("[cooldown]\npause_min = \"1h\"").find("cooldown.pause_min: is above") !=
        std::string::npos);
  CHECK(faults("[breaker]\nopen_min = \"20m\"\nopen_max = \"20m\"") == "");
}

TEST_CASE("load_config: a genesis hash is for svm, and a strategy is one of the six") {
  const auto loaded = load_config_text(
      "[[chain]]\nname = \"e\"\nfamily = \"evm\"\ngenesis_hash = \"5eykt\"\n"
      "strategy = \"fastest\"\n[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\n",
      "f.toml", {});

  REQUIRE(loaded.faults.size() == 2);
  CHECK(to_text(loaded.faults[0]) ==
        "f.toml:4:16: chain.genesis_hash: is checked on svm chains only; write chain_id");
  CHECK(to_text(loaded.faults[1]) ==
        "f.toml:5:12: chain.strategy: \"fastest\" is not priority_weighted, round_robin, "
        "weighted_random, least_inflight, lowest_latency or lowest_cost");
}

}  // namespace
}  // namespace sidecar::testing
