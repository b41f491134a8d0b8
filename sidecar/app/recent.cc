#include "app/recent.h"

#include <algorithm>

namespace sidecar {

void MinuteCount::add(uint64_t second) {
  Slot& slot = slots_[second % kSlotCount];
  if (slot.second != second) {
    slot = {second, 0};
  }
  ++slot.count;
}

uint64_t MinuteCount::last_minute(uint64_t second) const {
  uint64_t sum = 0;
  for (const Slot& slot : slots_) {
    sum += slot.second < second && slot.second + kSlotCount > second ? slot.count : 0;
  }
  return sum;
}

std::string_view event_of_name(Recent::EventOf of) {
  switch (of) {
    case Recent::EventOf::kCall:
      return "call";
    case Recent::EventOf::kFeed:
      return "feed";
    case Recent::EventOf::kHealth:
      return "health";
  }
  return "";
}

Recent::Recent(const Clock& clock, const std::vector<size_t>& endpoint_counts)
    : clock_(clock), began_(clock.now()) {
  for (const size_t count : endpoint_counts) {
    chains_.emplace_back().endpoints.resize(count);
  }
}

/// From 1 on: a slot of second 0 is one that was never used.
uint64_t Recent::second() const {
  const auto span = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - began_);
  return 1 + static_cast<uint64_t>(std::max<int64_t>(0, span.count()));
}

Recent::ChainCounts* Recent::find(ChainNumber chain) {
  return chain == 0 || chain > chains_.size() ? nullptr : &chains_[chain - 1u];
}

void Recent::on_attempt_done(const AttemptReport& report) {
  ChainCounts* chain = find(report.endpoint.chain_number);
  const bool is_ours = report.kind == AttemptKind::kProbe || report.kind == AttemptKind::kFeed;
  if (chain == nullptr || is_ours || !report.outcome) {
    return;
  }
  if (report.endpoint.index >= chain->endpoints.size()) {
    chain->endpoints.resize(report.endpoint.index + 1);  // it came with a reload
  }
  EndpointCounts& endpoint = chain->endpoints[report.endpoint.index];
  endpoint.attempts.add(second());
  if (outcome_row(*report.outcome).charge == Charge::kFailure) {
    endpoint.failures.add(second());
  }
}

void Recent::on_call_done(const CallReport& report) {
  ChainCounts* chain = find(report.chain_number);
  if (chain == nullptr) {
    return;
  }
  chain->calls.add(second());
  if (report.is_error) {
    chain->errors.add(second());
  }
  if (report.failed_over_from.chain_number == 0) {
    return;
  }
  Event event;
  event.of = EventOf::kCall;
  event.chain = report.chain;
  event.from = report.failed_over_from.provider;
  event.to = report.answered_by.provider;
  event.what = report.method;
  event.why = outcome_name(report.failed_with);
  add(std::move(event));
}

void Recent::on_health_changed(const EndpointName& endpoint, HealthState from, HealthState to,
                               HealthEvent why) {
  if (from == HealthState::kUnknown && to == HealthState::kHealthy) {
    return;
  }
  Event event;
  event.of = EventOf::kHealth;
  event.chain = endpoint.chain;
  event.from = endpoint.provider;
  event.to = health_state_name(to);
  event.what = endpoint.transport;
  event.why = health_event_name(why);
  add(std::move(event));
}

void Recent::on_feed_source(const EndpointName& endpoint, std::string_view feed_kind,
                            SourceChange what) {
  Event event;
  event.of = EventOf::kFeed;
  event.chain = endpoint.chain;
  event.from = endpoint.provider;
  event.what = feed_kind;
  event.why = source_change_name(what);
  add(std::move(event));
}

Recent::Rates Recent::rates(ChainNumber chain, size_t endpoint) const {
  if (endpoint >= of(chain).endpoints.size()) {
    return {};  // it came with a reload, and nothing was asked of it yet
  }
  const EndpointCounts& counts = of(chain).endpoints[endpoint];
  return {counts.attempts.last_minute(second()), counts.failures.last_minute(second())};
}

uint64_t Recent::calls_last_minute(ChainNumber chain) const {
  return of(chain).calls.last_minute(second());
}

uint64_t Recent::errors_last_minute(ChainNumber chain) const {
  return of(chain).errors.last_minute(second());
}

/// The method does not tell two events apart: an outage would fill the list with its methods.
void Recent::add(Event event) {
  event.at = event.first_at = clock_.now();
  const auto same = std::find_if(events_.begin(), events_.end(), [&event](const Event& one) {
    return one.of == event.of && one.why == event.why && one.from == event.from &&
           one.to == event.to && one.chain == event.chain && event.at - one.at < kMergeSpan &&
           (one.of == EventOf::kCall || one.what == event.what);
  });
  if (same != events_.end()) {
    event.id = same->id;
    event.count = same->count + 1;
    event.first_at = same->first_at;
    events_.erase(same);
  }
  event.id = event.id != 0 ? event.id : ++last_id_;
  events_.push_front(std::move(event));
  if (events_.size() > kEventsMax) {
    events_.pop_back();
  }
}

}  // namespace sidecar
