#pragma once

#include <string_view>

namespace sidecar {

/// How one attempt ended. The one vocabulary for retry, metrics and reply alike.
enum class Outcome {
  kResult,       ///< the provider's result
  kRpcError,     ///< the provider's JSON-RPC error, to be passed on verbatim
  kConnect,      ///< name not resolved, or no connection
  kTls,          ///< handshake or certificate
  kTimeout,      ///< no whole answer in time
  kClosed,       ///< the connection ended before the whole answer
  kProtocol,     ///< not HTTP, or an answer to another question
  kHttpStatus,   ///< a status other than 2xx without a JSON-RPC body
  kRateLimited,  ///< HTTP 429
  kBadJson,      ///< a body that is not one JSON-RPC response
  kTooLarge,     ///< over response_bytes_max
  kBusy,         ///< our own queue for this provider is full
};

/// How much of the request may have reached the provider.
enum class Sent { kNo, kMaybe, kYes };

/// May the same call be tried on another provider after this outcome?
/// `may_resend`: the call has no effect, or the same effect twice (reads, raw transactions).
bool may_try_another(Outcome outcome, Sent sent, bool may_resend);

/// Stable snake_case name, for `tried` lists, logs and metrics.
std::string_view outcome_name(Outcome outcome);

}  // namespace sidecar
