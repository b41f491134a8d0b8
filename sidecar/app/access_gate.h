#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/types.h"
#include "core/worker_table.h"
#include "downstream/access_port.h"
#include "policy/access.h"
#include "policy/quota.h"

namespace sidecar {

class Telemetry;

/// Who may do what: numbers users with their groups, finds each one's rule and quota, names workers
/// for counting, and says no in words that help.
///   greet ─▶ user ─▶ rule (policy/access.h), quota (policy/quota.h), worker `uid:1000`
///   refusal ─▶ may the rule's users do this? ─▶ has the user room? ─▶ a place in the quota
/// A refusal is counted, reported as a call that is over, and logged with uid and pid.
/// Limits: AccessPort::kUsersMax users with their groups; later ones are treated like who comes
/// over TCP: nobody known. kNamesMax names a user. kLogRate lines a second. Owner: Daemon.
class AccessGate final : public AccessPort {
 public:
  static constexpr uint32_t kNamesMax = 64;
  static constexpr uint32_t kLogRate = 1;
  static constexpr uint32_t kLogBurst = 20;

  /// All outlive it.
  struct House {
    const Clock& clock;
    WorkerTable& workers;
    Telemetry& telemetry;
    const std::vector<ChainInfo>& chains;
  };
  /// Root and `own_uid` are administrators.
  AccessGate(House house, std::vector<AccessRule> rules, uint32_t own_uid);

  /// From now on, for sessions that are open too; what is counted in stays so.
  void set_rules(std::vector<AccessRule> rules);

  Visitor greet(const PeerCredentials& peer) override;
  Visitor greeted(uint16_t user, int32_t pid) const override;
  void rename(Visitor& visitor, std::string_view client) override;
  std::string refusal(const Visitor& visitor, Quota::Kind kind, std::string_view method,
                      ChainNumber chain, Quota::Place& place) override;

 private:
  struct User {
    Peer peer;
    WorkerNumber worker = 0;
    uint32_t name_count = 0;
    size_t rule = 0;
    Quota* quota = nullptr;
  };

  uint16_t add_user(Peer peer, std::string_view name);
  void find_rule(User& user);
  const ChainInfo* chain_of(ChainNumber chain, std::string_view method) const;
  std::string deny(const Visitor& visitor, const AccessQuestion& question, AccessVerdict verdict);
  std::string turn_away(const Visitor& visitor, const AccessQuestion& question,
                        const Quota::Refusal& why);
  void report(const Visitor& visitor, const AccessQuestion& question, std::string_view outcome);

  House house_;
  uint32_t own_uid_;
  AccessPolicy policy_;
  std::vector<User> users_;                            ///< 0 is nobody known
  std::map<std::vector<uint32_t>, uint16_t> numbers_;  ///< by uid and groups
  std::map<std::pair<uint64_t, std::string>, std::unique_ptr<Quota>> quotas_;  ///< by user and rule
  Quota log_lines_;
  uint64_t unlogged_ = 0;
};

}  // namespace sidecar
