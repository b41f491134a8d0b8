#include "app/access_gate.h"

#include <algorithm>
#include <array>

#include "app/admin.h"
#include "app/telemetry.h"
#include "base/log.h"
#include "net/first_byte.h"
#include "rpc/method_table.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

constexpr uint16_t kNobodyKnown = 0;
constexpr uint64_t kNobodysQuota = UINT64_MAX;
constexpr size_t kMethodShownMax = 64;

/// What a worker cannot call itself: it would pass for somebody else.
bool is_name_taken(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOurs{"sidecar", "other", "tcp", "unknown"};
  return name.empty() || name.starts_with("uid:") ||
         std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end();
}

/// A worker's name as it said it in HELLO, without the version behind the slash. The library's own
/// name tells nobody from anybody.
std::string_view worker_name(std::string_view client) {
  constexpr std::string_view kLibrary = "librpcsidecar";
  const std::string_view name = client.substr(0, client.find('/'));
  return name == kLibrary ? std::string_view() : name;
}

bool sends_transaction(std::string_view method) {
  const MethodRow& row = method_row(method);
  if (row.method_class != MethodClass::kUnsafe) {
    return row.method_class == MethodClass::kTx;
  }
  const size_t underscore = method.find('_');
  return method.substr(underscore == std::string_view::npos ? 0 : underscore + 1)
      .starts_with("send");
}

/// A method's name came from a worker: for the log it is cut, and has no blanks and controls.
std::string plain(std::string_view method) {
  std::string text(method.substr(0, kMethodShownMax));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~' || c == '"' || c == '\\'; },
      '_');
  return text;
}

/// -1 for nobody known.
int64_t logged_uid(const Visitor& visitor) {
  return visitor.uid == UINT32_MAX ? -1 : int64_t{visitor.uid};
}

bool is_about_us(std::string_view method) {
  return method.starts_with("sidecar_");
}

std::string error_text(const ErrorSpec& spec) {
  std::string text;
  write_error_object(text, spec);
  return text;
}

}  // namespace

AccessGate::AccessGate(House house, std::vector<AccessRule> rules, uint32_t own_uid)
    : house_(house),
      own_uid_(own_uid),
      policy_(std::move(rules), own_uid),
      log_lines_({.rate = kLogRate, .burst = kLogBurst}) {
  add_user({}, "tcp");
}

void AccessGate::set_rules(std::vector<AccessRule> rules) {
  policy_ = AccessPolicy(std::move(rules), own_uid_);
  for (User& user : users_) {
    find_rule(user);
  }
  const auto is_unused = [this](const auto& each) {
    const Quota* quota = each.second.get();
    return quota->inflight_count() == 0 && quota->subscription_count() == 0 &&
           std::none_of(users_.begin(), users_.end(),
                        [quota](const User& user) { return user.quota == quota; });
  };
  std::erase_if(quotas_, is_unused);
}

uint16_t AccessGate::add_user(Peer peer, std::string_view name) {
  User& user = users_.emplace_back();
  user.peer = std::move(peer);
  user.worker = house_.workers.number_of(name);
  find_rule(user);
  return static_cast<uint16_t>(users_.size() - 1);
}

/// Of one uid's sessions all under the same rule share a quota, whatever their groups.
void AccessGate::find_rule(User& user) {
  user.rule = policy_.rule_of(user.peer);
  const AccessRule& rule = policy_.rule(user.rule);
  const uint64_t who = user.peer.is_known ? user.peer.uid : kNobodysQuota;
  std::unique_ptr<Quota>& quota = quotas_[{who, rule.name}];
  if (quota == nullptr) {
    quota = std::make_unique<Quota>(rule.quota);
  }
  quota->set_options(rule.quota);
  user.quota = quota.get();
}

Visitor AccessGate::greet(const PeerCredentials& peer) {
  if (peer.pid <= 0) {
    return greeted(kNobodyKnown, -1);
  }
  std::vector<uint32_t> key{peer.uid, peer.gid};
  key.insert(key.end(), peer.groups.begin(), peer.groups.end());
  std::sort(key.begin() + 2, key.end());
  const auto known = numbers_.find(key);
  if (known != numbers_.end()) {
    return greeted(known->second, peer.pid);
  }
  if (users_.size() >= kUsersMax) {
    house_.telemetry.on_limit("access_users");
    return greeted(kNobodyKnown, peer.pid);
  }
  Peer who{true, peer.uid, {key.begin() + 1, key.end()}};
  const uint16_t number = add_user(std::move(who), "uid:" + std::to_string(peer.uid));
  numbers_.emplace(std::move(key), number);
  return greeted(number, peer.pid);
}

Visitor AccessGate::greeted(uint16_t user, int32_t pid) const {
  const User& who = users_.at(user);
  return {user, who.peer.is_known ? who.peer.uid : UINT32_MAX, pid, who.worker};
}

void AccessGate::rename(Visitor& visitor, std::string_view client) {
  const std::string_view name = worker_name(client);
  User& user = users_.at(visitor.user);
  if (is_name_taken(name)) {
    return;
  }
  const size_t before = house_.workers.size();
  if (user.name_count >= kNamesMax && !house_.workers.has(name)) {
    house_.telemetry.on_limit("access_names");
    return;
  }
  visitor.worker = house_.workers.number_of(name);
  user.name_count += house_.workers.size() > before ? 1 : 0;
}

/// As the dispatcher resolves it.
const ChainInfo* AccessGate::chain_of(ChainNumber chain, std::string_view method) const {
  const MethodFamily family = family_of(method);
  const auto fits = [chain, family](const ChainInfo& one) {
    const bool is_of = family == MethodFamily::kAny ||
                       (family == MethodFamily::kEvm) == (one.family == Family::kEvm);
    return chain != 0 ? one.number == chain : is_of;
  };
  const auto found = std::find_if(house_.chains.begin(), house_.chains.end(), fits);
  return found == house_.chains.end() ? nullptr : &*found;
}

std::string AccessGate::refusal(const Visitor& visitor, Quota::Kind kind, std::string_view method,
                                ChainNumber chain, Quota::Place& place) {
  const User& user = users_.at(visitor.user);
  AccessQuestion question;
  question.method = method;
  question.is_admin_method = is_about_us(method) && !Admin::is_for_all(method);
  if (!is_about_us(method)) {
    const ChainInfo* info = chain_of(chain, method);
    question.chain = info != nullptr ? info->number : chain;
    question.is_dev_chain = info != nullptr && info->is_dev;
    question.sends_transaction = !policy_.rule(user.rule).may_send_tx && sends_transaction(method);
  }
  if (!is_about_us(method) || question.is_admin_method) {
    const AccessVerdict verdict = policy_.judge(user.rule, user.peer, question);
    if (verdict != AccessVerdict::kAllowed) {
      return deny(visitor, question, verdict);
    }
  }
  if (question.is_admin_method) {
    log::info("admin_call", log::kv("uid", user.peer.uid), log::kv("pid", visitor.pid),
              log::kv("method", plain(method)));
    return {};  // whoever is drowning in calls must still get at the handles
  }
  if (const auto why = user.quota->enter(kind, house_.clock.now(), place)) {
    return turn_away(visitor, question, *why);
  }
  return {};
}

std::string AccessGate::deny(const Visitor& visitor, const AccessQuestion& question,
                             AccessVerdict verdict) {
  const AccessRule& rule = policy_.rule(users_.at(visitor.user).rule);
  house_.telemetry.count("policy_denied", rule.name);
  report(visitor, question, error_row(ErrorName::kPolicyDenied).text);
  Quota::Place line;
  if (log_lines_.enter(Quota::Kind::kCall, house_.clock.now(), line)) {
    ++unlogged_;
  } else {
    log::warn("policy_denied", log::kv("uid", logged_uid(visitor)), log::kv("pid", visitor.pid),
              log::kv("worker", house_.workers.name_of(visitor.worker)), log::kv("rule", rule.name),
              log::kv("method", plain(question.method)),
              log::kv("unlogged", std::exchange(unlogged_, 0)));
  }
  return error_text(
      {.name = ErrorName::kPolicyDenied, .message = denial_text(verdict, rule, question.method)});
}

std::string AccessGate::turn_away(const Visitor& visitor, const AccessQuestion& question,
                                  const Quota::Refusal& why) {
  const AccessRule& rule = policy_.rule(users_.at(visitor.user).rule);
  house_.telemetry.on_limit("access_" + std::string(why.limit));
  report(visitor, question, error_row(ErrorName::kClientLimit).text);
  const std::string message = "this user's " + std::string(why.limit) + " by access rule \"" +
                              rule.name + "\" is used up; ask again in " +
                              std::to_string(why.retry_after.count()) + " ms";
  return error_text({.name = ErrorName::kClientLimit,
                     .message = message,
                     .retry_after_ms = static_cast<uint64_t>(why.retry_after.count())});
}

void AccessGate::report(const Visitor& visitor, const AccessQuestion& question,
                        std::string_view outcome) {
  CallReport report;
  if (question.chain != 0 && question.chain <= house_.chains.size()) {
    report.chain_number = question.chain;
    report.chain = house_.chains[question.chain - 1u].name;
  }
  report.method = method_label(question.method);
  report.outcome = outcome;
  report.is_error = true;
  report.worker = visitor.worker;
  house_.telemetry.on_call_done(report);
}

}  // namespace sidecar
