#include "config/access_names.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>

#include "config/quantity.h"

namespace sidecar {
namespace {

// (uid_t)-1: no user and no group has it.
constexpr uint32_t kNobody = UINT32_MAX;
constexpr uint16_t kNoChain = UINT16_MAX;

std::optional<uint32_t> number_of(const std::string& text) {
  const auto number = parse_number(text);
  return number && *number < kNobody ? std::optional(static_cast<uint32_t>(*number)) : std::nullopt;
}

}  // namespace

std::optional<uint32_t> find_uid(const std::string& name) {
  if (const auto number = number_of(name)) {
    return number;
  }
  const passwd* found = ::getpwnam(name.c_str());
  return found != nullptr ? std::optional<uint32_t>(found->pw_uid) : std::nullopt;
}

std::optional<uint32_t> find_gid(const std::string& name) {
  if (const auto number = number_of(name)) {
    return number;
  }
  const group* found = ::getgrnam(name.c_str());
  return found != nullptr ? std::optional<uint32_t>(found->gr_gid) : std::nullopt;
}

std::vector<AccessRule> access_rules(const std::vector<AccessConfig>& rules,
                                     const std::vector<std::string>& chains) {
  std::vector<AccessRule> made;
  for (const AccessConfig& written : rules) {
    AccessRule& rule = made.emplace_back();
    rule.name = written.name;
    for (const std::string& name : written.uids) {
      rule.uids.push_back(find_uid(name).value_or(kNobody));
    }
    for (const std::string& name : written.gids) {
      rule.gids.push_back(find_gid(name).value_or(kNobody));
    }
    for (const std::string& name : written.chains) {
      const auto at = std::find(chains.begin(), chains.end(), name);
      // Left out, it could leave the list empty, which means all.
      rule.chains.push_back(at == chains.end() ? kNoChain
                                               : static_cast<uint16_t>(at - chains.begin() + 1));
    }
    rule.methods = written.methods;
    rule.may_send_tx = written.may_send_tx;
    rule.is_admin = written.is_admin;
    rule.quota = written.quota;
  }
  return made;
}

std::vector<AccessRule> access_rules(const Config& config) {
  std::vector<std::string> chains;
  for (const ChainConfig& chain : config.chains) {
    chains.push_back(chain.name);
  }
  return access_rules(config.access, chains);
}

}  // namespace sidecar
