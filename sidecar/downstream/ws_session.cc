#include "downstream/ws_session.h"

namespace sidecar {

namespace {

/// "Service restart": the one close code after which every client that comes back at all does so
/// with its subscriptions. 1000 and 1001 lose them.
constexpr uint16_t kServiceRestart = 1012;

}  // namespace

WsSession::WsSession(SessionHost& host, HttpServer& server, WebSocketId socket, ChainNumber chain)
    : host_(host),
      server_(server),
      socket_(socket),
      chain_(chain),
      lane_(*this),
      subscriptions_(host),
      calls_(host.limits(), {host.calls(), host.access()}, *this, &subscriptions_) {}

void WsSession::on_text(std::string_view text) {
  calls_.submit(id_, chain_, text, true);
}

void WsSession::on_drained() {
  server_.ws_resume_reading(socket_);
  calls_.resume_all();
  subscriptions_.on_drained();
}

void WsSession::on_closed() {
  if (!is_closed_) {
    is_closed_ = true;
    host_.end_session(id_, EndReason::kPeerClosed);
  }
}

void WsSession::on_reply(uint64_t token, const Reply& reply) {
  calls_.on_reply(token, reply);
  if (lane_.take_resume()) {
    calls_.resume_all();
  }
}

void WsSession::on_subscribed(uint64_t token, FeedPosition) {
  const std::string id(subscriptions_.confirm(token));
  on_reply(token, {Reply::Kind::kResult, id});
}

void WsSession::on_subscription_lost(uint64_t token, std::string_view error) {
  if (!subscriptions_.drop(token)) {
    on_reply(token, {Reply::Kind::kError, error});
  }
}

Flow WsSession::on_reply_part(uint64_t token, std::string_view bytes) {
  return is_closed_ ? Flow::kDropped : calls_.on_reply_part(token, bytes);
}

void WsSession::on_event(uint64_t token, EventForms& event) {
  if (is_closed_) {
    return;
  }
  const size_t queued = server_.ws_queued_bytes(socket_) + lane_.waiting_bytes();
  const EventFate fate = subscriptions_.fate_of(token, event.event(), queued);
  if (fate == EventFate::kSkip) {
    return;
  }
  if (fate == EventFate::kOverflow) {
    host_.on_limit("event_queue_bytes");
    close(EndReason::kOverflow);
    return;
  }
  const std::string_view text = event.ws(subscriptions_.wire_id(token));
  fate == EventFate::kHold ? subscriptions_.hold(token, text) : lane_.put_whole(0, text);
  if (event.event().is_last) {
    subscriptions_.drop(token);
  }
}

Owed WsSession::owed() const {
  return is_closed_ ? Owed::kNothing
                    : owed_of(!calls_.is_idle() || server_.ws_queued_bytes(socket_) > 0,
                              !subscriptions_.is_empty());
}

void WsSession::on_shutdown() {
  if (!is_closed_) {
    calls_.end_all();
    close(EndReason::kShutdown);
  }
}

void WsSession::on_text_reply(uint64_t text, std::string_view reply) {
  lane_.put_whole(text, reply);
}

Flow WsSession::on_text_piece(uint64_t text, std::string_view piece, bool is_first, bool is_last) {
  return lane_.put_piece(text, piece, is_first, is_last);
}

void WsSession::on_text_broken(uint64_t) {
  close(EndReason::kPeerFailed);
}

void WsSession::on_text_silent(uint64_t) {}

Flow WsSession::write_piece(std::string_view bytes, bool is_first, bool is_last) {
  if (is_closed_) {
    return Flow::kDropped;
  }
  const size_t queued = server_.ws_queued_bytes(socket_) + lane_.waiting_bytes();
  if (is_first && is_last && queued > host_.limits().output_queue_bytes_max) {
    host_.on_limit("output_queue_bytes_max");
    close(EndReason::kOverflow);
    return Flow::kDropped;
  }
  const Flow flow = server_.ws_send_part(socket_, bytes, is_first, is_last);
  if (flow == Flow::kFull) {
    server_.ws_pause_reading(socket_);
  }
  return flow;
}

void WsSession::close(EndReason reason) {
  if (!is_closed_) {
    is_closed_ = true;
    server_.ws_close(socket_, kServiceRestart);
    host_.end_session(id_, reason);
  }
}

}  // namespace sidecar
