#pragma once

#include "app/recent.h"
#include "base/time.h"
#include "core/hub.h"
#include "downstream/listener.h"

namespace sidecar {

class JsonWriter;

/// Parts of the status about what goes on: each writes one key and its value into an open object.

/// "sessions": connections by dialect.
void write_sessions(JsonWriter& json, const Listener::SessionCounts& counts);

/// "feed_list": the feeds with the most subscribers, kFeedsShown of them. Params are told by a
/// digest, for they may be long.
inline constexpr size_t kFeedsShown = 100;
void write_feeds(JsonWriter& json, const SubscriptionHub& hub);

/// "recent": who had to stand in for whom, and what else changed; the newest first.
void write_recent(JsonWriter& json, const Recent& recent, const Clock& clock);

/// Eight hexadecimal digits, the same for the same text in every process.
std::string digest_of(std::string_view text);

}  // namespace sidecar
