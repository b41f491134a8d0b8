#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/choice.h"
#include "core/explanation.h"
#include "core/ports.h"
#include "core/types.h"
#include "rpc/block_need.h"
#include "rpc/method_table.h"

namespace sidecar {

/// One ended attempt of a call, for the next choice and for the error text.
struct Tried {
  size_t endpoint = 0;
  Outcome outcome = Outcome::kResult;
  int http_status = 0;
  bool is_excluded = true;  ///< not to be asked again, or not before a pause has mended it
};

/// What a provider said about the call, kept while others are asked; the worker gets it verbatim
/// when nobody has better.
struct Spoken {
  Outcome outcome = Outcome::kResult;
  size_t endpoint = 0;
  Reply::Kind kind = Reply::Kind::kError;
  std::string body;
};

/// What a call is doing.
enum class CallPhase : uint8_t {
  kTrying,            ///< attempts are under way
  kPausing,           ///< until resume_at
  kWaitingForBudget,  ///< for a provider's token, or for its chain to be checked
  kWaitingForRetry,   ///< for room in the retry budget
  kChecking,          ///< another call looks for its transaction
};

/// One call from submit to reply. Owner: Dispatcher, in its call table.
struct Call {
  static constexpr size_t kLiveMax = 8;

  SessionId session = 0;
  uint64_t token = 0;
  WorkerNumber worker = 0;
  size_t pool = 0;
  const MethodRow* row = nullptr;
  std::string unlisted_method;  ///< the name when no row has it
  std::string request_tail;     ///< what every attempt sends behind its id
  size_t params_at = 0;         ///< where the params stand in it
  BlockNeed block;
  std::optional<size_t> pinned_endpoint;
  std::string pinned_provider;
  std::optional<size_t> preferred;
  bool may_resend = false;
  bool may_stream = false;
  bool is_filter_maker = false;  ///< its result is a filter id, to be replaced by ours
  std::string filter_id;         ///< ours, when the call uses a filter; it may go nowhere else
  bool removes_filter = false;
  bool is_lookup = false;  ///< made by us: a null from one is never the last word
  CallId parent = 0;       ///< a lookup's: which call waits for it

  Instant started;
  Instant deadline;
  Nanos upstream{0};                        ///< how long attempts were under way, ...
  Instant upstream_since = Instant::max();  ///< ... and since when one is
  Instant hedge_at = Instant::max();
  Instant resume_at = Instant::max();
  Instant armed_for = Instant::max();  ///< when the dispatcher looks at it next
  CallPhase phase = CallPhase::kTrying;
  std::array<AttemptId, kLiveMax> live{};
  uint8_t live_count = 0;
  bool has_parts = false;  ///< part of a result is with the worker already: no other try
  Sent sent = Sent::kNo;   ///< the most that any attempt may have sent
  uint32_t try_count = 0;  ///< attempts of this round that were not hedges
  uint32_t retry_count = 0;
  bool was_hedged = false;
  std::optional<size_t> answered_by;  ///< the endpoint whose words the reply is
  AttemptKind answered_kind = AttemptKind::kFirst;
  uint32_t round_count = 0;  ///< rounds over all providers for what is not there yet
  uint32_t unknown_count = 0;
  bool is_verifying = false;  ///< it waits for a chain to be checked, not for a token
  bool is_next_free = false;  ///< the last attempt sent nothing: another costs no retry budget
  std::optional<Millis> retry_after;
  std::vector<Tried> tried;
  std::unique_ptr<Spoken> spoken;
  std::unique_ptr<Explanation> explanation;

  std::string_view method() const { return row->name.empty() ? unlisted_method : row->name; }
  /// Of a bounded set, static.
  std::string_view method_label() const { return row->name.empty() ? "other" : row->name; }
  std::string_view params() const {
    return std::string_view(request_tail).substr(params_at, request_tail.size() - params_at - 1);
  }
  void go_upstream(Instant now) { upstream_since = std::min(upstream_since, now); }
  void leave_upstream(Instant now) {
    upstream += upstream_since == Instant::max() ? Nanos(0) : now - upstream_since;
    upstream_since = Instant::max();
  }
  void add_live(AttemptId attempt) { live[live_count++] = attempt; }
  void remove_live(AttemptId attempt) {
    const auto end = live.begin() + live_count;
    const auto found = std::find(live.begin(), end, attempt);
    if (found != end) {
      *found = live[--live_count];
    }
  }
};

/// One live attempt; outlives its call when a transaction was broadcast. Owner: Dispatcher.
struct LiveAttempt {
  CallId call = 0;
  size_t pool = 0;
  size_t endpoint = 0;
  const MethodRow* row = nullptr;
  AttemptKind kind = AttemptKind::kFirst;
  bool is_extra = false;  ///< counted in the retry budget
  WorkerNumber worker = 0;
  size_t part_bytes = 0;  ///< of its answer, which went on already
  Instant started;
  Instant due;  ///< its own timeout
};

}  // namespace sidecar
