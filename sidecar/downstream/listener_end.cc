#include <utility>

#include "downstream/listener.h"

// How a Listener ends: drain(), then shut_down().

namespace sidecar {

namespace {

constexpr Millis kDrainStep{10};

}  // namespace

void Listener::stop_accepting() {
  unix_.reset();
  tcp_.reset();
  next_tcp_.reset();
}

void Listener::drain(Millis within, std::function<void()> on_drained) {
  stop_accepting();
  gate_.shut();
  on_drained_ = std::move(on_drained);
  drain_until_ = loop_.now() + within;
  sessions_.for_each([within](Session& session) { session.on_drain(within); });
  step_drain();
}

/// Looked at again and again instead of being told: a session's last answer may leave it in many
/// ways, and for these few seconds a look is cheap.
void Listener::step_drain() {
  bool is_owing = http_->end_idle_connections() > 0;
  sessions_.for_each([&is_owing](Session& session) {
    const Owed owed = session.owed();
    is_owing = is_owing || owed == Owed::kAnswers;
    if (owed == Owed::kNothing) {
      session.on_shutdown();
    }
  });
  if (is_owing && loop_.now() < drain_until_) {
    drain_timer_->arm(loop_.now() + kDrainStep);
  } else if (on_drained_) {
    loop_.post(std::exchange(on_drained_, nullptr));
  }
}

void Listener::shut_down(std::function<void()> on_closed) {
  if (std::exchange(is_shut_down_, true)) {
    return;
  }
  stop_accepting();
  gate_.shut();
  drain_timer_->cancel();
  on_drained_ = nullptr;
  silent_.clear();
  sweep_timer_->cancel();
  sessions_.for_each([](Session& session) { session.on_shutdown(); });
  http_->close(std::move(on_closed));
}

}  // namespace sidecar
