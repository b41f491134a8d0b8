#include "policy/method_rules.h"

#include <algorithm>

namespace sidecar {

bool glob_matches(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;  // of the last `*` passed
  size_t resume = 0;                     // where that star's run of characters ends for now
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*') {
      ++p;
      ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool MethodRules::is_allowed(std::string_view method) {
  if (options_.allow.empty() && options_.deny.empty()) {
    return true;
  }
  if (method.size() > kNameBytesMax) {
    return is_listed(method);
  }
  const auto found = decided_.find(method);
  if (found != decided_.end()) {
    return found->second;
  }
  if (decided_.size() >= kLearnedMax) {
    decided_.clear();
  }
  return decided_.emplace(method, is_listed(method)).first->second;
}

bool MethodRules::is_listed(std::string_view method) const {
  const auto matches = [method](const std::string& glob) { return glob_matches(glob, method); };
  return std::none_of(options_.deny.begin(), options_.deny.end(), matches) &&
         (options_.allow.empty() ||
          std::any_of(options_.allow.begin(), options_.allow.end(), matches));
}

bool MethodRules::is_unsupported(std::string_view method, Instant now) const {
  if (unsupported_until_.empty()) {
    return false;
  }
  const auto found = unsupported_until_.find(method);
  return found != unsupported_until_.end() && now < found->second;
}

void MethodRules::on_unsupported(std::string_view method, Instant now) {
  if (method.size() > kNameBytesMax) {
    return;
  }
  const Instant until = now + options_.unsupported_memory;
  const auto found = unsupported_until_.find(method);
  if (found != unsupported_until_.end()) {
    found->second = until;
    return;
  }
  if (unsupported_until_.size() >= kLearnedMax) {
    unsupported_until_.erase(
        std::min_element(unsupported_until_.begin(), unsupported_until_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  unsupported_until_.emplace(method, until);
}

void MethodRules::on_supported(std::string_view method) {
  if (unsupported_until_.empty()) {
    return;
  }
  const auto found = unsupported_until_.find(method);
  if (found != unsupported_until_.end()) {
    unsupported_until_.erase(found);
  }
}

}  // namespace sidecar
