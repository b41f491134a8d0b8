#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "mock/chain_branch.h"
#include "mock/mock_fault.h"

namespace sidecar {

/// What happens to the answer of one POST as a whole.
struct AnswerFaults {
  /// An answer that has nothing to do with the calls.
  struct Instead {
    int status = 200;
    std::string content_type;
    std::string body;
    std::optional<std::string> retry_after;
  };

  bool is_carried_out = true;  ///< false: the calls are counted, and that is all
  bool is_swallowed = false;
  bool is_reset = false;
  bool is_garbage = false;
  bool is_truncated = false;
  Millis wait{0};
  std::optional<uint64_t> after_bytes;  ///< of the body, before a reset or FIN; see MockFault
  uint64_t drop_bytes = 0;              ///< 0 = the body goes out at once
  Millis drop_wait{0};
  std::optional<Instead> instead;
};

/// What happens to one call.
struct CallFaults {
  bool has_wrong_id = false;
  bool is_wrong_chain = false;
  std::optional<uint64_t> chain_id;  ///< of the wrong chain, when it is said
  std::optional<Millis> stuck_at;
  uint64_t blocks_behind = 0;
  uint64_t null_blocks = 0;
  uint64_t syncing_blocks = 0;
  std::optional<ChainBranch> branch;
  int status = 200;   ///< of HTTP, for a single call
  std::string error;  ///< a JSON-RPC error in place of a reply; empty = none
};

/// What happens to one event of a subscription.
struct EventFaults {
  bool is_lost = false;
  bool is_twice = false;
  bool is_swapped = false;  ///< with the next one
};

/// What happens to one request for a subscription.
struct SubscribeFaults {
  bool is_unsupported = false;
  std::optional<uint64_t> limit;  ///< of the connection, which has reached it
  Millis wait{0};                 ///< for the answer
  bool is_early = false;          ///< events do not wait for the answer
};

/// How a WebSocket ends.
struct SocketEnd {
  bool is_reset = false;
  uint16_t code = 0;
};

/// Where the chain is when faults are switched on: stuck and fork begin there.
struct MockMoment {
  Millis now{0};
  uint64_t head = 0;
};

/// The faults that are switched on, and whom they strike: each is drawn for each POST or call it
/// concerns, in order of arrival, in the order they were given in, from one seed.
/// Not: it carries nothing out (MockDelivery, MockNode) and knows no sockets.
/// Limits: kFaultsMax.  Owner: MockProvider, by value.
class MockFaults {
 public:
  static constexpr size_t kFaultsMax = 64;

  /// `may_refuse` is whether a control page would be reachable then.
  MockFaults(uint64_t seed, bool may_refuse) : random_(seed), may_refuse_(may_refuse) {}

  /// {"faults":[...]} puts a set in place of the present one; {"clear":[kind,...]} and
  /// {"add":[...]} change it, in this order. Errors: kInvalid naming the key, nothing has changed.
  Status apply(std::string_view text, const MockMoment& moment);
  /// One fault, or a list of them. Errors: as for apply.
  Status add(std::string_view text, const MockMoment& moment);

  /// `methods`: of all calls in the POST.
  AnswerFaults draw_answer(std::span<const std::string> methods);
  CallFaults draw_call(std::string_view method);

  /// `kind`, here and below: feed_kind_name(), which is what `methods` name for these faults.
  EventFaults draw_event(std::string_view kind);
  /// Whether the events of one block change places.
  bool draw_shuffle(std::string_view kind);
  /// For one event that was sent, the `events_sent`th of its connection.
  std::optional<SocketEnd> draw_end(std::string_view kind, uint64_t events_sent);
  /// `open_count`: subscriptions that the connection has.
  SubscribeFaults draw_subscribe(std::string_view kind, uint64_t open_count);
  /// The HTTP status in place of an upgrade; 0 = none.
  int draw_refusal();
  /// Calls on WebSockets are not answered.
  bool is_mute() const;
  /// What the node that events come from has, of what strikes every call: lag, stuck, fork,
  /// syncing without a rate and methods.
  CallFaults of_feeds() const;

  bool is_empty() const { return faults_.empty(); }
  bool is_refusing() const;
  /// {"faults":[...],"strikes":[...]}: each as it was asked for, and how often it has struck.
  std::string json() const;
  /// How many strikes there were of each kind, as a JSON object.
  std::string counts_json() const;

 private:
  Result<std::vector<MockFault>> parse_list(const JsonValue& list, std::string_view key,
                                            const MockMoment& moment) const;
  bool strikes(MockFault& fault);
  /// The first fault of this kind that strikes; it may be forgotten soon. Null for none.
  const MockFault* draw_one(MockFaultKind kind, std::string_view name);
  void forget_healed();

  Random random_;
  bool may_refuse_;
  std::vector<MockFault> faults_;
  std::array<uint64_t, kMockFaultKindCount> counts_{};
};

}  // namespace sidecar
