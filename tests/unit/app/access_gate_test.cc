#include "app/access_gate.h"

#include "base/check.h"  // before doctest, which has a CHECK of its own

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "app/telemetry.h"
#include "net/first_byte.h"
#include "tests/support/fake_time.h"

namespace sidecar::testing {

namespace {

constexpr uint32_t kOwn = 990;

AccessRule rule(std::string name, std::vector<uint32_t> uids, const QuotaOptions& quota = {}) {
  AccessRule made;
  made.name = std::move(name);
  made.uids = std::move(uids);
  made.quota = quota;
  return made;
}

struct Gate {
  explicit Gate(std::vector<AccessRule> rules = {})
      : gate({time, workers, telemetry, chains}, std::move(rules), kOwn) {}

  Visitor user(uint32_t uid, std::vector<gid_t> groups = {}) {
    PeerCredentials peer;
    peer.uid = uid;
    peer.gid = uid;
    peer.pid = 4'321;
    peer.groups = std::move(groups);
    return gate.greet(peer);
  }
  Visitor over_tcp() { return gate.greet(PeerCredentials{}); }
  std::string name_of(const Visitor& visitor) { return workers.name_of(visitor.worker); }
  /// "" when it may; the place is left at once.
  std::string ask(const Visitor& visitor, std::string_view method, ChainNumber chain = 0) {
    Quota::Place place;
    return gate.refusal(visitor, Quota::Kind::kCall, method, chain, place);
  }

  FakeTime time;
  WorkerTable workers;
  Telemetry telemetry;
  std::vector<ChainInfo> chains{{1, "ethereum", Family::kEvm, 1},
                                {2, "solana", Family::kSvm, 0},
                                {3, "anvil", Family::kEvm, 31'337, true}};
  AccessGate gate;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("AccessGate: workers are counted by user, by tcp, or by the name they say") {
  Gate house;
  Visitor named = house.user(1'000);
  Visitor of_library = house.user(1'000);

  house.gate.rename(named, "searcher/2.1");
  house.gate.rename(of_library, "librpcsidecar/1.0");

  CHECK(house.name_of(house.user(1'000)) == "uid:1000");
  CHECK(house.name_of(house.over_tcp()) == "tcp");
  CHECK(house.name_of(named) == "searcher");
  CHECK(house.name_of(of_library) == "uid:1000");
}

TEST_CASE("AccessGate: nobody can call itself somebody else") {
  Gate house;

  for (const std::string_view name : {"sidecar", "other", "tcp", "unknown", "uid:0", "", "/1.0"}) {
    Visitor visitor = house.user(1'000);
    house.gate.rename(visitor, name);
    CHECK(house.name_of(visitor) == "uid:1000");
  }
}

TEST_CASE("AccessGate: one user cannot use up the names of all") {
  Gate house;
  for (uint32_t i = 0; i < 10 * AccessGate::kNamesMax; ++i) {
    Visitor visitor = house.user(1'000);
    house.gate.rename(visitor, "bot" + std::to_string(i));
  }
  Visitor other = house.user(1'001);
  Visitor again = house.user(1'000);

  house.gate.rename(other, "mine");
  house.gate.rename(again, "bot1");

  CHECK(house.name_of(other) == "mine");
  CHECK(house.name_of(again) == "bot1");
}

TEST_CASE("AccessGate: users past the limit are like who comes over TCP") {
  Gate house({rule("alice", {7}), rule("strangers", {}, {.rate = 1})});
  REQUIRE(house.name_of(house.user(7)) == "uid:7");
  for (uint32_t uid = 1'000; uid < 1'000 + 2 * AccessPort::kUsersMax; ++uid) {
    CHECK(house.user(uid).user < AccessPort::kUsersMax);
  }

  CHECK(house.name_of(house.user(999)) == "tcp");
  CHECK(house.name_of(house.user(7)) == "uid:7");
}

TEST_CASE("AccessGate: D22 a denied method is answered with the rule and the remedy") {
  Gate house({rule("desk", {1'000})});

  const std::string error = house.ask(house.user(1'000), "personal_unlockAccount");

  CHECK(has(error, R"("code":-32601)"));
  CHECK(has(error, R"("name":"POLICY_DENIED")"));
  CHECK(has(error, "\\\"desk\\\""));
  CHECK(has(house.telemetry.counters_json(), R"("policy_denied":{"desk":1})"));
}

TEST_CASE("AccessGate: a chain is known though the worker names none") {
  AccessRule only_solana = rule("desk", {});
  only_solana.chains = {2};
  Gate house({only_solana});
  const Visitor visitor = house.user(1'000);

  CHECK(house.ask(visitor, "getSlot").empty());
  CHECK(house.ask(visitor, "getSlot", 2).empty());
  CHECK(has(house.ask(visitor, "eth_chainId"), "POLICY_DENIED"));
  CHECK(has(house.ask(visitor, "eth_chainId", 1), "POLICY_DENIED"));
  CHECK(has(house.ask(visitor, "made_up", 9), "POLICY_DENIED"));
}

TEST_CASE("AccessGate: on a development chain keys are everybody's") {
  Gate house;
  const Visitor visitor = house.over_tcp();

  CHECK(house.ask(visitor, "eth_sendTransaction", 3).empty());
  CHECK(house.ask(visitor, "eth_accounts", 3).empty());
  CHECK(has(house.ask(visitor, "eth_accounts", 1), "POLICY_DENIED"));
  CHECK(has(house.ask(visitor, "eth_accounts"), "POLICY_DENIED"));
}

TEST_CASE("AccessGate: a reader sends no transaction, signed or not, listed or not") {
  AccessRule reader = rule("reader", {});
  reader.may_send_tx = false;
  Gate house({reader});
  const Visitor visitor = house.user(1'000);

  for (const std::string_view method :
       {"eth_sendRawTransaction", "eth_sendTransaction", "sendTransaction", "eth_sendBundle",
        "eth_sendPrivateTransaction", "sendBundle"}) {
    CAPTURE(method);
    CHECK(has(house.ask(visitor, method, 3), "POLICY_DENIED"));
  }
  CHECK(house.ask(visitor, "eth_call").empty());
  CHECK(house.ask(visitor, "made_up").empty());
}

TEST_CASE("AccessGate: status is for all; what changes the sidecar is root's and its own user's") {
  Gate house;

  CHECK(house.ask(house.user(1'000), "sidecar_status").empty());
  CHECK(house.ask(house.over_tcp(), "sidecar_status").empty());
  for (const std::string_view method :
       {"sidecar_drainProvider", "sidecar_setLogLevel", "sidecar_made_up"}) {
    CAPTURE(method);
    CHECK(has(house.ask(house.user(1'000), method), "POLICY_DENIED"));
    CHECK(has(house.ask(house.over_tcp(), method), "POLICY_DENIED"));
    CHECK(house.ask(house.user(0), method).empty());
    CHECK(house.ask(house.user(kOwn), method).empty());
  }
}

TEST_CASE("AccessGate: a user's sessions share one rate, and nobody else's") {
  Gate house({rule("all", {}, {.rate = 2})});

  CHECK(house.ask(house.user(1'000), "eth_call").empty());
  CHECK(house.ask(house.user(1'000, {50}), "eth_call").empty());
  const std::string error = house.ask(house.user(1'000), "eth_call");

  CHECK(has(error, R"("name":"CLIENT_LIMIT","retryable":true)"));
  CHECK(has(error, R"("retry_after_ms":500)"));
  CHECK(house.ask(house.user(1'001), "eth_call").empty());
  CHECK(house.ask(house.over_tcp(), "eth_call").empty());
  CHECK(has(house.telemetry.counters_json(), R"("access_rate":1)"));
  house.time.advance(Millis(500));
  CHECK(house.ask(house.user(1'000), "eth_call").empty());
}

TEST_CASE("AccessGate: who is over his rate can still be an administrator") {
  Gate house({rule("all", {}, {.rate = 1})});
  const Visitor root = house.user(0);
  REQUIRE(house.ask(root, "eth_call").empty());
  REQUIRE_FALSE(house.ask(root, "eth_call").empty());

  CHECK(house.ask(root, "sidecar_drainProvider").empty());
  CHECK_FALSE(house.ask(root, "sidecar_status").empty());
}

TEST_CASE("AccessGate: new rules hold for who is there already, and open calls stay counted") {
  Gate house;
  const Visitor visitor = house.user(1'000);
  Quota::Place old_place;
  REQUIRE(house.gate.refusal(visitor, Quota::Kind::kCall, "eth_call", 0, old_place).empty());

  house.gate.set_rules({rule("desk", {1'000}, {.inflight_max = 1})});
  Quota::Place place;
  CHECK(house.gate.refusal(visitor, Quota::Kind::kCall, "eth_call", 0, place).empty());
  CHECK(has(house.ask(visitor, "eth_call"), "inflight_max"));
  house.gate.set_rules({rule("desk", {1'000}, {.inflight_max = 2})});
  CHECK(house.ask(visitor, "eth_call").empty());
  house.gate.set_rules({});
  old_place = Quota::Place();
  place = Quota::Place();

  CHECK(house.ask(visitor, "eth_call").empty());
}

}  // namespace sidecar::testing
