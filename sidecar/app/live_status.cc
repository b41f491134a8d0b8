#include "app/live_status.h"

#include <utility>

namespace sidecar {

namespace {

constexpr ViewHead kStreamHead{200, "text/event-stream; charset=utf-8",
                               "Cache-Control: no-store\r\n"
                               "X-Accel-Buffering: no\r\n"
                               "X-Content-Type-Options: nosniff\r\n"};

/// How long a browser waits before it comes back.
constexpr std::string_view kRetry = "retry: 2000\n\n";

}  // namespace

LiveStatus::LiveStatus(Timers& timers, std::function<std::string()> status,
                       std::function<void(std::string_view limit)> on_limit)
    : timers_(timers),
      status_(std::move(status)),
      on_limit_(std::move(on_limit)),
      timer_(timers.make_timer([this]() { on_due(); })) {}

bool LiveStatus::add(ViewId id, ViewOut& out) {
  if (is_over_) {
    return false;
  }
  if (readers_.size() >= kReadersMax) {
    on_limit_("status_readers_max");
    return false;
  }
  out.begin(id, kStreamHead);
  if (out.send(id, std::string(kRetry) + make_event()) == Flow::kDropped) {
    return true;
  }
  if (readers_.empty()) {
    timer_->arm(timers_.now() + kEvery);
  }
  readers_.emplace(id, Reader{&out, timers_.now()});
  return true;
}

void LiveStatus::end_all() {
  is_over_ = true;
  for (const auto& [id, reader] : readers_) {
    reader.out->end(id);
  }
  readers_.clear();
}

void LiveStatus::on_due() {
  const Instant now = timers_.now();
  std::string event;
  for (auto at = readers_.begin(); at != readers_.end();) {
    auto& [id, reader] = *at;
    bool is_gone = false;
    if (reader.out->unread_bytes(id) > 0) {
      is_gone = now - reader.took_at >= kPatience;
      if (is_gone) {
        on_limit_("status_reader_stalled");
        reader.out->cut(id);
      }
    } else {
      reader.took_at = now;
      event = event.empty() ? make_event() : std::move(event);
      is_gone = reader.out->send(id, event) == Flow::kDropped;
    }
    at = is_gone ? readers_.erase(at) : std::next(at);
  }
  if (!readers_.empty()) {
    timer_->arm(now + kEvery);
  }
}

/// The status is one line, as JSON without white space is.
std::string LiveStatus::make_event() const {
  return "event: status\ndata: " + status_() + "\n\n";
}

}  // namespace sidecar
