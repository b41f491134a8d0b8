#include "mock/mock_sockets.h"

#include <algorithm>

#include "rpc/byte_text.h"
#include "rpc/rpc_error.h"
#include "rpc/subscription_request.h"

namespace sidecar {

namespace {

constexpr int kLimitCode = -32005;
constexpr uint16_t kSlowReaderCode = 1012;
constexpr uint16_t kCutCode = 1011;

/// The subscriptions of a family, and of a text in its parameters the canonical form.
FeedSpec spec_of(std::string_view method, const JsonValue& params) {
  std::string text = params.is_null() ? "[]" : "";
  if (text.empty()) {
    params.write(text);
  }
  auto spec = feed_spec(method, text);
  if (spec.ok()) {
    return std::move(spec).value();
  }
  return {.method = std::string(method), .params = std::move(text)};
}

}  // namespace

MockSockets::MockSockets(House house)
    : house_(std::move(house)),
      random_(house_.seed),
      timer_(house_.loop.make_timer([this] { on_timer(); })) {
  FeedSink& sink = *this;
  if (EvmMethods* evm = house_.calls.node().evm()) {
    feeds_.emplace<EvmFeeds>(*evm, sink);
  } else {
    feeds_.emplace<SvmFeeds>(*house_.calls.node().svm(), sink);
  }
}

// ---- sockets

HttpVerdict MockSockets::verdict() {
  if (const int status = house_.faults.draw_refusal(); status != 0) {
    ++house_.stats.sockets.refused;
    return {.status = status, .reason = "no WebSocket now\n"};
  }
  return {};
}

void MockSockets::on_open(WebSocketId id) {
  ++house_.stats.sockets.open;
  ++house_.stats.sockets.total;
  sockets_.emplace(id, Socket());
}

void MockSockets::on_closed(WebSocketId id) {
  --house_.stats.sockets.open;
  end_subscriptions(id, SocketStats::End::kLeaked);
  sockets_.erase(id);
}

void MockSockets::end_socket(WebSocketId id, const SocketEnd& end) {
  end_subscriptions(id, SocketStats::End::kCut);
  sockets_.erase(id);
  if (end.is_reset) {
    server_->ws_reset(id);
  } else {
    server_->ws_close(id, end.code);
  }
}

size_t MockSockets::end_all(std::optional<uint16_t> code) {
  std::vector<WebSocketId> ids;
  for (const auto& [id, ignored] : sockets_) {
    ids.push_back(id);
  }
  for (const WebSocketId id : ids) {
    end_socket(id, {.is_reset = !code, .code = code.value_or(0)});
  }
  return ids.size();
}

void MockSockets::drop_all() {
  timer_->cancel();
  due_.clear();
  sockets_.clear();
  subscriptions_.clear();
}

void MockSockets::send(WebSocketId id, std::string text) {
  const auto at = sockets_.find(id);
  if (at == sockets_.end()) {
    return;
  }
  Socket& socket = at->second;
  if (!socket.is_full) {
    socket.is_full = server_->ws_send(id, text) == Flow::kFull;
    return;
  }
  socket.queue_bytes += text.size();
  socket.queue.push_back(std::move(text));
  if (socket.queue_bytes > kQueueBytesMax) {
    end_socket(id, {.code = kSlowReaderCode});
  }
}

void MockSockets::on_drained(WebSocketId id) {
  const auto at = sockets_.find(id);
  if (at == sockets_.end()) {
    return;
  }
  Socket& socket = at->second;
  socket.is_full = false;
  while (!socket.is_full && !socket.queue.empty()) {
    socket.queue_bytes -= socket.queue.front().size();
    socket.is_full = server_->ws_send(id, socket.queue.front()) == Flow::kFull;
    socket.queue.pop_front();
  }
}

// ---- calls

void MockSockets::on_text(WebSocketId id, std::string_view text, Millis wait) {
  if (!sockets_.contains(id)) {
    return;
  }
  ++house_.stats.sockets.messages;
  step();
  MockFaults& faults = house_.faults;
  const AnswerFaults drawn =
      faults.is_empty() ? AnswerFaults() : faults.draw_answer(MockCalls::methods_in(text));
  const bool is_mute = faults.is_mute();
  const bool is_carried_out = drawn.is_carried_out && !is_mute;
  asking_ = id;
  opened_.clear();
  subscribe_wait_ = Millis(0);
  MockAnswer answer = house_.calls.answer(
      text, is_carried_out ? CallsAre::kAnswered : CallsAre::kCounted, house_.unix_now(),
      [this](std::string_view method, const JsonValue& params) { return desk(method, params); });
  if (drawn.is_swallowed || is_mute) {
    return;
  }
  Reply reply{.socket = id,
              .text = {},
              .opened = std::exchange(opened_, {}),
              .is_reset = drawn.is_reset,
              .is_close = drawn.is_truncated};
  if (drawn.instead) {
    reply.text = drawn.instead->body;
  } else {
    reply.text = std::move(answer.body);
    MockCalls::append_blob(reply.text, std::min(answer.blob_bytes, kBlobBytesMax));
    reply.text += answer.body_end;
  }
  if (drawn.is_garbage) {
    reply.text.resize(reply.text.size() / 2);
  }
  wait += answer.wait + drawn.wait + subscribe_wait_;
  if (wait > Millis(0)) {
    due_.emplace(std::pair(house_.loop.now() + wait, ++reply_count_), std::move(reply));
  } else {
    send_reply(reply);
  }
  step();  // what was sent is pending from now on
  arm();
}

void MockSockets::send_reply(const Reply& reply) {
  if (!sockets_.contains(reply.socket)) {
    return;
  }
  if (reply.is_reset || reply.is_close) {
    end_socket(reply.socket, {.is_reset = reply.is_reset, .code = kCutCode});
    return;
  }
  if (!reply.text.empty()) {  // there is none to a notification
    send(reply.socket, reply.text);
  }
  for (const SubscriptionNumber number : reply.opened) {
    activate(number);
  }
}

std::optional<MethodReply> MockSockets::desk(std::string_view method, const JsonValue& params) {
  const bool is_evm = std::holds_alternative<EvmFeeds>(feeds_);
  if (method.starts_with("eth_") != is_evm) {
    return std::nullopt;
  }
  if (is_subscribe_method(method)) {
    return subscribe(method, params);
  }
  return is_unsubscribe_method(method) ? std::optional(unsubscribe(params)) : std::nullopt;
}

// ---- subscriptions

Status MockSockets::open_feed(SubscriptionNumber number, std::string_view method,
                              const JsonValue& params) {
  if (auto* evm = std::get_if<EvmFeeds>(&feeds_)) {
    return evm->open(number, method, params, moment());
  }
  return std::get<SvmFeeds>(feeds_).open(number, method, params, moment());
}

MethodReply MockSockets::subscribe(std::string_view method, const JsonValue& params) {
  const FeedSpec spec = spec_of(method, params);
  const std::string_view kind = feed_kind_name(spec.kind);
  std::vector<SubscriptionNumber>& mine = sockets_.at(asking_).subscriptions;
  SubscribeFaults drawn;
  if (!house_.faults.is_empty()) {
    drawn = house_.faults.draw_subscribe(kind, mine.size());
  }
  if (drawn.is_unsupported) {
    return MethodReply::error(kMethodNotFoundCode, "notifications not supported");
  }
  if (drawn.limit) {
    return MethodReply::error(kLimitCode, "subscription limit of " + std::to_string(*drawn.limit) +
                                              " per connection exceeded");
  }
  subscribe_wait_ = std::max(subscribe_wait_, drawn.wait);
  if (auto again = asked_again(spec.key())) {
    return *again;
  }
  const SubscriptionNumber number = ++last_number_;
  const auto at = subscriptions_
                      .emplace(number, Subscription{.socket = asking_,
                                                    .id = {},
                                                    .method = std::string(method),
                                                    .kind = kind,
                                                    .key = spec.key(),
                                                    .is_active = drawn.is_early,
                                                    .held = {},
                                                    .swapped = {}})
                      .first;
  // Before the feed is opened, which may tell something at once.
  at->second.id = id_for(at->second.key);
  mine.push_back(number);
  house_.stats.sockets.count_opened(kind, at->second.key);
  MethodReply reply = MethodReply::result(at->second.id);
  if (const auto opened = open_feed(number, method, params); !opened.ok()) {
    end(number, SocketStats::End::kOver);
    --house_.stats.sockets.opened;
    --house_.stats.sockets.over;
    return MethodReply::error(
        opened.error().code == Errc::kNotFound ? kMethodNotFoundCode : kInvalidParamsCode,
        opened.error().detail);
  }
  opened_.push_back(number);
  return reply;
}

/// Agave has one subscription for the same params on one connection.
std::optional<MethodReply> MockSockets::asked_again(const std::string& key) {
  if (!std::holds_alternative<SvmFeeds>(feeds_)) {
    return std::nullopt;
  }
  for (const SubscriptionNumber number : sockets_.at(asking_).subscriptions) {
    Subscription& each = subscriptions_.at(number);
    if (each.key == key && !each.is_over) {
      ++each.uses;
      house_.stats.sockets.count_opened(each.kind, key);
      return MethodReply::result(each.id);
    }
  }
  return std::nullopt;
}

std::string MockSockets::id_for(const std::string& key) {
  if (std::holds_alternative<SvmFeeds>(feeds_)) {
    const auto [at, is_new] = svm_ids_.try_emplace(key, std::to_string(svm_id_count_));
    svm_id_count_ += is_new ? 1 : 0;
    return at->second;
  }
  const std::string bytes = to_big_endian(random_.next() | uint64_t{1} << 63, 8);
  return "\"" + to_hex(bytes + to_big_endian(last_number_, 8)) + "\"";
}

MethodReply MockSockets::unsubscribe(const JsonValue& params) {
  std::string id;
  params.at(0).write(id);
  const std::vector<SubscriptionNumber>& mine = sockets_.at(asking_).subscriptions;
  const auto at = std::find_if(mine.begin(), mine.end(), [&](SubscriptionNumber number) {
    return subscriptions_.at(number).id == id;
  });
  if (at != mine.end()) {
    end(*at, SocketStats::End::kUnsubscribed);
    return MethodReply::result("true");
  }
  return std::holds_alternative<EvmFeeds>(feeds_)
             ? MethodReply::error(kServerErrorCode, "subscription not found")
             : MethodReply::invalid_params("Invalid subscription id.");
}

void MockSockets::end(SubscriptionNumber number, SocketStats::End why) {
  const auto node = subscriptions_.extract(number);
  if (node.empty()) {
    return;
  }
  const Subscription& ended = node.mapped();
  for (uint64_t i = 0; i < ended.uses; ++i) {
    house_.stats.sockets.count_ended(ended.kind, ended.key, why);
  }
  if (!house_.stats.sockets.open_by_key.contains(ended.key)) {
    svm_ids_.erase(ended.key);
  }
  if (const auto socket = sockets_.find(ended.socket); socket != sockets_.end()) {
    std::erase(socket->second.subscriptions, number);
  }
  if (auto* evm = std::get_if<EvmFeeds>(&feeds_)) {
    evm->close(number);
  } else {
    std::get<SvmFeeds>(feeds_).close(number);
  }
}

void MockSockets::end_subscriptions(WebSocketId id, SocketStats::End why) {
  if (const auto socket = sockets_.find(id); socket != sockets_.end()) {
    const std::vector<SubscriptionNumber> numbers = socket->second.subscriptions;
    for (const SubscriptionNumber number : numbers) {
      end(number, why);
    }
  }
}

}  // namespace sidecar
