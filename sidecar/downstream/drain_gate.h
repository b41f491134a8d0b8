#pragma once

#include <string>

#include "core/ports.h"
#include "downstream/session.h"

namespace sidecar {

/// Where sessions submit calls and subscriptions: passes them on, and answers SHUTTING_DOWN once it
/// is shut. What was passed on before may still end.
/// Owner: Listener, by value. Requires: what it is given outlives it.
class DrainGate final : public CallPort, public SubscriptionPort {
 public:
  DrainGate(CallPort& calls, SubscriptionPort& subscriptions, SessionTable& sessions)
      : calls_(calls), subscriptions_(subscriptions), sessions_(sessions) {}

  void shut();
  bool is_shut() const { return !refusal_.empty(); }

  CallId submit(const Request& request) override;
  void cancel(CallId call) override { calls_.cancel(call); }
  void resume(CallId call) override { calls_.resume(call); }

  SubscriptionId subscribe(const SubscribeRequest& request) override;
  void unsubscribe(SubscriptionId id) override { subscriptions_.unsubscribe(id); }
  void send_newest(SubscriptionId id) override { subscriptions_.send_newest(id); }

 private:
  CallPort& calls_;
  SubscriptionPort& subscriptions_;
  SessionTable& sessions_;
  std::string refusal_;  ///< a JSON-RPC error object; empty while the gate is open
};

}  // namespace sidecar
