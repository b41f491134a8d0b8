#include "downstream/json_ipc_session.h"

#include <string>
#include <utility>

#include "rpc/envelope.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

TextStream::Options text_options(const SessionLimits& limits) {
  TextStream::Options options;
  options.text_bytes_max = limits.request_bytes_max;
  options.depth_max = static_cast<uint16_t>(limits.depth_max);
  options.elements_max = limits.batch_items_max;
  return options;
}

}  // namespace

JsonIpcSession::JsonIpcSession(SessionHost& host)
    : host_(host),
      texts_(text_options(host.limits())),
      lane_(*this),
      subscriptions_(host),
      calls_(host.limits(), {host.calls(), host.access()}, *this, &subscriptions_) {}

bool JsonIpcSession::attach(Loop& loop, int fd, SessionId id) {
  id_ = id;
  calls_.set_visitor(visitor_);
  auto stream = Stream::adopt(loop, fd, host_.limits().output_mark_bytes, *this);
  if (!stream.ok()) {
    return false;
  }
  stream_ = std::move(stream).value();
  return true;
}

void JsonIpcSession::on_stream_bytes(std::string_view bytes) {
  texts_.feed(bytes);
  take_texts();
}

void JsonIpcSession::take_texts() {
  while (!is_closed_) {
    const TextStream::Step step = texts_.next();
    switch (step.event) {
      case TextStream::Event::kText:
        partial_since_.reset();
        calls_.submit(id_, 0, step.text, texts_.scanner(), true);
        break;
      case TextStream::Event::kNeedMore:
        if (texts_.is_between_texts()) {
          partial_since_.reset();
        } else if (!partial_since_) {
          partial_since_ = host_.now();
        }
        return;
      case TextStream::Event::kBadText:
        refuse_stream(kParseErrorCode, texts_.fault_text());
        return;
      case TextStream::Event::kTooLarge:
        host_.on_limit("request_bytes_max");
        refuse_stream(kInvalidRequestCode, "request over request_bytes_max");
        return;
    }
  }
}

void JsonIpcSession::refuse_stream(int code, std::string_view message) {
  std::string error;
  write_error_object(error, {.name = ErrorName::kBadRequest, .message = message, .code = code});
  std::string reply;
  append_error_reply(reply, "null", error);
  lane_.put_whole(0, reply);
  close(EndReason::kProtocol);
}

void JsonIpcSession::on_stream_eof() {
  is_input_over_ = true;
  if (stream_->is_peer_gone()) {
    on_stream_failed("closed");
    return;
  }
  finish_if_done();
}

void JsonIpcSession::finish_if_done() {
  if (is_input_over_ && calls_.is_idle() && subscriptions_.is_empty()) {
    close(EndReason::kPeerClosed);
  }
}

void JsonIpcSession::on_stream_failed(std::string_view) {
  is_closed_ = true;
  stream_.reset();
  host_.end_session(id_, EndReason::kPeerFailed);
}

void JsonIpcSession::on_stream_drained() {
  stream_->resume_reading();
  calls_.resume_all();
  subscriptions_.on_drained();
}

void JsonIpcSession::on_reply(uint64_t token, const Reply& reply) {
  calls_.on_reply(token, reply);
  if (lane_.take_resume()) {
    calls_.resume_all();
  }
  finish_if_done();
}

void JsonIpcSession::on_subscribed(uint64_t token, FeedPosition) {
  const std::string id(subscriptions_.confirm(token));
  on_reply(token, {Reply::Kind::kResult, id});
}

void JsonIpcSession::on_subscription_lost(uint64_t token, std::string_view error) {
  if (!subscriptions_.drop(token)) {
    on_reply(token, {Reply::Kind::kError, error});
  }
  finish_if_done();
}

Flow JsonIpcSession::on_reply_part(uint64_t token, std::string_view bytes) {
  return is_closed_ ? Flow::kDropped : calls_.on_reply_part(token, bytes);
}

void JsonIpcSession::on_event(uint64_t token, EventForms& event) {
  if (is_closed_) {
    return;
  }
  const size_t queued = stream_->queued_bytes() + lane_.waiting_bytes();
  const EventFate fate = subscriptions_.fate_of(token, event.event(), queued);
  if (fate == EventFate::kSkip) {
    return;
  }
  if (fate == EventFate::kOverflow) {
    host_.on_limit("event_queue_bytes");
    close(EndReason::kOverflow);
    return;
  }
  std::string_view line = event.ipc(subscriptions_.wire_id(token));
  if (fate == EventFate::kSend && lane_.is_free()) {
    stream_->write(line);  // compact already, as the lane would make it
  } else {
    line.remove_suffix(1);
    fate == EventFate::kHold ? subscriptions_.hold(token, line) : lane_.put_whole(0, line);
  }
  if (event.event().is_last) {
    subscriptions_.drop(token);
    finish_if_done();
  }
}

void JsonIpcSession::on_text_reply(uint64_t text, std::string_view reply) {
  lane_.put_whole(text, reply);
}

Flow JsonIpcSession::on_text_piece(uint64_t text, std::string_view piece, bool is_first,
                                   bool is_last) {
  return lane_.put_piece(text, piece, is_first, is_last);
}

void JsonIpcSession::on_text_broken(uint64_t) {
  // Half a JSON text is on the wire, and nothing can take it back but the end of the stream.
  close(EndReason::kProtocol);
}

void JsonIpcSession::on_text_silent(uint64_t) {}

Flow JsonIpcSession::write_piece(std::string_view bytes, bool is_first, bool is_last) {
  if (is_closed_) {
    return Flow::kDropped;
  }
  const size_t queued = stream_->queued_bytes() + lane_.waiting_bytes();
  if (is_first && is_last && queued > host_.limits().output_queue_bytes_max) {
    host_.on_limit("output_queue_bytes_max");
    close(EndReason::kOverflow);
    return Flow::kDropped;
  }
  if (is_first) {
    compact_.reset();
  }
  std::string& out = stream_->out();
  compact_.write(bytes, out);
  if (is_last) {
    out += '\n';
  }
  stream_->commit();
  if (stream_->is_over_mark()) {
    stream_->pause_reading();
    return Flow::kFull;
  }
  return Flow::kOk;
}

Owed JsonIpcSession::owed() const {
  return is_closed_ ? Owed::kNothing
                    : owed_of(!calls_.is_idle() || stream_->queued_bytes() > 0,
                              !subscriptions_.is_empty());
}

void JsonIpcSession::on_shutdown() {
  if (!is_closed_) {
    calls_.end_all();
    close(EndReason::kShutdown);
  }
}

void JsonIpcSession::on_sweep(Instant now) {
  if (is_input_over_ && !is_closed_ && stream_->is_peer_gone()) {
    on_stream_failed("closed");
    return;
  }
  if (partial_since_ && now - *partial_since_ > host_.limits().partial_timeout) {
    refuse_stream(kParseErrorCode, "request not finished in time");
  }
}

void JsonIpcSession::close(EndReason reason) {
  if (is_closed_) {
    return;
  }
  is_closed_ = true;
  Stream::close_gently(std::move(stream_));
  host_.end_session(id_, reason);
}

}  // namespace sidecar
