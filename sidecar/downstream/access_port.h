#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/types.h"
#include "policy/quota.h"

namespace sidecar {

struct PeerCredentials;

/// Whom a session serves.
struct Visitor {
  uint16_t user = 0;          ///< as AccessPort numbers users with their groups; 0 = nobody known
  uint32_t uid = UINT32_MAX;  ///< for logs, as is the pid: it may be another process by now
  int32_t pid = -1;
  WorkerNumber worker = 0;  ///< for counting only: a worker may name itself as it likes
};

/// Who may do what, as sessions see it.
class AccessPort {
 public:
  static constexpr uint16_t kUsersMax = 512;  ///< numbers are below this

  /// Of a connection, once, or of each request on it.
  virtual Visitor greet(const PeerCredentials& peer) = 0;
  /// The visitor that was greeted as `user`.
  virtual Visitor greeted(uint16_t user, int32_t pid) const = 0;
  /// It has said its name.
  virtual void rename(Visitor& visitor, std::string_view client) = 0;
  /// Empty when it may: then `place` is held until the call or subscription is over. Else the
  /// JSON-RPC error object to answer with.
  virtual std::string refusal(const Visitor& visitor, Quota::Kind kind, std::string_view method,
                              ChainNumber chain, Quota::Place& place) = 0;

 protected:
  ~AccessPort() = default;
};

}  // namespace sidecar
