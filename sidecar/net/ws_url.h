#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sidecar {

/// The parts of a ws:// or wss:// URL.
/// Errors: kInvalid; the text never holds anything of the URL.
struct WsUrl {
  bool is_tls = false;
  Secret userinfo;   ///< user:password, percent-decoded; empty = none
  std::string host;  ///< without the brackets of an IPv6 number
  uint16_t port = 0;
  Secret target;  ///< path and query, at least "/"

  static Result<WsUrl> parse(const Secret& url);
};

}  // namespace sidecar
