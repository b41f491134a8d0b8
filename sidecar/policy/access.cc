#include "policy/access.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sidecar {

namespace {

constexpr uint32_t kRoot = 0;
constexpr std::string_view kDefaultName = "default";
constexpr size_t kMethodShownMax = 64;

/// One guarded method, or with a `*` all that begin like it.
constexpr std::array<std::string_view, 12> kGuarded = {
    "admin_*",   "debug_*", "personal_*",          "miner_*",      "engine_*",  "clique_*",
    "account_*", "les_*",   "eth_sendTransaction", "eth_accounts", "eth_sign*", "parity_set*"};

constexpr std::string_view stem(std::string_view guard) {
  return guard.ends_with('*') ? guard.substr(0, guard.size() - 1) : guard;
}

const std::string_view* guard_of(std::string_view method) {
  const auto found =
      std::find_if(kGuarded.begin(), kGuarded.end(), [method](std::string_view guard) {
        return guard.ends_with('*') ? method.starts_with(stem(guard)) : method == guard;
      });
  return found == kGuarded.end() ? nullptr : &*found;
}

/// `eth_*` and `*` were not written with keys in mind: a glob opens what is guarded only when it
/// spells out what guards it.
bool is_named(const AccessRule& rule, std::string_view guard, std::string_view method) {
  return std::any_of(rule.methods.allow.begin(), rule.methods.allow.end(),
                     [guard, method](const std::string& glob) {
                       return glob.starts_with(stem(guard)) && glob_matches(glob, method);
                     });
}

template <class List>
bool has(const List& list, uint32_t number) {
  return std::find(list.begin(), list.end(), number) != list.end();
}

bool is_for_everybody(const AccessRule& rule) {
  return rule.uids.empty() && rule.gids.empty();
}

bool matches(const AccessRule& rule, const Peer& peer) {
  if (is_for_everybody(rule)) {
    return true;
  }
  return peer.is_known && (has(rule.uids, peer.uid) ||
                           std::any_of(peer.groups.begin(), peer.groups.end(),
                                       [&rule](uint32_t group) { return has(rule.gids, group); }));
}

bool covers(const AccessRule& earlier, const AccessRule& rule) {
  if (is_for_everybody(earlier)) {
    return true;
  }
  return !is_for_everybody(rule) &&
         std::all_of(rule.uids.begin(), rule.uids.end(),
                     [&earlier](uint32_t uid) { return has(earlier.uids, uid); }) &&
         std::all_of(rule.gids.begin(), rule.gids.end(),
                     [&earlier](uint32_t gid) { return has(earlier.gids, gid); });
}

}  // namespace

bool is_guarded_method(std::string_view method) {
  return guard_of(method) != nullptr;
}

AccessPolicy::AccessPolicy(std::vector<AccessRule> rules, uint32_t own_uid) : own_uid_(own_uid) {
  rules_.reserve(rules.size() + 1);
  for (AccessRule& rule : rules) {
    MethodRules methods(rule.methods);
    rules_.push_back({std::move(rule), std::move(methods)});
  }
  AccessRule everybody;
  everybody.name = kDefaultName;
  rules_.push_back({std::move(everybody), MethodRules({})});
}

size_t AccessPolicy::rule_of(const Peer& peer) const {
  const auto found = std::find_if(rules_.begin(), rules_.end(),
                                  [&peer](const Rule& rule) { return matches(rule.terms, peer); });
  return static_cast<size_t>(found - rules_.begin());
}

AccessVerdict AccessPolicy::judge(size_t number, const Peer& peer, const AccessQuestion& question) {
  Rule& rule = rules_[number];
  const AccessRule& terms = rule.terms;
  if (question.is_admin_method) {
    const bool is_own = peer.is_known && (peer.uid == kRoot || peer.uid == own_uid_);
    return is_own || terms.is_admin ? AccessVerdict::kAllowed : AccessVerdict::kNotAdmin;
  }
  if (question.chain != 0 && !terms.chains.empty() && !has(terms.chains, question.chain)) {
    return AccessVerdict::kChain;
  }
  if (!rule.methods.is_allowed(question.method)) {
    return AccessVerdict::kDenied;
  }
  if (question.sends_transaction && !terms.may_send_tx) {
    return AccessVerdict::kSends;
  }
  const std::string_view* guard = question.is_dev_chain ? nullptr : guard_of(question.method);
  return guard == nullptr || is_named(terms, *guard, question.method) ? AccessVerdict::kAllowed
                                                                      : AccessVerdict::kGuarded;
}

std::string denial_text(AccessVerdict verdict, const AccessRule& rule, std::string_view method) {
  const std::string what(method.substr(0, kMethodShownMax));
  const std::string by = " by access rule \"" + rule.name + "\"";
  switch (verdict) {
    case AccessVerdict::kAllowed:
      return "";
    case AccessVerdict::kChain:
      return what + " is not allowed on this chain" + by + "; the rule's `chains` would list it";
    case AccessVerdict::kDenied:
      return what + " is not allowed" + by + "; see the rule's `allow` and `deny`";
    case AccessVerdict::kGuarded:
      return what + " is for a node's administrator or the holder of its keys and not allowed" +
             by + "; a rule's `allow` must name it, or the chain be set to `dev = true`";
    case AccessVerdict::kSends:
      return what + " sends a transaction, which is not allowed" + by +
             "; the rule's `may_send_tx` would let it";
    case AccessVerdict::kNotAdmin:
      return what + " is for administrators and not allowed" + by +
             "; ask as root or as the sidecar's own user, or set the rule's `admin`";
  }
  return "";
}

size_t shadowed_by(std::span<const AccessRule> rules, size_t index) {
  for (size_t i = 0; i < index; ++i) {
    if (covers(rules[i], rules[index])) {
      return i;
    }
  }
  return index;
}

}  // namespace sidecar
