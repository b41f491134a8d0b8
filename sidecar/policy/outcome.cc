#include "policy/outcome.h"

namespace sidecar {

bool may_try_another(Outcome outcome, Sent sent, bool may_resend) {
  switch (outcome) {
    case Outcome::kResult:
    case Outcome::kRpcError:
    // Another provider's answer would be as large, and the bytes were paid for already.
    case Outcome::kTooLarge:
      return false;
    case Outcome::kConnect:
    case Outcome::kTls:
    case Outcome::kTimeout:
    case Outcome::kClosed:
    case Outcome::kProtocol:
    case Outcome::kHttpStatus:
    case Outcome::kRateLimited:
    case Outcome::kBadJson:
    case Outcome::kBusy:
      return may_resend || sent == Sent::kNo;
  }
  return false;
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kResult:
      return "result";
    case Outcome::kRpcError:
      return "rpc_error";
    case Outcome::kConnect:
      return "connect";
    case Outcome::kTls:
      return "tls";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kClosed:
      return "closed";
    case Outcome::kProtocol:
      return "protocol";
    case Outcome::kHttpStatus:
      return "http_status";
    case Outcome::kRateLimited:
      return "rate_limited";
    case Outcome::kBadJson:
      return "bad_json";
    case Outcome::kTooLarge:
      return "too_large";
    case Outcome::kBusy:
      return "busy";
  }
  return "";
}

}  // namespace sidecar
