#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"

namespace sidecar {

/// `*` stands for any run of characters, `?` for one; case counts.
bool glob_matches(std::string_view pattern, std::string_view name);

struct MethodRuleOptions {
  std::vector<std::string> allow;  ///< globs; empty = all
  std::vector<std::string> deny;   ///< globs; beats allow
  Millis unsupported_memory{
      300'000};  ///< a method it said it does not have is not asked for this long

  bool operator==(const MethodRuleOptions&) const = default;
};

/// Which methods a provider is asked for: by configuration, and by what it said.
/// Limits: kLearnedMax methods are remembered, the oldest forgotten first; decisions of the globs
/// are cached by method (same bound). A name longer than kNameBytesMax is of no known method and is
/// neither remembered nor cached. Owner: Provider, by value.
class MethodRules {
 public:
  static constexpr size_t kLearnedMax = 256;
  static constexpr size_t kNameBytesMax = 128;

  explicit MethodRules(MethodRuleOptions options) : options_(std::move(options)) {}

  bool is_allowed(std::string_view method);
  bool is_unsupported(std::string_view method, Instant now) const;
  void on_unsupported(std::string_view method, Instant now);
  void on_supported(std::string_view method);
  /// Other globs; what the provider said is kept.
  void set_options(MethodRuleOptions options) {
    options_ = std::move(options);
    decided_.clear();
  }
  size_t learned_count() const { return unsupported_until_.size(); }

 private:
  bool is_listed(std::string_view method) const;

  /// So that a method's name is looked up without being copied.
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  MethodRuleOptions options_;
  std::unordered_map<std::string, bool, NameHash, std::equal_to<>> decided_;
  std::unordered_map<std::string, Instant, NameHash, std::equal_to<>> unsupported_until_;
};

}  // namespace sidecar
