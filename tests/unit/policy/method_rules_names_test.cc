#include <doctest/doctest.h>

#include <string>

#include "policy/method_rules.h"

namespace sidecar::testing {

namespace {

constexpr Instant kStart{std::chrono::hours(1)};

std::string name_of(size_t bytes) {
  return "eth_" + std::string(bytes - 4, 'x');
}

}  // namespace

// Cause: names come from workers, of any length; 256 of a megabyte each were kept for 5 minutes.
TEST_CASE("MethodRules: a name too long for a method is not remembered") {
  MethodRules rules{MethodRuleOptions{}};
  const std::string longest = name_of(MethodRules::kNameBytesMax);
  const std::string too_long = name_of(MethodRules::kNameBytesMax + 1);

  rules.on_unsupported(longest, kStart);
  rules.on_unsupported(too_long, kStart);

  CHECK(rules.learned_count() == 1);
  CHECK(rules.is_unsupported(longest, kStart));
  CHECK_FALSE(rules.is_unsupported(too_long, kStart));
}

TEST_CASE("MethodRules: globs decide on a name of any length") {
  MethodRuleOptions options;
  options.allow = {"eth_*"};
  options.deny = {"*_sign*"};
  MethodRules rules{options};
  const std::string too_long = name_of(MethodRules::kNameBytesMax * 100);

  CHECK(rules.is_allowed(too_long));
  CHECK_FALSE(rules.is_allowed(too_long + "_sign"));
  CHECK_FALSE(rules.is_allowed("x" + too_long));
}

}  // namespace sidecar::testing
