#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "config/environment.h"

namespace sidecar {

/// What a service manager hands to this process at its start, by variables of the environment.
/// Without a manager all is empty.
struct ServiceOffer {
  int socket_fd = -1;          ///< a listening socket for workers; -1 = open one
  std::string notify_address;  ///< where to report; empty = nowhere
  Millis watchdog{0};          ///< a sign of life is wanted this often; 0 = none

  /// LISTEN_PID and LISTEN_FDS, NOTIFY_SOCKET, WATCHDOG_PID and WATCHDOG_USEC; what is meant for
  /// another process is passed over. `pid`: our own.
  /// Errors: kInvalid with the variable's name: a number that is none, more than one socket.
  /// Source: sd_listen_fds(3), sd_watchdog_enabled(3).
  static Result<ServiceOffer> read(const Environment& environment, pid_t pid);
};

}  // namespace sidecar
