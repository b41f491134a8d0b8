#include "downstream/framed_session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "downstream/welcome.h"
#include "rpc/envelope.h"
#include "rpc/json_value.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

constexpr size_t kHeaderBytes = RPCS_HEADER_BYTES;
/// A long result goes in frames of this size, so that short answers get in between.
constexpr size_t kPartBytesMax = 256 * 1024;
constexpr Millis kGoawayGrace{100};

void append_frame_head(std::string& out, uint8_t type, uint8_t flags, uint16_t chain, uint64_t id,
                       size_t payload_bytes) {
  rpcs_frame frame{};
  frame.payload_length = static_cast<uint32_t>(payload_bytes);
  frame.type = type;
  frame.flags = flags;
  frame.chain = chain;
  frame.id = id;
  uint8_t head[kHeaderBytes];
  rpcs_encode_header(&frame, head);
  out.append(reinterpret_cast<const char*>(head), kHeaderBytes);
}

}  // namespace

FramedSession::FramedSession(SessionHost& host) : host_(host), subscriptions_(host) {}

FramedSession::~FramedSession() {
  for (const auto& [id, open] : open_) {
    host_.calls().cancel(open.call);
  }
}

bool FramedSession::attach(Loop& loop, int fd, SessionId id) {
  id_ = id;
  auto stream = Stream::adopt(loop, fd, host_.limits().output_mark_bytes, *this);
  if (!stream.ok()) {
    return false;
  }
  stream_ = std::move(stream).value();
  return true;
}

void FramedSession::on_stream_bytes(std::string_view bytes) {
  if (partial_.empty()) {
    partial_.append(bytes.substr(take_frames(bytes)));
  } else {
    partial_.append(bytes);
    partial_.erase(0, take_frames(partial_));
  }
  if (partial_.empty()) {
    partial_ = std::string();  // an idle session holds no buffer
    partial_since_.reset();
  } else if (!partial_since_) {
    partial_since_ = host_.now();
  }
}

size_t FramedSession::take_frames(std::string_view bytes) {
  size_t used = 0;
  while (!is_closed_ && bytes.size() - used >= kHeaderBytes) {
    rpcs_frame frame{};
    const auto* head = reinterpret_cast<const uint8_t*>(bytes.data() + used);
    const rpcs_frame_status status =
        rpcs_decode_header(head, static_cast<uint32_t>(host_.limits().request_bytes_max), &frame);
    if (status != RPCS_FRAME_OK) {
      fail(rpcs_frame_status_text(status));
      return bytes.size();
    }
    if (bytes.size() - used - kHeaderBytes < frame.payload_length) {
      break;
    }
    take_frame(frame, bytes.substr(used + kHeaderBytes, frame.payload_length));
    used += kHeaderBytes + frame.payload_length;
    partial_since_.reset();
  }
  return is_closed_ ? bytes.size() : used;
}

void FramedSession::take_frame(const rpcs_frame& frame, std::string_view payload) {
  switch (frame.type) {
    case RPCS_HELLO:
      take_hello(frame, payload);
      return;
    case RPCS_CALL:
      take_call(frame, payload);
      return;
    case RPCS_CANCEL:
      take_cancel(frame.id);
      return;
    case RPCS_PING:
      if (payload.size() > RPCS_PING_BYTES_MAX) {
        fail("PING payload over 125 bytes");
        return;
      }
      write_frame(RPCS_PONG, 0, frame.chain, frame.id, payload);
      return;
    case RPCS_PONG:
      return;
    case RPCS_SUBSCRIBE:
      take_subscribe(frame, payload);
      return;
    case RPCS_UNSUBSCRIBE:
      write_frame(RPCS_RESULT, 0, frame.chain, frame.id,
                  subscriptions_.unsubscribe(frame.id) ? "true" : "false");
      return;
    default:
      fail("frame type that only the sidecar sends, or none at all");
      return;
  }
}

void FramedSession::take_hello(const rpcs_frame& frame, std::string_view payload) {
  if (std::exchange(has_hello_, true)) {
    fail("a second HELLO");
    return;
  }
  const auto hello = JsonValue::parse(payload);
  if (!hello || (*hello)["version"].as_uint64() != uint64_t{RPCS_VERSION}) {
    write_error(frame.id, 0,
                {.name = ErrorName::kBadRequest,
                 .message = "HELLO needs {\"version\":1}: 1 is the only version spoken here"});
    close(EndReason::kProtocol);
    return;
  }
  if (const auto client = (*hello)["client"].as_string(); client && !client->empty()) {
    host_.access().rename(visitor_, *client);
  }
  write_frame(RPCS_WELCOME, 0, 0, frame.id, welcome_text(host_.chains(), host_.limits()));
}

void FramedSession::take_call(const rpcs_frame& frame, std::string_view payload) {
  if (frame.id == 0 || open_.contains(frame.id) || subscriptions_.has(frame.id)) {
    fail(frame.id == 0 ? "CALL with id 0" : "CALL with the id of an open call or subscription");
    return;
  }
  const CallView view = parse_call(payload);
  if (!view.fault.empty()) {
    write_error(frame.id, frame.chain,
                {.name = ErrorName::kBadRequest, .message = view.fault, .code = view.code});
    return;
  }
  if (open_.size() >= host_.limits().calls_in_flight_max) {
    host_.on_limit("session_calls_in_flight_max");
    write_error(
        frame.id, frame.chain,
        {.name = ErrorName::kClientLimit, .message = "too many calls in flight on this session"});
    return;
  }
  Quota::Place place;
  const std::string refusal =
      host_.access().refusal(visitor_, Quota::Kind::kCall, view.method, frame.chain, place);
  if (!refusal.empty()) {
    write_frame(RPCS_ERROR, 0, frame.chain, frame.id, refusal);
    return;
  }
  Request request;
  request.session = id_;
  request.token = frame.id;
  request.worker = visitor_.worker;
  request.chain = frame.chain;
  request.method = view.method;
  request.params = view.params;
  request.deadline =
      Millis(static_cast<int64_t>(std::min<uint64_t>(view.deadline_ms.value_or(0), UINT32_MAX)));
  request.provider = view.provider;
  request.explain = view.explain;
  request.may_stream = !view.explain;
  open_.emplace(frame.id, Open{0, frame.chain, false, std::move(place)});
  const CallId call = host_.calls().submit(request);
  if (const auto open = open_.find(frame.id); open != open_.end()) {
    open->second.call = call;
  }
}

void FramedSession::take_cancel(uint64_t id) {
  if (const auto node = open_.extract(id)) {
    host_.calls().cancel(node.mapped().call);
  }
}

void FramedSession::take_subscribe(const rpcs_frame& frame, std::string_view payload) {
  if (frame.id == 0 || open_.contains(frame.id) || subscriptions_.has(frame.id)) {
    fail(frame.id == 0 ? "SUBSCRIBE with id 0"
                       : "SUBSCRIBE with the id of an open call or subscription");
    return;
  }
  if (subscriptions_.is_full()) {
    host_.on_limit("session_subscriptions_max");
    write_error(
        frame.id, frame.chain,
        {.name = ErrorName::kClientLimit, .message = "too many subscriptions on this session"});
    return;
  }
  Quota::Place place;
  if (const CallView view = parse_call(payload); view.fault.empty()) {
    const std::string refusal = host_.access().refusal(visitor_, Quota::Kind::kSubscription,
                                                       view.method, frame.chain, place);
    if (!refusal.empty()) {
      write_frame(RPCS_ERROR, 0, frame.chain, frame.id, refusal);
      return;
    }
  }
  const std::string_view fault = subscriptions_.subscribe(id_, frame.id, frame.chain, payload);
  subscriptions_.keep_place(frame.id, std::move(place));
  if (!fault.empty()) {
    write_error(frame.id, frame.chain,
                {.name = ErrorName::kBadRequest, .message = fault, .code = kInvalidParamsCode});
  }
}

void FramedSession::on_subscribed(uint64_t token, FeedPosition at) {
  const std::string text =
      "{\"epoch\":" + std::to_string(at.epoch) + ",\"seq\":" + std::to_string(at.seq) + "}";
  write_frame(RPCS_RESULT, 0, subscriptions_.chain_of(token), token, text);
}

void FramedSession::on_event(uint64_t token, EventForms& event) {
  if (is_closed_) {
    return;
  }
  const FeedEvent& one = event.event();
  const uint16_t chain = subscriptions_.chain_of(token);
  switch (subscriptions_.fate_of(token, one, stream_->queued_bytes())) {
    case EventFate::kSkip:
      return;
    case EventFate::kOverflow:
      host_.on_limit("event_queue_bytes");
      write_error(token, chain, {.name = ErrorName::kSubOverflow});
      close(EndReason::kOverflow);
      return;
    case EventFate::kSend:
    case EventFate::kHold:  // never: framed answers come alone
      break;
  }
  const int flags = (one.kind == EventKind::kReplayed ? RPCS_FLAG_REPLAYED : 0) |
                    (one.kind == EventKind::kGap ? RPCS_FLAG_GAP : 0) |
                    (one.is_last ? RPCS_FLAG_LAST : 0);
  write_frame(RPCS_EVENT, static_cast<uint8_t>(flags), chain, token, event.framed());
  if (one.is_last) {
    subscriptions_.drop(token);
    finish_if_done();
  }
}

void FramedSession::on_subscription_lost(uint64_t token, std::string_view error) {
  const uint16_t chain = subscriptions_.drop(token);
  write_frame(RPCS_ERROR, 0, chain, token, error);
  finish_if_done();
}

void FramedSession::on_reply(uint64_t token, const Reply& reply) {
  const auto node = open_.extract(token);
  if (!node || !has_room()) {
    return;
  }
  const bool is_result = reply.kind == Reply::Kind::kResult;
  write_frame(is_result ? RPCS_RESULT : RPCS_ERROR, 0, node.mapped().chain, token, reply.body);
  finish_if_done();
}

Flow FramedSession::on_reply_part(uint64_t token, std::string_view bytes) {
  const auto found = open_.find(token);
  if (is_closed_ || found == open_.end()) {
    return Flow::kDropped;
  }
  for (size_t at = 0; at < bytes.size(); at += kPartBytesMax) {
    write_frame(RPCS_RESULT, RPCS_FLAG_MORE, found->second.chain, token,
                bytes.substr(at, kPartBytesMax));
  }
  found->second.is_held = stream_->is_over_mark();
  return found->second.is_held ? Flow::kFull : Flow::kOk;
}

bool FramedSession::has_room() {
  if (is_closed_) {
    return false;
  }
  if (stream_->queued_bytes() > host_.limits().output_queue_bytes_max) {
    host_.on_limit("output_queue_bytes_max");
    close(EndReason::kOverflow);
    return false;
  }
  return true;
}

void FramedSession::write_frame(uint8_t type, uint8_t flags, uint16_t chain, uint64_t id,
                                std::string_view payload) {
  if (is_closed_) {
    return;
  }
  std::string& out = stream_->out();
  out.reserve(out.size() + kHeaderBytes + payload.size());
  append_frame_head(out, type, flags, chain, id, payload.size());
  out.append(payload);
  stream_->commit();
  if (stream_->is_over_mark()) {
    stream_->pause_reading();
  }
}

void FramedSession::write_error(uint64_t id, uint16_t chain, const ErrorSpec& spec) {
  std::string error;
  write_error_object(error, spec);
  write_frame(RPCS_ERROR, 0, chain, id, error);
}

void FramedSession::fail(std::string_view message) {
  write_error(0, 0, {.name = ErrorName::kBadRequest, .message = message});
  close(EndReason::kProtocol);
}

void FramedSession::on_stream_drained() {
  stream_->resume_reading();
  std::vector<CallId> held;
  for (auto& [id, open] : open_) {
    if (std::exchange(open.is_held, false)) {
      held.push_back(open.call);
    }
  }
  for (const CallId call : held) {
    host_.calls().resume(call);
  }
  subscriptions_.on_drained();
}

void FramedSession::on_stream_eof() {
  is_input_over_ = true;
  if (stream_->is_peer_gone()) {
    on_stream_failed("closed");
    return;
  }
  finish_if_done();
}

void FramedSession::finish_if_done() {
  if (is_input_over_ && open_.empty() && subscriptions_.is_empty()) {
    close(EndReason::kPeerClosed);
  }
}

void FramedSession::on_stream_failed(std::string_view) {
  is_closed_ = true;
  stream_.reset();
  host_.end_session(id_, EndReason::kPeerFailed);
}

void FramedSession::on_drain(Millis within) {
  if (!told_to_leave_) {
    told_to_leave_ = host_.now();
    write_frame(
        RPCS_GOAWAY, 0, 0, 0,
        R"({"reason":"shutting down","deadline_ms":)" + std::to_string(within.count()) + "}");
  }
}

Owed FramedSession::owed() const {
  if (is_closed_) {
    return Owed::kNothing;
  }
  // A CALL that the worker sent before it read GOAWAY is to be answered too.
  const bool may_call = told_to_leave_ && host_.now() - *told_to_leave_ < kGoawayGrace;
  return owed_of(may_call || !open_.empty() || stream_->queued_bytes() > 0,
                 !subscriptions_.is_empty());
}

void FramedSession::on_shutdown() {
  on_drain(Millis(0));
  for (const auto& [id, open] : open_) {
    write_error(id, open.chain, {.name = ErrorName::kShuttingDown, .sent = SentState::kMaybe});
  }
  for (const uint64_t id : subscriptions_.ids()) {
    write_error(id, subscriptions_.chain_of(id), {.name = ErrorName::kShuttingDown});
  }
  close(EndReason::kShutdown);
}

void FramedSession::on_sweep(Instant now) {
  if (is_input_over_ && !is_closed_ && stream_->is_peer_gone()) {
    on_stream_failed("closed");
    return;
  }
  if (partial_since_ && now - *partial_since_ > host_.limits().partial_timeout) {
    fail("frame not finished in time");
  }
}

void FramedSession::close(EndReason reason) {
  if (!is_closed_) {
    is_closed_ = true;
    Stream::close_gently(std::move(stream_));
    host_.end_session(id_, reason);
  }
}

std::string FramedSession::connection_error(std::string_view error) {
  std::string frame;
  append_frame_head(frame, RPCS_ERROR, 0, 0, 0, error.size());
  return frame.append(error);
}

}  // namespace sidecar
