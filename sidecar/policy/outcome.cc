#include "policy/outcome.h"

#include <array>

#include "base/check.h"

namespace sidecar {

namespace {

using O = Outcome;
using E = Elsewhere;
using C = Charge;

// One row an outcome, in the order of the enum. `mends`: the same provider may answer after a
// pause. kTooLarge: another provider's answer would be as large, and the bytes were paid for
// already. kBusy says nothing about calls, kNull and kMissing are no fault: they charge nobody.
// kUnsupported, kRangeTooLarge and what follows prove that the node works.
constexpr bool kMends = true;
constexpr bool kStays = false;
constexpr bool kAnswer = true;
constexpr bool kOurs = false;
constexpr std::array<OutcomeRow, kOutcomeCount> kRows{{
    {O::kResult, "result", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kRpcError, "rpc_error", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kConnect, "connect", E::kAtOnce, kStays, C::kFailure, kOurs},
    {O::kTls, "tls", E::kAtOnce, kStays, C::kFailure, kOurs},
    {O::kTimeout, "timeout", E::kAtOnce, kMends, C::kFailure, kOurs},
    {O::kClosed, "closed", E::kAtOnce, kMends, C::kFailure, kOurs},
    {O::kProtocol, "protocol", E::kAtOnce, kMends, C::kFailure, kOurs},
    {O::kHttpStatus, "http_status", E::kAtOnce, kMends, C::kFailure, kOurs},
    {O::kBadJson, "bad_json", E::kAtOnce, kMends, C::kFailure, kOurs},
    {O::kTooLarge, "too_large", E::kNo, kStays, C::kNothing, kOurs},
    {O::kBusy, "busy", E::kAtOnce, kMends, C::kNothing, kOurs},
    {O::kRateLimited, "rate_limited", E::kAtOnce, kStays, C::kThrottle, kOurs},
    {O::kUnpaid, "unpaid", E::kAtOnce, kStays, C::kDisable, kOurs},
    {O::kUnauthorised, "unauthorised", E::kAtOnce, kStays, C::kDisable, kOurs},
    {O::kNodeFault, "node_fault", E::kAtOnce, kMends, C::kFailure, kAnswer},
    {O::kNodeTimeout, "node_timeout", E::kAtOnce, kMends, C::kFailure, kAnswer},
    {O::kNodeBehind, "node_behind", E::kAtOnce, kMends, C::kNothing, kAnswer},
    {O::kMissing, "missing", E::kThenPause, kMends, C::kNothing, kAnswer},
    {O::kNull, "null", E::kAtOnce, kStays, C::kSuccess, kAnswer},
    {O::kSlotSkipped, "slot_skipped", E::kAtOnce, kStays, C::kNothing, kAnswer},
    {O::kUnsupported, "unsupported", E::kAtOnce, kStays, C::kNothing, kAnswer},
    {O::kUnknownError, "unknown_error", E::kOnce, kStays, C::kNothing, kAnswer},
    {O::kRangeTooLarge, "range_too_large", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kReverted, "reverted", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kCallerFault, "caller_fault", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kUnderpriced, "underpriced", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kAlreadyKnown, "already_known", E::kNo, kStays, C::kSuccess, kAnswer},
    {O::kNonceTooLow, "nonce_too_low", E::kNo, kStays, C::kSuccess, kAnswer},
}};

}  // namespace

const OutcomeRow& outcome_row(Outcome outcome) {
  const OutcomeRow& row = kRows[static_cast<size_t>(outcome)];
  CHECK(row.outcome == outcome);
  return row;
}

std::string_view outcome_name(Outcome outcome) {
  return outcome_row(outcome).name;
}

}  // namespace sidecar
