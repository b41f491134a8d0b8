#include "downstream/framed_subscriptions.h"

#include <optional>
#include <utility>

#include "rpc/envelope.h"
#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

namespace {

std::optional<Continuity> continuity_of(std::string_view lexeme) {
  if (lexeme.empty() || lexeme == R"("every")") {
    return Continuity::kEvery;
  }
  if (lexeme == R"("latest")") {
    return Continuity::kLatest;
  }
  return lexeme == R"("strict")" ? std::optional(Continuity::kStrict) : std::nullopt;
}

}  // namespace

FramedSubscriptions::~FramedSubscriptions() {
  for (const auto& [id, subscription] : subscriptions_) {
    host_.subscriptions().unsubscribe(subscription.id);
  }
}

std::string_view FramedSubscriptions::subscribe(SessionId session, uint64_t id, ChainNumber chain,
                                                std::string_view payload) {
  const CallView view = parse_call(payload);
  if (!view.fault.empty()) {
    return view.fault;
  }
  const auto continuity = continuity_of(json_member(payload, "continuity"));
  if (!continuity) {
    return "continuity must be \"every\", \"latest\" or \"strict\"";
  }
  SubscribeRequest request;
  request.session = session;
  request.token = id;
  request.chain = chain;
  request.method = view.method;
  request.params = view.params;
  request.continuity = *continuity;
  if (const std::string_view resume = json_member(payload, "resume"); !resume.empty()) {
    const auto epoch = to_uint64(json_member(resume, "epoch"));
    const auto seq = to_uint64(json_member(resume, "seq"));
    if (!epoch || *epoch > UINT32_MAX || !seq) {
      return "resume must be {\"epoch\":N,\"seq\":N}";
    }
    request.has_resume = true;
    request.resume = {static_cast<uint32_t>(*epoch), *seq};
  }
  subscriptions_.emplace(id, Subscription{0, chain, *continuity, false});
  const SubscriptionId subscription = host_.subscriptions().subscribe(request);
  if (const auto mine = subscriptions_.find(id); mine != subscriptions_.end()) {
    mine->second.id = subscription;
  }
  return {};
}

void FramedSubscriptions::keep_place(uint64_t id, Quota::Place place) {
  if (const auto mine = subscriptions_.find(id); mine != subscriptions_.end()) {
    mine->second.place = std::move(place);
  }
}

bool FramedSubscriptions::unsubscribe(uint64_t id) {
  const auto node = subscriptions_.extract(id);
  if (node) {
    host_.subscriptions().unsubscribe(node.mapped().id);
  }
  return !node.empty();
}

uint16_t FramedSubscriptions::drop(uint64_t id) {
  const auto node = subscriptions_.extract(id);
  return node ? node.mapped().chain : uint16_t{0};
}

uint16_t FramedSubscriptions::chain_of(uint64_t id) const {
  const auto mine = subscriptions_.find(id);
  return mine == subscriptions_.end() ? uint16_t{0} : mine->second.chain;
}

EventFate FramedSubscriptions::fate_of(uint64_t id, const FeedEvent& event, size_t queued_bytes) {
  const auto mine = subscriptions_.find(id);
  if (mine == subscriptions_.end()) {
    return EventFate::kSkip;
  }
  switch (slowness_.on_event(queued_bytes, host_.unread_bytes(), host_)) {
    case SlowConsumer::Room::kSend:
      break;
    case SlowConsumer::Room::kFull:
      if (mine->second.continuity == Continuity::kLatest && !event.is_last) {
        mine->second.has_skipped = true;
        return EventFate::kSkip;
      }
      break;
    case SlowConsumer::Room::kOverflow:
      return EventFate::kOverflow;
  }
  return EventFate::kSend;
}

void FramedSubscriptions::on_drained() {
  std::vector<SubscriptionId> behind;
  for (auto& [id, subscription] : subscriptions_) {
    if (std::exchange(subscription.has_skipped, false)) {
      behind.push_back(subscription.id);
    }
  }
  for (const SubscriptionId id : behind) {
    host_.subscriptions().send_newest(id);
  }
}

std::vector<uint64_t> FramedSubscriptions::ids() const {
  std::vector<uint64_t> ids;
  for (const auto& [id, subscription] : subscriptions_) {
    ids.push_back(id);
  }
  return ids;
}

}  // namespace sidecar
