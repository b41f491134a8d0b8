// What [[access]] may say, with the exact line that people will read.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/access_names.h"
#include "config/config_printer.h"
#include "config/load_config.h"

namespace sidecar::testing {
namespace {

constexpr std::string_view kChain =
    "[[chain]]\nname = \"e\"\nfamily = \"evm\"\n"
    "[[chain.provider]]\nname = \"p\"\nhttp = \"http://h\"\n";

LoadedConfig load(const std::string& rules) {
  return load_config_text(rules + "\n" + std::string(kChain), "f.toml", {});
}

struct FaultCase {
  std::string text;
  std::string fault;
};

TEST_CASE("Config: faults of access rules") {
  const std::vector<FaultCase> cases = {
      {"[[access]]",
       "1:1: access.name: is missing; write 1 to 32 of a-z, 0-9, `_`, `.` and `-`, a "
       "letter or digit first"},
      {"[[access]]\nname = \"a\"\nuids = [\"no-such-user\"]",
       "3:9: access.uids: \"no-such-user\" is no user of this host; make it, or write a number"},
      {"[[access]]\nname = \"a\"\nuids = [1000, true]",
       "3:15: access.uids: is a boolean, but must be a string"},
      {"[[access]]\nname = \"a\"\nuids = [-1]",
       "3:9: access.uids: -1 is no user of this host; make it, or write a number"},
      {"[[access]]\nname = \"a\"\ngids = [\"no-such-group\"]",
       "3:9: access.gids: \"no-such-group\" is no group of this host; make it, or write a number"},
      {"[[access]]\nname = \"a\"\ngids = [4294967295]",
       "3:9: access.gids: 4294967295 is no group of this host; make it, or write a number"},
      {"[[access]]\nname = \"a\"\nchains = [\"f\"]",
       "3:10: access.chains: names \"f\", no chain of this file; write the name of a [[chain]]"},
      {"[[access]]\nname = \"a\"\nburst = 5",
       "3:9: access.burst: means nothing without rate; write both"},
      {"[[access]]\nname = \"a\"\nuids = [7]\n[[access]]\nname = \"a\"",
       "5:8: access.name: \"a\" is given already in line 2; write another name"},
      {"[[access]]\nname = \"all\"\n[[access]]\nname = \"b\"\nuids = [7]",
       "3:1: access: never applies: rule \"all\" before it is for the same users; put this one "
       "first, or remove it"},
      {"[[access]]\nname = \"a\"\nuids = [7, \"root\"]\n[[access]]\nname = \"b\"\nuids = [0]",
       "4:1: access: never applies: rule \"a\" before it is for the same users; put this one "
       "first, or remove it"},
  };

  for (const FaultCase& row : cases) {
    CAPTURE(row.text);
    const auto faults = load(row.text).faults;
    REQUIRE(faults.size() == 1);
    CHECK(to_text(faults[0]) == "f.toml:" + row.fault);
  }
}

TEST_CASE("Config: access rules come out in numbers, in their order") {
  const LoadedConfig loaded = load(
      "[[access]]\nname = \"desk\"\nuids = [\"root\", \"1001\", 1002]\ngids = [\"root\"]\n"
      "chains = [\"e\"]\nallow = [\"eth_*\"]\ndeny = [\"eth_call\"]\nmay_send_tx = false\n"
      "admin = true\nrate = 5\nburst = 9\ninflight_max = 3\nsubscriptions_max = 2\n"
      "[[access]]\nname = \"rest\"\n");
  REQUIRE(loaded.ok());

  const auto rules = access_rules(loaded.config);

  REQUIRE(rules.size() == 2);
  CHECK(rules[0].name == "desk");
  CHECK(rules[0].uids == std::vector<uint32_t>{0, 1001, 1002});
  CHECK(rules[0].gids == std::vector<uint32_t>{0});
  CHECK(rules[0].chains == std::vector<uint16_t>{1});
  CHECK(rules[0].methods.allow == std::vector<std::string>{"eth_*"});
  CHECK(rules[0].methods.deny == std::vector<std::string>{"eth_call"});
  CHECK_FALSE(rules[0].may_send_tx);
  CHECK(rules[0].is_admin);
  CHECK(rules[0].quota.rate == 5);
  CHECK(rules[0].quota.burst == 9);
  CHECK(rules[0].quota.inflight_max == 3);
  CHECK(rules[0].quota.subscriptions_max == 2);
  CHECK(rules[1].uids.empty());
  CHECK(rules[1].may_send_tx);
}

TEST_CASE("Config: a user who is gone since the check is nobody, not everybody") {
  Config config;
  config.access.emplace_back().uids = {"no-such-user"};

  const auto rules = access_rules(config);

  CHECK(rules[0].uids == std::vector<uint32_t>{UINT32_MAX});
}

TEST_CASE("Config: a chain that does not run is none, not all") {
  AccessConfig desk;
  desk.chains = {"gone", "e"};

  const auto rules = access_rules({desk}, {"d", "e"});

  CHECK(rules[0].chains == std::vector<uint16_t>{UINT16_MAX, 2});
}

TEST_CASE("Config: check prints the access rules") {
  const LoadedConfig loaded = load("[[access]]\nname = \"desk\"\nuids = [7]\nrate = 5");
  REQUIRE(loaded.ok());

  const std::string text = print_resolved(loaded.config);

  CHECK(text.find("\n# from f.toml:1:1\n[[access]]\nname = \"desk\"\nuids = [\"7\"]\n"
                  "gids = []  # default\n") != std::string::npos);
  CHECK(text.find("\nrate = 5\n") != std::string::npos);
}

}  // namespace
}  // namespace sidecar::testing
