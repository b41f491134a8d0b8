#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sidecar {

/// How one attempt ended. The one vocabulary for retry, breaker, limiter, metrics and reply alike.
enum class Outcome : uint8_t {
  kResult,    ///< the provider's result
  kRpcError,  ///< a JSON-RPC error object that nobody has classified yet (policy/classifier.h)

  // The transport's: no JSON-RPC answer.
  kConnect,     ///< name not resolved, or no connection
  kTls,         ///< handshake or certificate
  kTimeout,     ///< no whole answer in time
  kClosed,      ///< the connection ended before the whole answer
  kProtocol,    ///< not HTTP, or an answer to another question
  kHttpStatus,  ///< a status other than 2xx without a JSON-RPC body, and none of those below
  kBadJson,     ///< a body that is not one JSON-RPC response
  kTooLarge,    ///< over response_bytes_max
  kBusy,        ///< our own queue for it is full, or it has as many subscriptions as it takes

  // About us and the provider.
  kRateLimited,  ///< too many calls, or too many credits, for now
  kUnpaid,       ///< billing: quota of the month used up, payment wanted
  kUnauthorised,

  // About the node.
  kNodeFault,     ///< an internal error of the node's
  kNodeTimeout,   ///< the node gave up on it
  kNodeBehind,    ///< the node says that it lags
  kMissing,       ///< it has not, or not yet, what the call names
  kNull,          ///< null from a node that may only be behind
  kSlotSkipped,   ///< Solana: no block in this slot, or not in its ledger
  kUnsupported,   ///< a method this provider does not have
  kUnknownError,  ///< an error no row of the table knows

  // About the call itself.
  kRangeTooLarge,  ///< the caller must split it
  kReverted,
  kCallerFault,   ///< bad params, insufficient funds, ...
  kUnderpriced,   ///< replacement fee too low
  kAlreadyKnown,  ///< this very transaction is there: success by another name
  kNonceTooLow,   ///< success only if this very transaction is found
};
inline constexpr size_t kOutcomeCount = 28;

/// How much of the request may have reached the provider.
enum class Sent : uint8_t { kNo, kMaybe, kYes };

/// What another provider could do about it.
enum class Elsewhere : uint8_t {
  kNo,         ///< nothing: the answer stands
  kAtOnce,     ///< ask it at once
  kOnce,       ///< ask one other, then the answer stands
  kThenPause,  ///< ask all others at once; when none has it, all again after a while
};

/// What the provider is charged with.
enum class Charge : uint8_t {
  kNothing,
  kSuccess,   ///< it works
  kFailure,   ///< counts towards its breaker
  kThrottle,  ///< its limiter's business, never the breaker's
  kDisable,   ///< out of rotation until a slow probe works again
};

/// One outcome and all that follows from it.
struct OutcomeRow {
  Outcome outcome;
  std::string_view name;  ///< stable snake_case, for `tried` lists, logs and metrics
  Elsewhere elsewhere;
  bool may_mend_here;  ///< the same provider may answer the same call after a pause
  Charge charge;
  bool is_answer;  ///< the body speaks about the call: the worker gets it verbatim
};
const OutcomeRow& outcome_row(Outcome outcome);

/// May the same call be sent again, wherever, after this much of it may have been sent?
/// `may_resend`: the call has no effect, or the same effect twice (reads, raw transactions).
constexpr bool may_send_again(Sent sent, bool may_resend) {
  return may_resend || sent == Sent::kNo;
}

/// The row's name.
std::string_view outcome_name(Outcome outcome);

}  // namespace sidecar
