#include "policy/method_rules.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace sidecar::testing {

namespace {

constexpr Instant kStart{std::chrono::hours(1)};
constexpr Millis kMemory{300'000};

/// The rule itself, one character at a time.
bool matches_slowly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) {
    return name.empty();
  }
  if (pattern.front() == '*') {
    return matches_slowly(pattern.substr(1), name) ||
           (!name.empty() && matches_slowly(pattern, name.substr(1)));
  }
  return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
         matches_slowly(pattern.substr(1), name.substr(1));
}

std::string random_text(Random& random, std::string_view letters, uint64_t length_max) {
  std::string text(random.below(length_max + 1), ' ');
  for (char& letter : text) {
    letter = letters[random.below(letters.size())];
  }
  return text;
}

MethodRules rules(std::vector<std::string> allow, std::vector<std::string> deny) {
  MethodRuleOptions options;
  options.allow = std::move(allow);
  options.deny = std::move(deny);
  return MethodRules(options);
}

MethodRules no_rules() {
  return rules({}, {});
}

std::string numbered(size_t number) {
  return "m" + std::to_string(number);
}

}  // namespace

TEST_CASE("MethodRules: globs") {
  struct Row {
    std::string_view pattern;
    std::string_view name;
    bool matches;
  };
  constexpr Row kRows[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"*", "eth_call", true},
      {"**", "eth_call", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"eth_call", "eth_call", true},
      {"eth_call", "eth_callMany", false},
      {"eth_call", "ETH_CALL", false},
      {"eth_*", "eth_call", true},
      {"eth_*", "eth_", true},
      {"eth_*", "eth", false},
      {"*_call", "eth_call", true},
      {"*_call", "eth_call_", false},
      {"eth_get*ByHash", "eth_getBlockByHash", true},
      {"eth_get*ByHash", "eth_getBlockByNumber", false},
      {"*a*b*c*", "xxaxxbxxcxx", true},
      {"*a*b*c*", "xxaxxcxxbxx", false},
      {"*ab", "aab", true},
      {"*aab", "aaab", true},
      {"a*?", "a", false},
      {"a*?", "ab", true},
      {"a?*", "ab", true},
      {"eth_?all", "eth_call", true},
      {"[a]", "a", false},
      {"a\\*", "a*", false},
      {"a.c", "abc", false},
      {"a*", "a*b", true},
      {"a?", "a*", true},
      {"a*b", "a*", false},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.pattern);
    CAPTURE(row.name);
    CHECK(glob_matches(row.pattern, row.name) == row.matches);
  }
}

TEST_CASE("MethodRules: globs agree with the rule written out") {
  const uint64_t seed = 20'261'121;
  MESSAGE("seed " << seed);
  Random random(seed);
  size_t matched_count = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::string pattern = random_text(random, "ab*?", 8);
    const std::string name = random_text(random, "ab*", 8);
    CAPTURE(pattern);
    CAPTURE(name);
    const bool matches = glob_matches(pattern, name);
    REQUIRE(matches == matches_slowly(pattern, name));
    matched_count += matches ? 1 : 0;
  }
  CHECK(matched_count > 1'000);
}

TEST_CASE("MethodRules: a pattern full of stars takes no exponential time") {
  std::string pattern;
  for (int i = 0; i < 1'000; ++i) {
    pattern += "a*";
  }
  // By backtracking to every star this would not end.
  const std::string name(10'000, 'a');

  CHECK(glob_matches(pattern, name));
  CHECK_FALSE(glob_matches(pattern + "b", name));
}

TEST_CASE("MethodRules: without rules everything is allowed") {
  MethodRules open = no_rules();

  CHECK(open.is_allowed("eth_call"));
  CHECK(open.is_allowed(""));
}

TEST_CASE("MethodRules: deny beats allow, and a list of allowed shuts out the rest") {
  struct Row {
    std::string_view method;
    bool allow_only;
    bool deny_only;
    bool both;
  };
  constexpr Row kRows[] = {
      {"eth_call", true, true, true},
      {"eth_getLogs", true, false, false},
      {"debug_traceCall", false, true, false},
      {"", false, true, false},
  };
  MethodRules allow_only = rules({"eth_*", "net_*"}, {});
  MethodRules deny_only = rules({}, {"*Logs"});
  MethodRules both = rules({"eth_*", "net_*"}, {"*Logs"});
  for (int time = 1; time <= 2; ++time) {  // decided, then remembered
    CAPTURE(time);
    for (const Row& row : kRows) {
      CAPTURE(row.method);
      CHECK(allow_only.is_allowed(row.method) == row.allow_only);
      CHECK(deny_only.is_allowed(row.method) == row.deny_only);
      CHECK(both.is_allowed(row.method) == row.both);
    }
  }
}

TEST_CASE("MethodRules: more methods than are remembered are still decided right") {
  MethodRules some = rules({}, {"*7"});
  for (size_t i = 0; i < 4 * MethodRules::kLearnedMax; ++i) {
    const size_t number = i % (2 * MethodRules::kLearnedMax);
    REQUIRE(some.is_allowed(numbered(number)) == (number % 10 != 7));
  }
}

TEST_CASE("MethodRules: a method learned to be unsupported is remembered for its time") {
  MethodRules learned = no_rules();

  learned.on_unsupported("trace_block", kStart);

  CHECK(learned.is_unsupported("trace_block", kStart));
  CHECK(learned.is_unsupported("trace_block", kStart + kMemory - Nanos(1)));
  CHECK_FALSE(learned.is_unsupported("trace_block", kStart + kMemory));
  CHECK_FALSE(learned.is_unsupported("trace_filter", kStart));
}

TEST_CASE("MethodRules: what it said does not change what is allowed") {
  MethodRules learned = no_rules();

  learned.on_unsupported("trace_block", kStart);

  CHECK(learned.is_allowed("trace_block"));
}

TEST_CASE("MethodRules: told again the time starts again, and it is kept once") {
  MethodRules learned = no_rules();
  learned.on_unsupported("trace_block", kStart);

  learned.on_unsupported("trace_block", kStart + Millis(1'000));

  CHECK(learned.is_unsupported("trace_block", kStart + kMemory));
  CHECK_FALSE(learned.is_unsupported("trace_block", kStart + kMemory + Millis(1'000)));
  CHECK(learned.learned_count() == 1);
}

TEST_CASE("MethodRules: a method that works is supported") {
  MethodRules learned = no_rules();
  learned.on_supported("trace_block");
  learned.on_unsupported("trace_block", kStart);
  learned.on_unsupported("trace_filter", kStart);

  learned.on_supported("trace_block");

  CHECK_FALSE(learned.is_unsupported("trace_block", kStart));
  CHECK(learned.is_unsupported("trace_filter", kStart));
  CHECK(learned.learned_count() == 1);
}

TEST_CASE("MethodRules: what is learned is bounded, the oldest is forgotten first") {
  MethodRules learned = no_rules();
  for (size_t i = 0; i < MethodRules::kLearnedMax; ++i) {
    learned.on_unsupported(numbered(i), kStart + Nanos(i));
  }
  const Instant now = kStart + Millis(1);
  learned.on_unsupported(numbered(0), now);  // no longer the oldest

  learned.on_unsupported("new", now + Nanos(1));

  CHECK(learned.learned_count() == MethodRules::kLearnedMax);
  CHECK(learned.is_unsupported(numbered(0), now));
  CHECK_FALSE(learned.is_unsupported(numbered(1), now));
  CHECK(learned.is_unsupported(numbered(2), now));
  CHECK(learned.is_unsupported("new", now));
}

TEST_CASE("MethodRules: a known method told again pushes none out") {
  MethodRules learned = no_rules();
  for (size_t i = 0; i < MethodRules::kLearnedMax; ++i) {
    learned.on_unsupported(numbered(i), kStart + Nanos(i));
  }

  learned.on_unsupported(numbered(9), kStart + Millis(1));

  CHECK(learned.learned_count() == MethodRules::kLearnedMax);
  CHECK(learned.is_unsupported(numbered(0), kStart + Millis(1)));
}

}  // namespace sidecar::testing
