#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/feed_types.h"
#include "policy/slow_consumer.h"

namespace sidecar {

/// Where workers connect on the Unix socket.
struct ListenOptions {
  std::string path = "/run/rpc.sock";  ///< at most 107 bytes
  uint32_t mode = 0660;                ///< permission bits
  std::string group;                   ///< name or number; empty = the process's own
  uint32_t backlog = 4'096;            ///< connections the kernel holds for us
};

/// The HTTP and WebSocket face on loopback TCP; off when `listen` is empty.
struct HttpOptions {
  std::string listen;              ///< host:port, IPv4 or [IPv6]; port 0 = any free one
  bool allow_remote = false;       ///< listen on an address that is not loopback
  bool ws_next_port = true;        ///< and on the next port, when an svm chain is served
  std::vector<std::string> hosts;  ///< Host names accepted besides localhost and the listen address
  std::vector<std::string> origins;  ///< browser Origins accepted; none by default
  Millis idle_timeout{75'000};       ///< keep-alive connection without a request
  Millis request_timeout{10'000};    ///< header and body, from first byte to last
};

/// Every bound on what workers may make the sidecar hold.
struct SessionLimits {
  uint32_t sessions_max = 12'000;        ///< over all dialects
  size_t request_bytes_max = 16u << 20;  ///< one frame, JSON text or HTTP body
  uint32_t batch_items_max = 1'000;
  size_t batch_reply_bytes_max = 25u << 20;  ///< the assembled answer of one batch
  uint32_t depth_max = 256;                  ///< nesting of a JSON text
  uint32_t calls_in_flight_max = 1'024;      ///< of one session
  /// Unread by the worker: over the mark nothing more is read from it and long results wait; a
  /// reply that finds more than the maximum queued ends the session.
  size_t output_mark_bytes = 2u << 20;
  size_t output_queue_bytes_max = 32u << 20;
  Millis partial_timeout{30'000};      ///< a message begun and not finished
  uint32_t subscriptions_max = 1'024;  ///< of one session
  SlowConsumerOptions slow_consumer;   ///< unread events
  /// Of subscriptions in dialects that have no way to choose.
  Continuity continuity = Continuity::kEvery;
};

}  // namespace sidecar
