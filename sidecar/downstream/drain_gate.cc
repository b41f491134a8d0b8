#include "downstream/drain_gate.h"

#include "rpc/rpc_error.h"

namespace sidecar {

void DrainGate::shut() {
  if (refusal_.empty()) {
    write_error_object(refusal_, {.name = ErrorName::kShuttingDown, .sent = SentState::kNo});
  }
}

CallId DrainGate::submit(const Request& request) {
  if (!is_shut()) {
    return calls_.submit(request);
  }
  sessions_.on_reply(request.session, request.token, {Reply::Kind::kError, refusal_});
  return 0;
}

SubscriptionId DrainGate::subscribe(const SubscribeRequest& request) {
  if (!is_shut()) {
    return subscriptions_.subscribe(request);
  }
  sessions_.on_subscription_lost(request.session, request.token, refusal_);
  return 0;
}

}  // namespace sidecar
