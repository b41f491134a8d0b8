#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/types.h"

namespace sidecar {

/// One upstream subscription, asked for, live or about to end.
using SourceId = uint64_t;
/// One session's interest in a feed. Ids are never used again; 0 is nobody.
using SubscriptionId = uint64_t;

/// What an event is to its subscribers.
enum class EventKind : uint8_t {
  kLive,
  kReplayed,  ///< of a stretch that was missed at first, or that a worker resumed over
  kGap,       ///< says that something is missing here; its value tells why
};

/// Why a stretch of a feed is missing.
enum class GapReason : uint8_t {
  kFillLimit,   ///< longer than may be filled
  kUnfillable,  ///< no node keeps such events: pending transactions, votes
  kNoAnswer,    ///< no provider could tell what was missed
  kReorg,       ///< a reorganisation deeper than what is remembered
  kResume,      ///< the worker asked to go on from where nothing is kept any more
};
std::string_view gap_reason_name(GapReason reason);

/// What became of a feed's source.
enum class SourceChange : uint8_t {
  kLive,     ///< it tells events, and nothing before them is missing
  kRefused,  ///< the provider would not, or did not in time
  kLost,     ///< its connection ended
  kDropped,  ///< it did not tell what was missed
  kStalled,  ///< it kept events to itself
  kRetired,  ///< its provider is no longer configured
};
inline constexpr size_t kSourceChangeCount = 6;
std::string_view source_change_name(SourceChange change);

/// How a subscription takes trouble.
enum class Continuity : uint8_t {
  kEvery,   ///< all events, and a record of each gap
  kLatest,  ///< a slow worker gets the newest one only
  kStrict,  ///< a gap ends the subscription
};

/// A place in a feed: events are numbered from 1 on within an epoch; another epoch is another feed.
struct FeedPosition {
  uint32_t epoch = 0;
  uint64_t seq = 0;
};

/// One event, the same for all its subscribers. Views live during the callback.
struct FeedEvent {
  FeedPosition at;
  EventKind kind = EventKind::kLive;
  bool is_last = false;     ///< no event follows: the subscription ends by itself
  std::string_view value;   ///< `params.result` of the notification; of a gap our own object
  std::string_view method;  ///< of the notification: eth_subscription, slotNotification
  Family family = Family::kEvm;
};

/// A session's wish, as it comes.
struct SubscribeRequest {
  SessionId session = 0;
  uint64_t token = 0;  ///< the session's own number for it; comes back with answer and events
  ChainNumber chain = 0;
  std::string_view method;  ///< eth_subscribe, accountSubscribe
  std::string_view params;
  Continuity continuity = Continuity::kEvery;
  bool has_resume = false;
  FeedPosition resume;  ///< the last event that the worker has
};

}  // namespace sidecar
