#include "policy/outcome.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <vector>

namespace sidecar::testing {

namespace {

std::vector<OutcomeRow> all_rows() {
  std::vector<OutcomeRow> rows;
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    rows.push_back(outcome_row(static_cast<Outcome>(i)));
  }
  return rows;
}

std::set<Outcome> those_with(bool (*is_so)(const OutcomeRow&)) {
  std::set<Outcome> found;
  for (const OutcomeRow& row : all_rows()) {
    if (is_so(row)) {
      found.insert(row.outcome);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("Outcome: the last one has a row, and each row is its own outcome's") {
  CHECK(static_cast<size_t>(Outcome::kNonceTooLow) + 1 == kOutcomeCount);
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    CHECK(static_cast<size_t>(outcome_row(static_cast<Outcome>(i)).outcome) == i);
  }
}

TEST_CASE("Outcome: every one has a snake_case name of its own") {
  std::set<std::string> names;
  for (const OutcomeRow& row : all_rows()) {
    CAPTURE(row.name);
    names.emplace(row.name);
    CHECK(outcome_name(row.outcome) == row.name);
    CHECK_FALSE(row.name.empty());
    CHECK(std::all_of(row.name.begin(), row.name.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
  }

  CHECK(names.size() == kOutcomeCount);
}

TEST_CASE("Outcome: only faults of the way and of the node count towards the breaker") {
  CHECK(those_with([](const OutcomeRow& row) { return row.charge == Charge::kFailure; }) ==
        std::set<Outcome>{Outcome::kConnect, Outcome::kTls, Outcome::kTimeout, Outcome::kClosed,
                          Outcome::kProtocol, Outcome::kHttpStatus, Outcome::kBadJson,
                          Outcome::kNodeFault, Outcome::kNodeTimeout});
}

TEST_CASE("Outcome: throttling is the limiter's alone, billing and keys disable") {
  CHECK(those_with([](const OutcomeRow& row) { return row.charge == Charge::kThrottle; }) ==
        std::set<Outcome>{Outcome::kRateLimited});
  CHECK(those_with([](const OutcomeRow& row) { return row.charge == Charge::kDisable; }) ==
        std::set<Outcome>{Outcome::kUnpaid, Outcome::kUnauthorised});
}

TEST_CASE("Outcome: what is about the call itself stands, and proves that the node works") {
  for (const Outcome outcome : {Outcome::kResult, Outcome::kRpcError, Outcome::kRangeTooLarge,
                                Outcome::kReverted, Outcome::kCallerFault, Outcome::kUnderpriced,
                                Outcome::kAlreadyKnown, Outcome::kNonceTooLow}) {
    const OutcomeRow& row = outcome_row(outcome);
    CAPTURE(row.name);
    CHECK(row.elsewhere == Elsewhere::kNo);
    CHECK_FALSE(row.may_mend_here);
    CHECK(row.charge == Charge::kSuccess);
    CHECK(row.is_answer);
  }
}

TEST_CASE("Outcome: what another provider can mend goes there at once") {
  CHECK(those_with([](const OutcomeRow& row) { return row.elsewhere == Elsewhere::kNo; }) ==
        std::set<Outcome>{Outcome::kResult, Outcome::kRpcError, Outcome::kTooLarge,
                          Outcome::kRangeTooLarge, Outcome::kReverted, Outcome::kCallerFault,
                          Outcome::kUnderpriced, Outcome::kAlreadyKnown, Outcome::kNonceTooLow});
  CHECK(outcome_row(Outcome::kMissing).elsewhere == Elsewhere::kThenPause);
  CHECK(outcome_row(Outcome::kUnknownError).elsewhere == Elsewhere::kOnce);
  CHECK(outcome_row(Outcome::kSlotSkipped).elsewhere == Elsewhere::kAtOnce);
}

TEST_CASE("Outcome: a slot that was skipped stays so here, a lagging node may catch up") {
  CHECK_FALSE(outcome_row(Outcome::kSlotSkipped).may_mend_here);
  CHECK(outcome_row(Outcome::kNodeBehind).may_mend_here);
  CHECK(outcome_row(Outcome::kMissing).may_mend_here);
  CHECK_FALSE(outcome_row(Outcome::kUnsupported).may_mend_here);
}

TEST_CASE("Outcome: the transport's ends and refusals of us are no answer to the worker's call") {
  CHECK(those_with([](const OutcomeRow& row) { return !row.is_answer; }) ==
        std::set<Outcome>{Outcome::kConnect, Outcome::kTls, Outcome::kTimeout, Outcome::kClosed,
                          Outcome::kProtocol, Outcome::kHttpStatus, Outcome::kBadJson,
                          Outcome::kTooLarge, Outcome::kBusy, Outcome::kRateLimited,
                          Outcome::kUnpaid, Outcome::kUnauthorised});
}

TEST_CASE("Outcome: a call with an effect is sent again only if surely nothing left") {
  for (const Sent sent : {Sent::kNo, Sent::kMaybe, Sent::kYes}) {
    CHECK(may_send_again(sent, true));
    CHECK(may_send_again(sent, false) == (sent == Sent::kNo));
  }
}

}  // namespace sidecar::testing
