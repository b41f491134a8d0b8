#include "policy/outcome.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace sidecar::testing {

namespace {

constexpr Outcome kAll[] = {Outcome::kResult,   Outcome::kRpcError,   Outcome::kConnect,
                            Outcome::kTls,      Outcome::kTimeout,    Outcome::kClosed,
                            Outcome::kProtocol, Outcome::kHttpStatus, Outcome::kRateLimited,
                            Outcome::kBadJson,  Outcome::kTooLarge,   Outcome::kBusy};

}  // namespace

TEST_CASE("Outcome: answers are final for every class of method") {
  for (const Outcome outcome : {Outcome::kResult, Outcome::kRpcError, Outcome::kTooLarge}) {
    CHECK_FALSE(may_try_another(outcome, Sent::kNo, true));
    CHECK_FALSE(may_try_another(outcome, Sent::kYes, true));
  }
}

TEST_CASE("Outcome: faults move on when the call may be sent again or surely was not") {
  for (const Outcome outcome :
       {Outcome::kConnect, Outcome::kTls, Outcome::kTimeout, Outcome::kClosed, Outcome::kProtocol,
        Outcome::kHttpStatus, Outcome::kRateLimited, Outcome::kBadJson, Outcome::kBusy}) {
    CAPTURE(outcome_name(outcome));
    CHECK(may_try_another(outcome, Sent::kMaybe, true));
    CHECK(may_try_another(outcome, Sent::kNo, false));
    CHECK_FALSE(may_try_another(outcome, Sent::kMaybe, false));
    CHECK_FALSE(may_try_another(outcome, Sent::kYes, false));
  }
}

TEST_CASE("Outcome: every one has a name of its own") {
  std::set<std::string> names;
  for (const Outcome outcome : kAll) {
    names.emplace(outcome_name(outcome));
  }

  CHECK(names.size() == std::size(kAll));
  CHECK_FALSE(names.contains(""));
}

}  // namespace sidecar::testing
