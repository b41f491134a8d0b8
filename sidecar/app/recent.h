#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/ports.h"

namespace sidecar {

/// How often something happened in the last minute.
/// Owner: by value. Units: seconds since an instant of the owner's choice.
class MinuteCount {
 public:
  void add(uint64_t second);
  /// In the sixty seconds before this one, which is not over yet.
  uint64_t last_minute(uint64_t second) const;

 private:
  static constexpr size_t kSlotCount = 61;
  struct Slot {
    uint64_t second = 0;
    uint32_t count = 0;
  };
  std::array<Slot, kSlotCount> slots_{};
};

/// What happened to calls, feeds and endpoints of late, for people who watch: rates of the last
/// minute, and when somebody had to stand in for somebody else, with the reason.
/// Limits: kEventsMax events, oldest out first; the same again within kMergeSpan only counts.
/// Owner: Telemetry's maker. Requires: `clock` outlives it.
class Recent {
 public:
  static constexpr size_t kEventsMax = 64;
  static constexpr Millis kMergeSpan{60'000};

  enum class EventOf : uint8_t {
    kCall,    ///< answered by another one, or by nobody
    kFeed,    ///< a source of events was lost, refused or replaced
    kHealth,  ///< an endpoint came to another state
  };
  struct Event {
    EventOf of = EventOf::kCall;
    std::string chain;
    std::string from;      ///< a provider
    std::string to;        ///< of a call: who answered, empty = nobody; of health: the state
    std::string what;      ///< of a call: its method, the last one; of a feed: its kind
    std::string_view why;  ///< static
    Instant at;            ///< the last time
    uint64_t id = 0;       ///< unlike all others
    Instant first_at;
    uint64_t count = 1;
  };
  struct Rates {
    uint64_t attempts = 0;  ///< in the last minute, of calls: not probes, nor what feeds ask
    uint64_t failures = 0;
  };

  /// `endpoint_counts`: by chain.
  Recent(const Clock& clock, const std::vector<size_t>& endpoint_counts);

  void on_attempt_done(const AttemptReport& report);
  void on_call_done(const CallReport& report);
  /// Not told: that one never heard of before is well.
  void on_health_changed(const EndpointName& endpoint, HealthState from, HealthState to,
                         HealthEvent why);
  void on_feed_source(const EndpointName& endpoint, std::string_view feed_kind, SourceChange what);

  Rates rates(ChainNumber chain, size_t endpoint) const;
  uint64_t calls_last_minute(ChainNumber chain) const;
  uint64_t errors_last_minute(ChainNumber chain) const;
  /// The newest first.
  const std::deque<Event>& events() const { return events_; }

 private:
  struct EndpointCounts {
    MinuteCount attempts;
    MinuteCount failures;
  };
  struct ChainCounts {
    MinuteCount calls;
    MinuteCount errors;
    std::vector<EndpointCounts> endpoints;
  };

  uint64_t second() const;
  ChainCounts* find(ChainNumber chain);
  const ChainCounts& of(ChainNumber chain) const { return chains_.at(chain - 1u); }
  void add(Event event);

  const Clock& clock_;
  Instant began_;
  std::vector<ChainCounts> chains_;
  std::deque<Event> events_;
  uint64_t last_id_ = 0;
};

std::string_view event_of_name(Recent::EventOf of);

}  // namespace sidecar
