#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "mock/mock_options.h"
#include "rpc/json_value.h"

namespace sidecar {

/// What a mock provider can be told to get wrong. Which keys each takes is in mock_fault.cc.
enum class MockFaultKind : uint8_t {
  // The connections.
  kRefuse,  ///< connects are refused, and the connections there are reset
  // The answer to a POST as a whole.
  kBlackhole,   ///< never answered
  kLatency,     ///< answered later
  kTrickle,     ///< the body comes in drops
  kReset,       ///< RST before or within the answer
  kTruncate,    ///< FIN within the body
  kHtml,        ///< a page in place of the answer
  kHttpStatus,  ///< another status in place of the answer
  kGarbage,     ///< a body that is half of the JSON
  // The reply to a call.
  kRpcError,
  kWrongId,
  kLag,         ///< the node is behind by some blocks or slots
  kStuck,       ///< its head moves no more
  kFork,        ///< it is on a branch of its own
  kWrongChain,  ///< it says that it is of another chain
  kNullRecent,  ///< null for what is in the newest blocks
  kSyncing,     ///< it says that it is not in step
  // WebSockets and their subscriptions.
  kWsClose,            ///< closed after some events
  kWsReset,            ///< RST after some events
  kWsRefuse,           ///< a status in place of the upgrade
  kWsSilent,           ///< open, and no events come
  kMissedHeads,        ///< every nth event is left out
  kDuplicate,          ///< an event comes twice
  kReorder,            ///< events change places
  kLateSubscribe,      ///< the answer to a subscription comes later, events may be before it
  kSubscriptionLimit,  ///< no more than so many on a connection
  kWsUnsupported,      ///< there are no subscriptions
};
inline constexpr size_t kMockFaultKindCount = 27;

std::string_view mock_fault_name(MockFaultKind kind);
std::optional<MockFaultKind> mock_fault_kind_of(std::string_view name);

/// One fault that is switched on: what, how often, for which calls; then what its kind takes.
struct MockFault {
  MockFaultKind kind = MockFaultKind::kRefuse;
  double rate = 1;                   ///< share of what it may strike
  std::vector<std::string> methods;  ///< globs (`*` and `?`); empty = all
  std::optional<uint64_t> count;     ///< strikes until it heals by itself
  uint64_t strikes = 0;
  std::string text;  ///< as it was asked for: a JSON object

  Millis wait_min{0};  ///< latency; trickle: between two drops
  Millis wait_max{0};
  uint64_t drop_bytes = 0;              ///< trickle
  std::optional<uint64_t> after_bytes;  ///< reset, truncate: of the body
  bool is_carried_out = true;           ///< blackhole, reset: the calls are, though unanswered
  int status = 200;                     ///< html, http_status, rpc_error
  std::string body;                     ///< html, http_status
  std::string content_type;
  std::optional<std::string> retry_after;
  std::string error;              ///< rpc_error: a JSON object
  uint64_t blocks = 0;            ///< lag, null_recent, syncing
  std::optional<uint64_t> from;   ///< fork: the first block of the branch
  std::optional<uint64_t> depth;  ///< fork: how far below the head it begins
  uint64_t branch = 1;            ///< fork: nodes of the same number are on the same one
  std::optional<uint64_t> chain_id;
  std::optional<Millis> since;  ///< stuck
  uint16_t code = 1011;         ///< ws_close
  uint64_t after_events = 1;    ///< ws_close, ws_reset: of a connection
  uint64_t every = 1;           ///< missed_heads
  uint64_t seen = 0;            ///< missed_heads: events it was asked about
  uint64_t limit = 0;           ///< subscription_limit
  bool is_answering = true;     ///< ws_silent: calls are answered all the same
  bool is_swap = false;         ///< reorder: with the next event, not within a block
  bool is_early = true;         ///< late_subscribe: events do not wait for the answer

  bool concerns(std::string_view method) const;
};

/// Errors: kInvalid, naming the key: `where.key: what is wrong`.
Result<MockFault> parse_mock_fault(const JsonValue& value, const std::string& where);

bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace sidecar
