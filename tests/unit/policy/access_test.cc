#include "policy/access.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

constexpr uint32_t kOwn = 990;

Peer user(uint32_t uid, std::vector<uint32_t> groups = {}) {
  return {true, uid, std::move(groups)};
}

AccessRule rule(std::string name, std::vector<uint32_t> uids, std::vector<uint32_t> gids = {}) {
  AccessRule made;
  made.name = std::move(name);
  made.uids = std::move(uids);
  made.gids = std::move(gids);
  return made;
}

AccessRule allowing(std::vector<std::string> allow, std::vector<std::string> deny = {}) {
  AccessRule made = rule("some", {});
  made.methods.allow = std::move(allow);
  made.methods.deny = std::move(deny);
  return made;
}

AccessQuestion asking(std::string_view method) {
  AccessQuestion question;
  question.method = method;
  question.chain = 1;
  return question;
}

AccessVerdict judge(std::vector<AccessRule> rules, const Peer& peer,
                    const AccessQuestion& question) {
  AccessPolicy policy(std::move(rules), kOwn);
  return policy.judge(policy.rule_of(peer), peer, question);
}

}  // namespace

TEST_CASE("AccessPolicy: without rules all is allowed but what is guarded") {
  struct Row {
    std::string_view method;
    AccessVerdict verdict;
  };
  const std::vector<Row> rows = {
      {"eth_blockNumber", AccessVerdict::kAllowed},
      {"eth_sendRawTransaction", AccessVerdict::kAllowed},
      {"eth_signer", AccessVerdict::kGuarded},
      {"trace_block", AccessVerdict::kAllowed},
      {"made_up", AccessVerdict::kAllowed},
      {"sendTransaction", AccessVerdict::kAllowed},
      {"administrate", AccessVerdict::kAllowed},
      {"admin_addPeer", AccessVerdict::kGuarded},
      {"debug_setHead", AccessVerdict::kGuarded},
      {"debug_traceTransaction", AccessVerdict::kGuarded},
      {"personal_unlockAccount", AccessVerdict::kGuarded},
      {"miner_start", AccessVerdict::kGuarded},
      {"engine_newPayloadV3", AccessVerdict::kGuarded},
      {"eth_sign", AccessVerdict::kGuarded},
      {"eth_signTypedData_v4", AccessVerdict::kGuarded},
      {"eth_sendTransaction", AccessVerdict::kGuarded},
      {"eth_sendTransactions", AccessVerdict::kAllowed},
      {"eth_accounts", AccessVerdict::kGuarded},
      {"", AccessVerdict::kAllowed},
  };

  for (const Row& row : rows) {
    CAPTURE(row.method);
    CHECK(judge({}, user(1000), asking(row.method)) == row.verdict);
    CHECK(judge({}, {}, asking(row.method)) == row.verdict);
    CHECK(judge({}, user(0), asking(row.method)) == row.verdict);
  }
}

TEST_CASE("AccessPolicy: on a development chain nothing is guarded, but rules still hold") {
  AccessQuestion question = asking("eth_sendTransaction");
  question.is_dev_chain = true;

  CHECK(judge({}, user(1000), question) == AccessVerdict::kAllowed);
  CHECK(judge({allowing({}, {"eth_send*"})}, user(1000), question) == AccessVerdict::kDenied);
}

TEST_CASE("AccessPolicy: the first rule that a peer matches counts") {
  const AccessPolicy policy({rule("alice", {1000}), rule("desk", {}, {50, 60}), rule("rest", {})},
                            kOwn);
  const auto name_for = [&policy](const Peer& peer) {
    return policy.rule(policy.rule_of(peer)).name;
  };

  CHECK(name_for(user(1000, {50})) == "alice");
  CHECK(name_for(user(1001, {7, 60})) == "desk");
  CHECK(name_for(user(1001, {1000})) == "rest");
  CHECK(name_for({}) == "rest");
}

TEST_CASE("AccessPolicy: who is not known matches no rule for users, not even root's") {
  const AccessPolicy policy({rule("root", {0}, {0})}, kOwn);
  Peer nobody;
  nobody.groups = {0};

  CHECK(policy.rule(policy.rule_of(nobody)).name == "default");
  CHECK(policy.rule(policy.rule_of(user(0))).name == "root");
}

TEST_CASE("AccessPolicy: allow and deny bound what a rule's users may call") {
  const std::vector<AccessRule> rules = {allowing({"eth_*", "net_version"}, {"eth_getLogs"})};

  CHECK(judge(rules, user(1), asking("eth_call")) == AccessVerdict::kAllowed);
  CHECK(judge(rules, user(1), asking("net_version")) == AccessVerdict::kAllowed);
  CHECK(judge(rules, user(1), asking("web3_sha3")) == AccessVerdict::kDenied);
  CHECK(judge(rules, user(1), asking("eth_getLogs")) == AccessVerdict::kDenied);
}

TEST_CASE("AccessPolicy: what is guarded must be named; a wider glob does not reach it") {
  struct Row {
    std::string_view glob;
    std::string_view method;
    AccessVerdict verdict;
  };
  const std::vector<Row> rows = {
      {"*", "eth_sign", AccessVerdict::kGuarded},
      {"eth_*", "eth_accounts", AccessVerdict::kGuarded},
      {"eth_s*", "eth_sendTransaction", AccessVerdict::kGuarded},
      {"d*", "debug_traceCall", AccessVerdict::kGuarded},
      {"?ebug_*", "debug_traceCall", AccessVerdict::kGuarded},
      {"debug_*", "debug_traceCall", AccessVerdict::kAllowed},
      {"debug_trace*", "debug_traceCall", AccessVerdict::kAllowed},
      {"debug_trace*", "debug_setHead", AccessVerdict::kDenied},
      {"eth_sign*", "eth_signTypedData", AccessVerdict::kAllowed},
      {"eth_accounts", "eth_accounts", AccessVerdict::kAllowed},
      {"eth_sendTransaction", "eth_sendTransaction", AccessVerdict::kAllowed},
  };

  for (const Row& row : rows) {
    CAPTURE(row.glob);
    CAPTURE(row.method);
    CHECK(judge({allowing({std::string(row.glob)})}, user(1), asking(row.method)) == row.verdict);
  }
}

TEST_CASE("AccessPolicy: a rule with chains denies the others") {
  AccessRule one_chain = rule("one", {});
  one_chain.chains = {2};
  AccessQuestion question = asking("getSlot");

  question.chain = 2;
  CHECK(judge({one_chain}, user(1), question) == AccessVerdict::kAllowed);
  question.chain = 1;
  CHECK(judge({one_chain}, user(1), question) == AccessVerdict::kChain);
}

TEST_CASE("AccessPolicy: may_send_tx = false denies what sends a transaction") {
  AccessRule reader = rule("reader", {});
  reader.may_send_tx = false;
  AccessQuestion question = asking("eth_sendRawTransaction");

  CHECK(judge({reader}, user(1), question) == AccessVerdict::kAllowed);
  question.sends_transaction = true;
  CHECK(judge({reader}, user(1), question) == AccessVerdict::kSends);
}

TEST_CASE("AccessPolicy: root, the sidecar's own user and an admin rule's users may change it") {
  AccessRule operators = rule("operators", {}, {77});
  operators.is_admin = true;
  operators.methods.allow = {"eth_chainId"};
  AccessQuestion question = asking("sidecar_setLogLevel");
  question.chain = 0;
  question.is_admin_method = true;

  CHECK(judge({operators}, user(0), question) == AccessVerdict::kAllowed);
  CHECK(judge({operators}, user(kOwn), question) == AccessVerdict::kAllowed);
  CHECK(judge({operators}, user(1000, {77}), question) == AccessVerdict::kAllowed);
  CHECK(judge({operators}, user(1000), question) == AccessVerdict::kNotAdmin);
  CHECK(judge({operators}, {}, question) == AccessVerdict::kNotAdmin);
}

TEST_CASE("denial_text: names the rule and what would allow it") {
  const AccessRule desk = rule("desk", {});
  struct Row {
    AccessVerdict verdict;
    std::string_view remedy;
  };
  for (const Row& row : {Row{AccessVerdict::kChain, "`chains`"},
                         {AccessVerdict::kDenied, "`deny`"},
                         {AccessVerdict::kGuarded, "`dev = true`"},
                         {AccessVerdict::kSends, "`may_send_tx`"},
                         {AccessVerdict::kNotAdmin, "`admin`"}}) {
    const std::string text = denial_text(row.verdict, desk, "some_method");
    CAPTURE(text);
    CHECK(text.find("some_method") == 0);
    CHECK(text.find("\"desk\"") != std::string::npos);
    CHECK(text.find(row.remedy) != std::string::npos);
  }
  CHECK(denial_text(AccessVerdict::kDenied, desk, std::string(10'000, 'x')).size() < 300);
}

TEST_CASE("shadowed_by: finds the rule that leaves a later one nobody") {
  const std::vector<AccessRule> rules = {
      rule("a", {1, 2}, {9}), rule("b", {2}),  rule("c", {2, 3}), rule("d", {}, {9}),
      rule("e", {1}, {9, 8}), rule("all", {}), rule("f", {77}),
  };
  const std::vector<size_t> expected = {0, 0, 2, 0, 4, 5, 5};

  for (size_t i = 0; i < rules.size(); ++i) {
    CAPTURE(rules[i].name);
    CHECK(shadowed_by(rules, i) == expected[i]);
  }
}

}  // namespace sidecar::testing
