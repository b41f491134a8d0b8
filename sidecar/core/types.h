#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/options.h"
#include "policy/outcome.h"

namespace sidecar {

/// Ids are never used again in the life of the process; 0 is nobody.
using SessionId = uint64_t;
using CallId = uint64_t;
using AttemptId = uint64_t;

/// Who asks, as core/worker_table.h numbers them; 0 = the sidecar itself.
using WorkerNumber = uint16_t;

/// 1-based position of a chain in the configuration; 0 = the default chain of the method's family.
using ChainNumber = uint16_t;

/// What downstream may know of a chain.
struct ChainInfo {
  ChainNumber number = 0;
  std::string name;
  Family family = Family::kEvm;
  uint64_t chain_id = 0;  ///< 0 = not configured
  bool is_dev = false;    ///< its nodes hold keys made for play
};

/// One call, decoded, as a session submits it.
struct Request {
  SessionId session = 0;
  uint64_t token = 0;  ///< the session's own number for this call; comes back with the reply
  WorkerNumber worker = 0;
  ChainNumber chain = 0;
  std::string_view method;    ///< unescaped
  std::string_view params;    ///< JSON text, verbatim; empty = none given
  Millis deadline{0};         ///< 0 = the configured one
  bool may_stream = false;    ///< a long result may come in parts
  std::string_view provider;  ///< the answer must come from this one; empty = any
  bool explain = false;       ///< the result is to be the call's explanation (core/explanation.h)
};

/// The one end of a call. Views live during the callback.
struct Reply {
  enum class Kind {
    kResult,  ///< `body` is the result value, or the rest of it after parts
    kError,   ///< `body` is a JSON-RPC error object; after parts it voids them
  };
  Kind kind = Kind::kResult;
  std::string_view body;
};

/// One try of a call on one endpoint.
struct Attempt {
  AttemptId id = 0;
  SessionId session = 0;  ///< who waits, so that a queue can be fair
  /// `"method":...,"params":...}`: the channel puts `{"jsonrpc":"2.0","id":N,` before it.
  /// Valid during start() only.
  std::string_view request_tail;
  bool may_resend = false;  ///< the transport may repeat it on a connection that turned out dead
  bool may_stream = false;
};

/// How it ended. Views live during the callback.
struct AttemptResult {
  Outcome outcome = Outcome::kResult;
  Sent sent = Sent::kYes;
  std::string_view body;    ///< result value (the rest of it after parts) or error object
  std::string_view detail;  ///< a phrase for logs and error texts; never a URL, header or body
  int http_status = 0;      ///< 0 = none came
  std::optional<Millis> retry_after = std::nullopt;  ///< how long it asks to be left alone
};

}  // namespace sidecar
