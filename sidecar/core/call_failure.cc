#include "core/call_failure.h"

#include <algorithm>
#include <vector>

namespace sidecar {

namespace {

SentState sent_state(Sent sent) {
  switch (sent) {
    case Sent::kNo:
      return SentState::kNo;
    case Sent::kMaybe:
      return SentState::kMaybe;
    case Sent::kYes:
      return SentState::kYes;
  }
  return SentState::kMaybe;
}

ErrorName name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kConnect:
      return ErrorName::kUpstreamConnect;
    case Outcome::kTls:
      return ErrorName::kUpstreamTls;
    case Outcome::kTimeout:
      return ErrorName::kUpstreamTimeout;
    case Outcome::kClosed:
      return ErrorName::kUpstreamClosed;
    case Outcome::kBadJson:
      return ErrorName::kUpstreamBadJson;
    case Outcome::kTooLarge:
      return ErrorName::kUpstreamTooLarge;
    case Outcome::kBusy:
      return ErrorName::kOverloaded;
    case Outcome::kRateLimited:
      return ErrorName::kUpstreamRateLimited;
    case Outcome::kHttpStatus:
    case Outcome::kUnpaid:
    case Outcome::kUnauthorised:
      return ErrorName::kUpstreamHttpStatus;
    case Outcome::kProtocol:
    // The rest speak about the call, and their own words go to the worker.
    case Outcome::kResult:
    case Outcome::kRpcError:
    case Outcome::kNodeFault:
    case Outcome::kNodeTimeout:
    case Outcome::kNodeBehind:
    case Outcome::kMissing:
    case Outcome::kNull:
    case Outcome::kSlotSkipped:
    case Outcome::kUnsupported:
    case Outcome::kUnknownError:
    case Outcome::kRangeTooLarge:
    case Outcome::kReverted:
    case Outcome::kCallerFault:
    case Outcome::kUnderpriced:
    case Outcome::kAlreadyKnown:
    case Outcome::kNonceTooLow:
      return ErrorName::kUpstreamProtocol;
  }
  return ErrorName::kUpstreamProtocol;
}

ErrorName error_name(const Call& call, GaveUp why) {
  switch (why) {
    case GaveUp::kQueueFull:
      return ErrorName::kOverloaded;
    case GaveUp::kOutOfBudget:
      return ErrorName::kUpstreamRateLimited;
    case GaveUp::kDeadline:
      if (!call.tried.empty()) {
        return name_of(call.tried.back().outcome);
      }
      return call.is_verifying ? ErrorName::kNoUpstream : ErrorName::kUpstreamRateLimited;
    case GaveUp::kNothingMore:
      break;
  }
  const bool nobody_heard = std::all_of(call.tried.begin(), call.tried.end(), [](const Tried& one) {
    return one.outcome == Outcome::kConnect;
  });
  return nobody_heard ? ErrorName::kNoUpstream : name_of(call.tried.back().outcome);
}

std::string outcome_text(const Tried& tried) {
  std::string text(outcome_name(tried.outcome));
  if (tried.outcome == Outcome::kHttpStatus) {
    text += " " + std::to_string(tried.http_status);
  }
  return text;
}

}  // namespace

CallFailure failure_of(const Call& call, const Pool& pool, GaveUp why, std::string_view detail,
                       std::optional<Millis> retry_after) {
  std::vector<std::string> outcomes;
  outcomes.reserve(call.tried.size());
  std::vector<TriedUpstream> tried;
  for (const Tried& one : call.tried) {
    outcomes.push_back(outcome_text(one));
    tried.push_back({pool.provider_of(one.endpoint).name, outcomes.back()});
  }
  ErrorSpec spec{.name = error_name(call, why), .sent = sent_state(call.sent), .tried = tried};
  std::string message(error_row(spec.name).message);
  if (!detail.empty()) {
    message.append(": ").append(detail);
  }
  spec.message = message;
  // A call without effect may be made again whatever was sent.
  spec.is_retryable =
      error_row(spec.name).is_retryable && may_send_again(call.sent, call.may_resend);
  if (retry_after) {
    spec.retry_after_ms = static_cast<uint64_t>(std::max<int64_t>(retry_after->count(), 0));
  }
  CallFailure failure{spec.name, {}};
  write_error_object(failure.error, spec);
  return failure;
}

}  // namespace sidecar
