// Of downstream/framed_session.h: what a worker sends, from bytes to frames, and from a frame to
// what it asks for.
#include <algorithm>
#include <utility>

#include "downstream/framed_session.h"
#include "downstream/welcome.h"
#include "rpc/envelope.h"
#include "rpc/json_value.h"
#include "rpc/rpc_error.h"

namespace sidecar {

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
  while (!is_closed_ && bytes.size() - used >= RPCS_HEADER_BYTES) {
    rpcs_frame frame{};
    const auto* head = reinterpret_cast<const uint8_t*>(bytes.data() + used);
    const rpcs_frame_status status =
        rpcs_decode_header(head, static_cast<uint32_t>(host_.limits().request_bytes_max), &frame);
    if (status != RPCS_FRAME_OK) {
      fail(rpcs_frame_status_text(status));
      return bytes.size();
    }
    if (bytes.size() - used - RPCS_HEADER_BYTES < frame.payload_length) {
      break;
    }
    take_frame(frame, bytes.substr(used + RPCS_HEADER_BYTES, frame.payload_length));
    used += RPCS_HEADER_BYTES + frame.payload_length;
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

}  // namespace sidecar
