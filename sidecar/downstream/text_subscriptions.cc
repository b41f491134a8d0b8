#include "downstream/text_subscriptions.h"

#include <utility>

#include "rpc/json_walk.h"
#include "rpc/method_table.h"

namespace sidecar {

TextSubscriptions::TextSubscriptions(SessionHost& host)
    : host_(host), slowness_(host.limits().slow_consumer) {}

TextSubscriptions::~TextSubscriptions() {
  for (const auto& [token, subscription] : subscriptions_) {
    host_.subscriptions().unsubscribe(subscription.id);
  }
}

void TextSubscriptions::subscribe(SessionId session, uint64_t token, ChainNumber chain,
                                  std::string_view method, std::string_view params,
                                  uint64_t batch) {
  Subscription subscription;
  subscription.held_for = batch;
  if (batch != 0) {
    held_.try_emplace(batch);
  }
  subscription.wire_id = host_.new_wire_id(family_of(method) == MethodFamily::kSvm);
  subscriptions_.emplace(token, std::move(subscription));
  SubscribeRequest request;
  request.session = session;
  request.token = token;
  request.chain = chain;
  request.method = method;
  request.params = params;
  request.continuity = host_.limits().continuity;
  const SubscriptionId id = host_.subscriptions().subscribe(request);
  if (const auto mine = subscriptions_.find(token); mine != subscriptions_.end()) {
    mine->second.id = id;
  }
}

std::string_view TextSubscriptions::confirm(uint64_t token) {
  Subscription& subscription = subscriptions_.at(token);
  subscription.is_confirmed = true;
  tokens_.emplace(subscription.wire_id, token);
  return subscription.wire_id;
}

void TextSubscriptions::hold(uint64_t token, std::string_view event) {
  held_.at(subscriptions_.at(token).held_for).emplace_back(event);
  held_bytes_ += event.size();
}

std::vector<std::string> TextSubscriptions::release(uint64_t text) {
  auto node = held_.extract(text);
  if (!node) {
    return {};
  }
  for (auto& [token, subscription] : subscriptions_) {
    subscription.held_for = subscription.held_for == text ? 0 : subscription.held_for;
  }
  for (const std::string& event : node.mapped()) {
    held_bytes_ -= event.size();
  }
  return std::move(node.mapped());
}

bool TextSubscriptions::drop(uint64_t token) {
  const auto node = subscriptions_.extract(token);
  if (!node) {
    return false;
  }
  tokens_.erase(node.mapped().wire_id);
  return node.mapped().is_confirmed;
}

void TextSubscriptions::keep_place(uint64_t token, Quota::Place place) {
  if (const auto mine = subscriptions_.find(token); mine != subscriptions_.end()) {
    mine->second.place = std::move(place);
  }
}

bool TextSubscriptions::unsubscribe(std::string_view params) {
  const auto token = tokens_.find(std::string(json_first_element(params)));
  if (token == tokens_.end()) {
    return false;
  }
  const auto node = subscriptions_.extract(token->second);
  tokens_.erase(token);
  host_.subscriptions().unsubscribe(node.mapped().id);
  return true;
}

EventFate TextSubscriptions::fate_of(uint64_t token, const FeedEvent& event, size_t queued_bytes) {
  const auto mine = subscriptions_.find(token);
  // There is no notification that says "some are missing"; who minds asks for strict.
  if (mine == subscriptions_.end() || event.kind == EventKind::kGap) {
    return EventFate::kSkip;
  }
  switch (slowness_.on_event(queued_bytes + held_bytes_, host_.unread_bytes(), host_)) {
    case SlowConsumer::Room::kSend:
      break;
    case SlowConsumer::Room::kFull:
      if (host_.limits().continuity == Continuity::kLatest && !event.is_last) {
        mine->second.has_skipped = true;
        return EventFate::kSkip;
      }
      break;
    case SlowConsumer::Room::kOverflow:
      return EventFate::kOverflow;
  }
  return mine->second.held_for == 0 ? EventFate::kSend : EventFate::kHold;
}

void TextSubscriptions::on_drained() {
  std::vector<SubscriptionId> behind;
  for (auto& [token, subscription] : subscriptions_) {
    if (std::exchange(subscription.has_skipped, false)) {
      behind.push_back(subscription.id);
    }
  }
  for (const SubscriptionId id : behind) {
    host_.subscriptions().send_newest(id);
  }
}

}  // namespace sidecar
