#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/time.h"

namespace sidecar {

/// One provider of a chain as its channels need it. URLs hold keys, so they are secrets.
struct ProviderOptions {
  std::string name;
  Secret http;      ///< http://, https:// or http+unix:///path/to.sock ; empty = none
  Secret ws;        ///< ws:// or wss:// ; empty = none
  std::string ipc;  ///< path of the node's own socket; empty = none
  std::vector<std::pair<std::string, Secret>> headers;
  uint32_t tier = 1;                      ///< 1 is asked first
  uint32_t weight = 100;                  ///< share inside the tier
  Millis timeout{5'000};                  ///< one attempt, from start to last byte
  Millis connect_timeout{2'000};          ///< TCP connect and TLS handshake
  uint32_t connections_max = 8;           ///< HTTP/1.1 pool size; HTTP/2 uses one
  uint32_t queue_max = 1'024;             ///< attempts waiting for a connection
  size_t response_bytes_max = 64u << 20;  ///< a longer body is cut: UPSTREAM_TOO_LARGE
  size_t stream_bytes_min = 256u << 10;   ///< a longer result is passed on while it arrives
  size_t held_bytes_max = 64u << 20;      ///< of all results whose workers do not read
  uint32_t rate_bytes_min = 1'024;        ///< a body slower than this per second ...
  Millis rate_window{10'000};             ///< ... for this long is given up
  Millis ping_interval{10'000};           ///< between pings on a WebSocket
  uint32_t ping_misses_max = 2;           ///< intervals without a sign of life: it is dead
  std::string proxy;    ///< http:// or socks5h:// ; empty = none, whatever the environment says
  std::string ca_file;  ///< PEM bundle instead of the system's; empty = system

  bool operator==(const ProviderOptions&) const = default;
};

}  // namespace sidecar
