#include "downstream/framed_session.h"

#include <utility>
#include <vector>

#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

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
  uint8_t head[RPCS_HEADER_BYTES];
  rpcs_encode_header(&frame, head);
  out.append(reinterpret_cast<const char*>(head), RPCS_HEADER_BYTES);
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
  out.reserve(out.size() + RPCS_HEADER_BYTES + payload.size());
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
