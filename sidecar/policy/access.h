#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/method_rules.h"
#include "policy/quota.h"

namespace sidecar {

/// Who is at the other end of a connection, as the kernel says.
struct Peer {
  bool is_known = false;  ///< false over TCP, which shows no user
  uint32_t uid = 0;
  std::vector<uint32_t> groups;  ///< the primary one and all others
};

/// What some peers may do: one row of the policy, names made numbers.
struct AccessRule {
  std::string name;
  std::vector<uint32_t> uids;
  std::vector<uint32_t> gids;    ///< without uids and gids: for everybody, those over TCP included
  std::vector<uint16_t> chains;  ///< chain numbers; empty = all
  MethodRuleOptions methods;     ///< allow and deny
  bool may_send_tx = true;
  bool is_admin = false;  ///< may use the methods that change the sidecar
  QuotaOptions quota;     ///< of each user
};

/// The methods that no rule need deny: they belong to a node's administrator, or to whoever holds
/// the keys in it. On a development chain they are everybody's; else a rule's `allow` must name
/// them.
bool is_guarded_method(std::string_view method);

/// What is asked for. Views live during the call.
struct AccessQuestion {
  std::string_view method;
  uint16_t chain = 0;         ///< as it was resolved; 0 = none serves the method
  bool is_dev_chain = false;  ///< its nodes hold keys made for play
  bool sends_transaction = false;
  bool is_admin_method = false;  ///< about the sidecar, and changes it
};

enum class AccessVerdict : uint8_t {
  kAllowed,
  kChain,    ///< a chain that the rule does not list
  kDenied,   ///< by the rule's allow and deny
  kGuarded,  ///< not named by the rule
  kSends,    ///< the rule forbids transactions
  kNotAdmin,
};

/// Says who may ask for what: the first rule that a peer matches is its own, else the default,
/// by which everybody may do everything but what is guarded or changes the sidecar.
/// Not: it counts nothing (policy/quota.h) and knows no session.
/// Limits: what each rule's method_rules.h keep. Owner: app.
/// Source: SO_PEERCRED's uid and gid are those of connect(2); pid and path prove nothing.
class AccessPolicy {
 public:
  /// Root and `own_uid` may always use the methods that change the sidecar.
  AccessPolicy(std::vector<AccessRule> rules, uint32_t own_uid);

  /// The number of the peer's rule.
  size_t rule_of(const Peer& peer) const;
  const AccessRule& rule(size_t number) const { return rules_[number].terms; }
  size_t rule_count() const { return rules_.size(); }

  /// Requires: `rule` is rule_of(peer).
  AccessVerdict judge(size_t rule, const Peer& peer, const AccessQuestion& question);

 private:
  struct Rule {
    AccessRule terms;
    MethodRules methods;
  };

  std::vector<Rule> rules_;  ///< the default is the last
  uint32_t own_uid_;
};

/// For the one who was refused: why, by which rule, and what would allow it.
std::string denial_text(AccessVerdict verdict, const AccessRule& rule, std::string_view method);

/// Of a list of rules, the one before `index` that leaves it nobody; `index` when it matches some.
size_t shadowed_by(std::span<const AccessRule> rules, size_t index);

}  // namespace sidecar
