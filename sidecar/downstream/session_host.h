#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports.h"
#include "core/types.h"
#include "downstream/access_port.h"
#include "downstream/options.h"

namespace sidecar {

/// Why a session ended; the first one that applies.
enum class EndReason {
  kPeerClosed,      ///< the worker left
  kPeerFailed,      ///< reading or writing failed
  kProtocol,        ///< it broke its dialect's rules
  kPartialTimeout,  ///< a message was begun and not finished
  kOverflow,        ///< it does not read what it asked for
  kShutdown,        ///< we are going down
};
inline constexpr size_t kEndReasonCount = 6;

constexpr std::string_view end_reason_name(EndReason reason) {
  switch (reason) {
    case EndReason::kPeerClosed:
      return "peer_closed";
    case EndReason::kPeerFailed:
      return "peer_failed";
    case EndReason::kProtocol:
      return "protocol";
    case EndReason::kPartialTimeout:
      return "partial_timeout";
    case EndReason::kOverflow:
      return "overflow";
    case EndReason::kShutdown:
      return "shutdown";
  }
  return "";
}

/// What every session needs of the house around it. Owner: Listener; outlives the sessions.
class SessionHost {
 public:
  virtual CallPort& calls() = 0;
  virtual SubscriptionPort& subscriptions() = 0;
  virtual AccessPort& access() = 0;
  /// A subscription id for the worker, as a JSON lexeme; unlike all others of this process.
  virtual std::string new_wire_id(bool is_number) = 0;
  virtual const SessionLimits& limits() const = 0;
  virtual const std::vector<ChainInfo>& chains() const = 0;
  virtual Instant now() const = 0;
  /// Answers and events that no worker has read yet, of all sessions.
  virtual size_t unread_bytes() const = 0;
  virtual void on_limit(std::string_view limit) = 0;
  /// Destroys the session on a later turn. Only the first call for a session counts.
  virtual void end_session(SessionId session, EndReason reason) = 0;

 protected:
  ~SessionHost() = default;
};

}  // namespace sidecar
