#include <algorithm>

#include "mock/mock_sockets.h"
#include "rpc/json_writer.h"
#include "rpc/subscription_request.h"

// MockSockets: events on their way to subscribers, and the time.

namespace sidecar {

// ---- time

FeedMoment MockSockets::moment() const {
  const CallFaults faults = house_.faults.of_feeds();
  return {.now = house_.calls.node().seen_at(house_.unix_now(), faults),
          .branch = faults.branch,
          .syncing_blocks = faults.syncing_blocks};
}

void MockSockets::step() {
  if (auto* evm = std::get_if<EvmFeeds>(&feeds_)) {
    evm->step(moment());
  } else {
    std::get<SvmFeeds>(feeds_).step(moment());
  }
}

Status MockSockets::reorganise(uint64_t from, uint64_t salt) {
  auto* evm = std::get_if<EvmFeeds>(&feeds_);
  if (evm == nullptr) {
    return Error{Errc::kInvalid, "reorg: an EVM chain only"};
  }
  return evm->reorganise(from, salt, house_.unix_now(), moment());
}

void MockSockets::arm() {
  Instant next = due_.empty() ? Instant::max() : due_.begin()->first.first;
  const Millis now = house_.unix_now();
  const auto* evm = std::get_if<EvmFeeds>(&feeds_);
  const auto step_at =
      evm != nullptr ? evm->next_step(now) : std::get<SvmFeeds>(feeds_).next_step(now);
  if (step_at && !house_.is_manual) {
    next = std::min(next, house_.loop.now() + (*step_at - now));
  }
  if (next != Instant::max()) {
    timer_->arm(next);
  }
}

void MockSockets::on_timer() {
  step();
  while (!due_.empty() && due_.begin()->first.first <= house_.loop.now()) {
    send_reply(due_.extract(due_.begin()).mapped());
  }
  arm();
}

// ---- events

void MockSockets::on_feed_results(SubscriptionNumber number, std::vector<std::string> results,
                                  bool is_last) {
  const auto found = subscriptions_.find(number);
  if (found == subscriptions_.end()) {
    return;
  }
  found->second.is_over = is_last;
  if (results.size() > 1 && !house_.faults.is_empty() &&
      house_.faults.draw_shuffle(found->second.kind)) {
    std::rotate(results.begin(), results.begin() + 1, results.end());
    for (size_t i = results.size() - 1; i > 1; --i) {  // the first stays where it is: not first
      std::swap(results[i - 1], results[random_.below(i)]);
    }
  }
  for (std::string& result : results) {
    deliver(number, std::move(result));
  }
  const auto still = subscriptions_.find(number);
  if (is_last && still != subscriptions_.end() && still->second.is_active) {
    end(number, SocketStats::End::kOver);
  }
}

/// One event as faults will have it.
void MockSockets::deliver(SubscriptionNumber number, std::string result) {
  const auto found = subscriptions_.find(number);
  if (found == subscriptions_.end()) {
    return;
  }
  Subscription& subscription = found->second;
  const EventFaults drawn =
      house_.faults.is_empty() ? EventFaults() : house_.faults.draw_event(subscription.kind);
  if (drawn.is_lost) {
    ++house_.stats.sockets.events_withheld;
    return;
  }
  if (drawn.is_swapped && !subscription.swapped) {
    subscription.swapped = std::move(result);
    return;
  }
  const auto swapped = std::exchange(subscription.swapped, std::nullopt);
  notify(number, result);
  if (drawn.is_twice) {
    notify(number, result);
  }
  if (swapped) {
    notify(number, *swapped);
  }
}

void MockSockets::notify(SubscriptionNumber number, const std::string& result) {
  const auto found = subscriptions_.find(number);
  if (found == subscriptions_.end()) {
    return;
  }
  Subscription& subscription = found->second;
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().key("jsonrpc").string("2.0").key("method");
  writer.string(notification_method_of(subscription.method)).key("params").begin_object();
  if (subscription.method.starts_with("eth_")) {
    writer.key("subscription").raw(subscription.id).key("result").raw(result);
  } else {
    writer.key("result").raw(result).key("subscription").raw(subscription.id);
  }
  writer.end_object().end_object();
  if (subscription.is_active) {
    send_event(number, std::move(text));
  } else {
    subscription.held.push_back(std::move(text));
  }
}

void MockSockets::send_event(SubscriptionNumber number, std::string text) {
  const Subscription& subscription = subscriptions_.at(number);
  const WebSocketId id = subscription.socket;
  const std::string_view kind = subscription.kind;
  const uint64_t sent = ++sockets_.at(id).events_sent;
  ++house_.stats.sockets.events_sent;
  send(id, std::move(text));
  if (house_.faults.is_empty()) {
    return;
  }
  if (const auto end = house_.faults.draw_end(kind, sent)) {
    end_socket(id, *end);
  }
}

/// Its answer is out.
void MockSockets::activate(SubscriptionNumber number) {
  auto found = subscriptions_.find(number);
  if (found == subscriptions_.end()) {
    return;
  }
  found->second.is_active = true;
  for (std::string& text : std::exchange(found->second.held, {})) {
    if (subscriptions_.contains(number)) {
      send_event(number, std::move(text));
    }
  }
  found = subscriptions_.find(number);
  if (found != subscriptions_.end() && found->second.is_over) {
    end(number, SocketStats::End::kOver);
  }
}

}  // namespace sidecar
