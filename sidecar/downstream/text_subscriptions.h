#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/feed_ports.h"
#include "downstream/event_forms.h"
#include "downstream/session_host.h"
#include "policy/slow_consumer.h"

namespace sidecar {

/// What becomes of an event for one subscriber.
enum class EventFate {
  kSend,
  kSkip,      ///< not now, or not for it
  kHold,      ///< the worker does not know the subscription's id yet
  kOverflow,  ///< the session is to end
};

/// The subscriptions of a session that speaks JSON texts: which ids it was given, and what becomes
/// of each event. Ids are unique over all sessions: hex strings for EVM methods, numbers for
/// Solana's.
/// Not: it writes nothing.
/// Limits: subscriptions_max. Owner: a session, by value; destroying it unsubscribes.
class TextSubscriptions {
 public:
  explicit TextSubscriptions(SessionHost& host);
  ~TextSubscriptions();
  TextSubscriptions(const TextSubscriptions&) = delete;
  TextSubscriptions& operator=(const TextSubscriptions&) = delete;

  /// Requires: the token is new. The answer comes to the session, perhaps inside. `batch`: the text
  /// that the answer goes out with, 0 = by itself; until then its events are held.
  void subscribe(SessionId session, uint64_t token, ChainNumber chain, std::string_view method,
                 std::string_view params, uint64_t batch = 0);
  /// Its place in the quota, as long as it is open.
  void keep_place(uint64_t token, Quota::Place place);
  bool is_empty() const { return subscriptions_.empty(); }
  size_t size() const { return subscriptions_.size(); }
  bool is_full() const { return subscriptions_.size() >= host_.limits().subscriptions_max; }
  /// It stands: the id for the worker, as a JSON lexeme.
  std::string_view confirm(uint64_t token);
  /// Requires: the fate of an event of it was kHold.
  void hold(uint64_t token, std::string_view event);
  /// The batch has gone out: what was held, in order.
  std::vector<std::string> release(uint64_t text);
  /// False: it was not confirmed, so the worker waits for an answer.
  bool drop(uint64_t token);
  /// The first of `params` is the id. False: no subscription of this session has it.
  bool unsubscribe(std::string_view params);

  EventFate fate_of(uint64_t token, const FeedEvent& event, size_t queued_bytes);
  /// The id's lexeme. Requires: fate_of said kSend.
  std::string_view wire_id(uint64_t token) const { return subscriptions_.at(token).wire_id; }
  /// There is room again: sends the newest of what was passed over.
  void on_drained();

 private:
  struct Subscription {
    SubscriptionId id = 0;
    std::string wire_id;
    bool is_confirmed = false;
    bool has_skipped = false;
    uint64_t held_for = 0;  ///< the batch that its answer is in; 0 = it is out
    Quota::Place place;
  };

  SessionHost& host_;
  SlowConsumer slowness_;
  std::unordered_map<uint64_t, Subscription> subscriptions_;     ///< by token
  std::unordered_map<std::string, uint64_t> tokens_;             ///< by wire id
  std::unordered_map<uint64_t, std::vector<std::string>> held_;  ///< events, by batch
  size_t held_bytes_ = 0;
};

}  // namespace sidecar
