#include "app/activity_report.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/json_writer.h"

namespace sidecar {

namespace {

uint64_t millis_since(Instant then, Instant now) {
  return static_cast<uint64_t>(
      std::max<int64_t>(0, std::chrono::duration_cast<Millis>(now - then).count()));
}

void write_feed(JsonWriter& json, const Feed& feed) {
  json.begin_object().key("chain").string(feed.pool().chain().name);
  json.key("kind").string(feed_kind_name(feed.spec().kind));
  json.key("params_digest").string(digest_of(feed.spec().params));
  json.key("subscribers").number(feed.subscriber_count());
  json.key("sources").number(feed.source_count());
  json.key("events").number(feed.position().seq);
  json.key("provider");
  if (const auto lead = feed.lead_endpoint()) {
    json.string(feed.pool().provider_of(*lead).name);
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace

std::string digest_of(std::string_view text) {
  uint32_t hash = 2'166'136'261;  // FNV-1a of 32 bits
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619u;
  }
  std::string digest;
  for (int shift = 28; shift >= 0; shift -= 4) {
    digest += "0123456789abcdef"[hash >> shift & 15];
  }
  return digest;
}

void write_sessions(JsonWriter& json, const Listener::SessionCounts& counts) {
  json.key("sessions").begin_object();
  json.key("framed").number(counts.framed).key("json_ipc").number(counts.json_ipc);
  json.key("http").number(counts.http).key("ws").number(counts.ws).end_object();
}

void write_feeds(JsonWriter& json, const SubscriptionHub& hub) {
  std::vector<const Feed*> feeds;
  feeds.reserve(hub.feed_count());
  hub.for_each_feed([&feeds](const Feed& feed) { feeds.push_back(&feed); });
  const auto shown = feeds.begin() + static_cast<ptrdiff_t>(std::min(feeds.size(), kFeedsShown));
  // The rest of the order is by name, so that a page does not shuffle its rows.
  std::partial_sort(feeds.begin(), shown, feeds.end(), [](const Feed* a, const Feed* b) {
    const size_t more_a = a->subscriber_count();
    const size_t more_b = b->subscriber_count();
    if (more_a != more_b) {
      return more_a > more_b;
    }
    if (&a->pool() != &b->pool()) {
      return a->pool().chain().number < b->pool().chain().number;
    }
    return a->spec().key() < b->spec().key();
  });
  json.key("feed_list").begin_array();
  for (auto feed = feeds.begin(); feed != shown; ++feed) {
    write_feed(json, **feed);
  }
  json.end_array();
}

void write_recent(JsonWriter& json, const Recent& recent, const Clock& clock) {
  const Instant now = clock.now();
  json.key("recent").begin_array();
  for (const Recent::Event& event : recent.events()) {
    json.begin_object().key("id").number(event.id).key("of").string(event_of_name(event.of));
    json.key("chain").string(event.chain).key("from").string(event.from);
    json.key("to").string(event.to).key("what").string(event.what);
    json.key("why").string(event.why).key("count").number(event.count);
    json.key("age_ms").number(millis_since(event.at, now));
    json.key("began_ms").number(millis_since(event.first_at, now)).end_object();
  }
  json.end_array();
}

}  // namespace sidecar
