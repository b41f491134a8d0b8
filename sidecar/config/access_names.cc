#include "config/access_names.h"

#include <grp.h>
#include <pwd.h>

#include "config/quantity.h"

namespace sidecar {
namespace {

// (uid_t)-1: no user and no group has it.
constexpr uint32_t kNobody = UINT32_MAX;

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

std::vector<AccessRule> access_rules(const Config& config) {
  std::vector<AccessRule> rules;
  for (const AccessConfig& written : config.access) {
    AccessRule rule;
    rule.name = written.name;
    for (const std::string& name : written.uids) {
      rule.uids.push_back(find_uid(name).value_or(kNobody));
    }
    for (const std::string& name : written.gids) {
      rule.gids.push_back(find_gid(name).value_or(kNobody));
    }
    for (size_t i = 0; i < config.chains.size(); ++i) {
      for (const std::string& name : written.chains) {
        if (name == config.chains[i].name) {
          rule.chains.push_back(static_cast<uint16_t>(i + 1));
        }
      }
    }
    rule.methods = written.methods;
    rule.may_send_tx = written.may_send_tx;
    rule.is_admin = written.is_admin;
    rule.quota = written.quota;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace sidecar
