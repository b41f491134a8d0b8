#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"

namespace sidecar {

/// One ended attempt of a call, for its error text.
struct Tried {
  size_t endpoint = 0;
  Outcome outcome = Outcome::kResult;
  int http_status = 0;
};

/// One call from submit to reply. Owner: Dispatcher, in its call table.
struct Call {
  SessionId session = 0;
  uint64_t token = 0;
  size_t pool = 0;
  std::string request_tail;       ///< what every attempt sends behind its id
  std::string_view method_label;  ///< of a bounded set, static
  bool may_resend = false;
  bool may_stream = false;
  bool is_filter_maker = false;  ///< its result is a filter id, to be replaced by ours
  std::string filter_id;         ///< ours, when the call uses a filter; it may go nowhere else
  bool removes_filter = false;
  Instant started;
  Instant deadline;
  AttemptId attempt = 0;   ///< the live one
  bool has_parts = false;  ///< part of a result is with the worker already: no other try
  Sent sent = Sent::kNo;   ///< the most that any attempt may have sent
  std::vector<Tried> tried;
};

/// One live attempt. Owner: Dispatcher, in its attempt table.
struct LiveAttempt {
  CallId call = 0;
  size_t endpoint = 0;
  Instant started;
};

}  // namespace sidecar
