#include "net/http_connection.h"

#include <sys/socket.h>

#include <utility>

#include "base/check.h"
#include "net/http_message.h"

// Requests. The answers are in http_connection_reply.cc.

namespace sidecar {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr uint32_t kSerialMask = 0xffffff;

}  // namespace

HttpConnection::HttpConnection(HttpConnectionHost& host, HttpConnectionId id)
    : host_(host),
      id_(id),
      deadline_(host.loop.now() + host.options.request_timeout),
      output_(host.loop) {}

HttpStep HttpConnection::on_head(const HttpRawHead& raw) {
  serial_ = (serial_ + 1) & kSerialMask;
  is_post_ = raw.head.method == "POST";
  is_head_only_ = raw.head.method == "HEAD";
  is_http10_ = raw.version == "HTTP/1.0";
  is_kept_alive_ =
      is_http10_ ? has_word(raw.connection, "keep-alive") : !has_word(raw.connection, "close");
  if (!is_http10_ && raw.version != "HTTP/1.1") {
    return refuse(505, "HTTP/1.1 is spoken here\n");
  }
  if (raw.is_ambiguous) {
    return refuse(400, "a header came twice that may come once\n");
  }
  if (!raw.transfer_encoding.empty() || (is_post_ && raw.content_length.empty())) {
    return refuse(411, "send the body with Content-Length, not in chunks\n");
  }
  const auto length = read_length(raw.content_length.empty() ? "0" : raw.content_length);
  if (!length) {
    return refuse(400, "Content-Length is no number\n");
  }
  if (*length > host_.options.body_bytes_max) {
    return refuse(413, "the body is larger than this server takes\n");
  }
  if (!is_post_ && *length > 0) {
    return refuse(400, "a body comes with POST only\n");
  }
  body_bytes_expected_ = *length;
  return raw.head.is_upgrade ? check_upgrade(raw) : check_request(raw);
}

HttpStep HttpConnection::check_upgrade(const HttpRawHead& raw) {
  if (!is_same_word(raw.upgrade, "websocket") || raw.head.method != "GET") {
    return refuse(400, "the only upgrade here is to websocket\n");
  }
  if (!has_word(raw.connection, "upgrade") || raw.websocket_key.empty()) {
    return refuse(400, "this is no WebSocket handshake\n");
  }
  if (raw.websocket_version != "13") {
    return refuse(426, "WebSocket version 13 is spoken here\n", "Sec-WebSocket-Version: 13\r\n");
  }
  const HttpVerdict verdict = host_.sink.on_http_head(raw.head);
  if (verdict.status != 200) {
    return refuse(verdict);
  }
  tag_ = verdict.tag;
  return HttpStep::kGoOn;
}

HttpStep HttpConnection::check_request(const HttpRawHead& raw) {
  HttpVerdict verdict = host_.sink.on_http_head(raw.head);
  if (verdict.status != 200) {
    return refuse(verdict);
  }
  tag_ = verdict.tag;
  note_ = std::move(verdict.note);
  if (!is_post_ && !is_head_only_ && raw.head.method != "GET") {
    return refuse(405, "GET or POST\n");
  }
  path_ = raw.head.path;
  phase_ = Phase::kBody;
  if (body_bytes_expected_ == 0) {
    // Without a body the engine spins on anything more that comes, and does not say so.
    move_to_stream();
    if (!is_taken_over()) {
      return HttpStep::kClose;
    }
    ask({});
    return HttpStep::kGoOn;
  }
  deadline_ = host_.loop.now() + host_.options.request_timeout;
  if (raw.expect.empty() || is_http10_) {
    return HttpStep::kGoOn;
  }
  if (!is_same_word(raw.expect, "100-continue")) {
    return refuse(417, "only 100-continue can be expected\n");
  }
  // Nothing else is in the socket's way: the answer before this one went out whole.
  const ssize_t sent =
      ::send(raw.head.peer_fd, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(kContinue.size()) ? HttpStep::kGoOn : HttpStep::kClose;
}

/// Answers at once and lets the engine send FIN. The client may be writing its body still: that is
/// read and dropped for a while, so that no reset overtakes the answer.
HttpStep HttpConnection::refuse(const HttpVerdict& verdict) {
  is_kept_alive_ = false;
  phase_ = Phase::kReplying;
  append_head(verdict.status, verdict.content_type, verdict.more);
  output_.text() += "Content-Length: " + std::to_string(verdict.reason.size()) + "\r\n\r\n";
  if (!is_head_only_) {
    output_.text() += verdict.reason;
  }
  if (output_.send_to(host_.engine->fd_of(id_)) && output_.unsent_bytes() == 0) {
    linger(host_.engine->share(id_));
  }
  return HttpStep::kClose;
}

HttpStep HttpConnection::refuse(int status, std::string_view reason, std::string_view more) {
  return refuse({.status = status, .reason = reason, .more = more});
}

HttpStep HttpConnection::on_body(std::string_view piece) {
  if (phase_ == Phase::kBody) {
    if (body_.empty()) {
      body_ = host_.loop.take_buffer();
    }
    body_.append(piece);
  }
  return HttpStep::kGoOn;
}

HttpStep HttpConnection::on_body_end() {
  if (phase_ == Phase::kBody) {
    CHECK(body_.size() == body_bytes_expected_);
    ask(std::exchange(body_, {}));
  } else if (phase_ == Phase::kAsked || phase_ == Phase::kStreaming || phase_ == Phase::kReplying) {
    move_to_stream();
  }
  return HttpStep::kGoOn;
}

void HttpConnection::ask(std::string body) {
  phase_ = Phase::kAsked;
  deadline_ = Instant::max();
  const std::string path = std::exchange(path_, {});
  host_.sink.on_http_request(exchange(), tag_, is_post_, path, body);
  host_.loop.give_back(std::move(body));
}

void HttpConnection::on_gone() {
  if (phase_ == Phase::kAsked || phase_ == Phase::kStreaming) {
    phase_ = Phase::kDead;
    host_.sink.on_http_gone(exchange());
  }
}

std::string_view HttpConnection::note(HttpExchangeId asked) const {
  return asked == exchange() ? std::string_view(note_) : std::string_view();
}

size_t HttpConnection::queued_bytes(HttpExchangeId asked) const {
  return asked == exchange() ? queued_bytes() : 0;
}

}  // namespace sidecar
