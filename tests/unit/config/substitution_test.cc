#include "config/substitution.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/config/temp_dir.h"

namespace sidecar::testing {
namespace {

struct TextCase {
  std::string_view text;
  std::string_view expanded;
  std::optional<size_t> substituted_at;
};

TEST_CASE("Substitution: replaces variables and turns $$ into $") {
  const Environment environment = {{"KEY", "k3y"}, {"_x9", "${KEY}"}, {"DOLLAR", "$"}};
  const Substitution substitution(environment);
  const std::vector<TextCase> cases = {
      {"", "", std::nullopt},
      {"plain {text}", "plain {text}", std::nullopt},
      {"$$", "$", std::nullopt},
      {"$${KEY}", "${KEY}", std::nullopt},
      {"$$$${KEY}", "$${KEY}", std::nullopt},
      {"${KEY}", "k3y", 0},
      {"https://h/${KEY}/x", "https://h/k3y/x", 10},
      {"a$$${KEY}${KEY}b", "a$k3yk3yb", 2},
      {"${_x9}", "${KEY}", 0},  // what comes in is not looked into
      {"${DOLLAR}{KEY}", "${KEY}", 0},
  };

  for (const TextCase& row : cases) {
    CAPTURE(row.text);
    const Expanded expanded = substitution.expand(row.text);
    CHECK(expanded.text == row.expanded);
    CHECK(expanded.substituted_at == row.substituted_at);
    CHECK(expanded.faults.empty());
  }
}

struct FaultCase {
  std::string_view text;
  std::vector<std::string> faults;
};

TEST_CASE("Substitution: names every variable that is missing, and no value") {
  const Environment environment = {{"KEY", "k3y"}, {"EMPTY", ""}};
  const Substitution substitution(environment);
  const std::string not_a_name =
      "a `${...}` holds no variable's name; write ${NAME}, ${CRED:name}, or $$ for a dollar sign";
  const std::string no_credential =
      "a `${CRED:...}` holds no credential's name; write a file's name, of letters, digits and any "
      "of `_-.`, without a directory";
  const std::vector<FaultCase> cases = {
      {"${NONE}", {"${NONE} is not set in the environment; set NONE"}},
      {"${EMPTY}", {"${EMPTY} is empty in the environment; set EMPTY"}},
      {"${A}/${KEY}/${B}",
       {"${A} is not set in the environment; set A", "${B} is not set in the environment; set B"}},
      {"${}", {not_a_name}},
      {"${9A}", {not_a_name}},
      {"${A-B}", {not_a_name}},
      {"${cred:x}", {not_a_name}},
      {"${KEY", {"a `${` is not closed; write ${NAME}, or $$ for a dollar sign"}},
      {"$KEY}", {"a lone `$`; write ${NAME} for a variable, or $$ for the sign"}},
      {"a$", {"a lone `$`; write ${NAME} for a variable, or $$ for the sign"}},
      {"${CRED:}", {no_credential}},
      {"${CRED:a/b}", {no_credential}},
      {"${CRED:..}", {no_credential}},
      {"${CRED:a b}", {no_credential}},
      {"${CRED:key}",
       {"${CRED:key} has no directory to be in; set LoadCredential= in the unit, or "
        "credentials_dir"}},
  };

  for (const FaultCase& row : cases) {
    CAPTURE(row.text);
    CHECK(substitution.expand(row.text).faults == row.faults);
  }
}

TEST_CASE("Substitution: a credential is a file, without one new line at its end") {
  const TempDir dir;
  dir.write("plain", "k3y");
  dir.write("unix", "k3y\n");
  dir.write("dos", "k3y\r\n");
  dir.write("two", "k3y\n\n");
  const Environment environment = {{"CREDENTIALS_DIRECTORY", dir.path()}};
  const Substitution substitution(environment);

  CHECK(substitution.expand("${CRED:plain}").text == "k3y");
  CHECK(substitution.expand("Bearer ${CRED:unix}").text == "Bearer k3y");
  CHECK(substitution.expand("Bearer ${CRED:unix}").substituted_at == 7);
  CHECK(substitution.expand("${CRED:dos}").text == "k3y");
  CHECK(substitution.expand("${CRED:two}").text == "k3y\n");
}

TEST_CASE("Substitution: the service's credentials come before credentials_dir") {
  const TempDir service;
  const TempDir own;
  service.write("both", "of the service");
  own.write("both", "our own");
  own.write("ours", "our own");
  const Environment environment = {{"CREDENTIALS_DIRECTORY", service.path()}};
  Substitution substitution(environment);
  substitution.set_credentials_dir(own.path());

  CHECK(substitution.expand("${CRED:both}").text == "of the service");
  CHECK(substitution.expand("${CRED:ours}").text == "our own");
  CHECK(substitution.expand("${CRED:none}").faults ==
        std::vector<std::string>{"${CRED:none} is not in $CREDENTIALS_DIRECTORY nor in "
                                 "credentials_dir; put the key into a file named none there"});
}

TEST_CASE("Substitution: a credential that others can read, or that is no key, is refused") {
  const TempDir dir;
  dir.write("group", "k3y", 0640);
  dir.write("world", "k3y", 0604);
  dir.write("empty", "\n");
  dir.write("full", std::string(64u << 10, 'k'));
  dir.write("long", std::string((64u << 10) + 1, 'k'));
  REQUIRE(mkdir((dir.path() + "/dir").c_str(), 0700) == 0);
  const Environment environment;
  Substitution substitution(environment);
  substitution.set_credentials_dir(dir.path());
  const std::vector<FaultCase> cases = {
      {"${CRED:group}",
       {"${CRED:group} in credentials_dir: others may read it (mode 0640); chmod it to 0600"}},
      {"${CRED:world}",
       {"${CRED:world} in credentials_dir: others may read it (mode 0604); chmod it to 0600"}},
      {"${CRED:empty}", {"${CRED:empty} in credentials_dir is empty"}},
      {"${CRED:full}", {}},
      {"${CRED:long}", {"${CRED:long} in credentials_dir: is longer than 64KiB"}},
      {"${CRED:dir}", {"${CRED:dir} in credentials_dir: is not a regular file"}},
  };

  for (const FaultCase& row : cases) {
    CAPTURE(row.text);
    CHECK(substitution.expand(row.text).faults == row.faults);
  }
}

TEST_CASE("Substitution: systemd's ACL, which shows as group-readable, is no fault") {
  const TempDir dir;
  dir.write("key", "k3y", 0440);
  const Environment environment = {{"CREDENTIALS_DIRECTORY", dir.path()}};

  CHECK(Substitution(environment).expand("${CRED:key}").text == "k3y");
}

}  // namespace
}  // namespace sidecar::testing
