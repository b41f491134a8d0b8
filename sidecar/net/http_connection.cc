#include "net/http_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "base/check.h"
#include "net/http_message.h"

namespace sidecar {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr uint32_t kSerialMask = 0xffffff;
/// How long the peer may go on sending after our FIN. As for a WebSocket's Close.
constexpr Millis kLastWait{2'000};

}  // namespace

HttpConnection::HttpConnection(HttpConnectionHost& host, HttpConnectionId id)
    : host_(host),
      id_(id),
      deadline_(host.loop.now() + host.options.request_timeout),
      output_(host.loop) {}

// ---- requests

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
    return refuse(verdict.status, verdict.reason);
  }
  tag_ = verdict.tag;
  return HttpStep::kGoOn;
}

HttpStep HttpConnection::check_request(const HttpRawHead& raw) {
  const HttpVerdict verdict = host_.sink.on_http_head(raw.head);
  if (verdict.status != 200) {
    return refuse(verdict.status, verdict.reason);
  }
  tag_ = verdict.tag;
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
HttpStep HttpConnection::refuse(int status, std::string_view reason, std::string_view more) {
  is_kept_alive_ = false;
  phase_ = Phase::kReplying;
  append_head(status, "text/plain", more);
  output_.text() += "Content-Length: " + std::to_string(reason.size()) + "\r\n\r\n";
  if (!is_head_only_) {
    output_.text() += reason;
  }
  if (output_.send_to(host_.engine->fd_of(id_)) && output_.unsent_bytes() == 0) {
    linger(host_.engine->share(id_));
  }
  return HttpStep::kClose;
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

// ---- answers

bool HttpConnection::is_asked(HttpExchangeId exchange_id) const {
  return exchange_id == exchange() && phase_ == Phase::kAsked;
}

void HttpConnection::append_head(int status, std::string_view content_type, std::string_view more) {
  append_reply_head(output_.text(), status, content_type,
                    !is_kept_alive_ ? HttpConnectionHeader::kClose
                    : is_http10_    ? HttpConnectionHeader::kKeepAlive
                                    : HttpConnectionHeader::kSilent,
                    more);
}

void HttpConnection::reply(HttpExchangeId exchange_id, int status, std::string_view content_type,
                           std::string body) {
  if (!is_asked(exchange_id)) {
    return;
  }
  append_head(status, content_type, {});
  std::string& text = output_.text();
  if (status != 204) {
    text += "Content-Length: ";
    text += std::to_string(body.size());
    text += "\r\n";
  }
  text += "\r\n";
  if (!is_head_only_ && status != 204) {
    output_.set_body(std::move(body));
  }
  phase_ = Phase::kReplying;
  start_output();
}

void HttpConnection::begin_reply(HttpExchangeId exchange_id, int status,
                                 std::string_view content_type) {
  if (!is_asked(exchange_id)) {
    return;
  }
  is_chunked_ = !is_http10_;
  is_kept_alive_ = is_kept_alive_ && is_chunked_;
  append_head(status, content_type, is_chunked_ ? "Transfer-Encoding: chunked\r\n" : "");
  output_.text() += "\r\n";
  phase_ = Phase::kStreaming;
  start_output();
}

Flow HttpConnection::write_part(HttpExchangeId exchange_id, std::string_view bytes) {
  if (exchange_id != exchange() || phase_ != Phase::kStreaming) {
    return Flow::kDropped;
  }
  const size_t full = host_.options.output_bytes_max / 2;
  if (queued_bytes() > full && queued_bytes() + bytes.size() > host_.options.output_bytes_max) {
    break_off();
    return Flow::kDropped;
  }
  if (!bytes.empty() && !is_head_only_) {
    if (is_chunked_) {
      append_chunk(output_.text(), bytes);
    } else {
      output_.text() += bytes;
    }
    start_output();
    was_full_ = queued_bytes() > full;
  }
  return was_full_ ? Flow::kFull : Flow::kOk;
}

void HttpConnection::end_reply(HttpExchangeId exchange_id) {
  if (exchange_id != exchange() || phase_ != Phase::kStreaming) {
    return;
  }
  if (is_chunked_ && !is_head_only_) {
    output_.text() += kLastChunk;
  }
  phase_ = Phase::kReplying;
  was_full_ = false;
  start_output();
}

void HttpConnection::abort_reply(HttpExchangeId exchange_id) {
  if (exchange_id == exchange() && (phase_ == Phase::kAsked || phase_ == Phase::kStreaming)) {
    break_off();
  }
}

void HttpConnection::break_off() {
  phase_ = Phase::kDead;
  output_.clear();
  if (is_taken_over()) {
    host_.on_connection_idle(id_);
  } else {
    host_.on_connection_broken(id_);
  }
}

// ---- output

void HttpConnection::start_output() {
  if (deadline_ == Instant::max()) {
    deadline_ = host_.loop.now() + host_.options.idle_timeout;
  }
  if (is_taken_over()) {
    feed_stream();
  } else {
    host_.engine->ask_writable(id_);
  }
}

/// An answer goes out, and the request ends, in this one callback. Not earlier: the engine tells of
/// bytes that came behind the request (on_body_end again) only on the turn after, and if it saw
/// them as a next request, 4.1.6 would take that one's head for its body. Not later: a client that
/// has its answer may send the next request.
HttpStep HttpConnection::on_writable() {
  if (phase_ != Phase::kStreaming && phase_ != Phase::kReplying) {
    return phase_ == Phase::kDead ? HttpStep::kClose : HttpStep::kGoOn;
  }
  const size_t unsent_before = output_.unsent_bytes();
  if (!output_.send_to(host_.engine->fd_of(id_))) {
    return HttpStep::kClose;
  }
  if (output_.unsent_bytes() < unsent_before) {
    deadline_ = host_.loop.now() + host_.options.idle_timeout;
  }
  if (output_.unsent_bytes() > 0) {
    host_.engine->ask_writable(id_);
    tell_drained();
    return HttpStep::kGoOn;
  }
  if (phase_ == Phase::kStreaming) {
    deadline_ = Instant::max();
    tell_drained();
    return HttpStep::kGoOn;
  }
  if (!is_kept_alive_) {
    phase_ = Phase::kLast;
    return HttpStep::kClose;
  }
  phase_ = Phase::kHead;
  may_spin_ = true;
  deadline_ = host_.loop.now() + host_.options.idle_timeout;
  return host_.engine->finish_request(id_);
}

/// Between two requests the engine waits for the socket to be writable, and spins when bytes come
/// in meanwhile: a client that sends requests and reads no answers.
bool HttpConnection::is_spinning() {
  if (!may_spin_ || phase_ != Phase::kHead || is_taken_over()) {
    return false;
  }
  pollfd state{host_.engine->fd_of(id_), POLLIN | POLLOUT, 0};
  ::poll(&state, 1, 0);
  may_spin_ = (state.revents & POLLOUT) == 0;
  return may_spin_ && (state.revents & POLLIN) != 0;
}

void HttpConnection::tell_drained() {
  if (was_full_ && output_.unsent_bytes() <= host_.options.output_bytes_max / 4) {
    was_full_ = false;
    host_.sink.on_http_drained(exchange());
  }
}

size_t HttpConnection::queued_bytes() const {
  return output_.unsent_bytes() + (stream_ ? stream_->queued_bytes() : 0);
}

// ---- without the engine

void HttpConnection::move_to_stream() {
  is_kept_alive_ = false;
  const int fd = host_.engine->take_over(id_);
  if (fd < 0) {
    host_.on_connection_broken(id_);
    return;
  }
  if (adopt_stream(fd)) {
    feed_stream();
  }
}

bool HttpConnection::adopt_stream(int fd) {
  auto stream = Stream::adopt(host_.loop, fd, 0, *this);
  if (!stream.ok()) {
    host_.on_connection_idle(id_);
    return false;
  }
  stream_ = std::move(stream).value();
  return true;
}

/// Moves what is queued to the stream, and ends the connection when the answer is whole.
void HttpConnection::feed_stream() {
  if (output_.unsent_bytes() > 0) {
    output_.move_to(stream_->out());
    stream_->commit();
  }
  if (phase_ == Phase::kReplying && stream_->queued_bytes() == 0) {
    stream_->finish_writing();
    begin_last();
  }
}

/// The engine sends FIN: what the client still sends is read through another descriptor.
void HttpConnection::linger(int fd) {
  if (fd >= 0 && adopt_stream(fd)) {
    begin_last();
  }
}

void HttpConnection::begin_last() {
  phase_ = Phase::kLast;
  deadline_ = host_.loop.now() + kLastWait;
  if (is_peer_done_) {
    host_.on_connection_idle(id_);
  }
}

void HttpConnection::on_stream_bytes(std::string_view) {}

void HttpConnection::on_stream_eof() {
  is_peer_done_ = true;
  if (phase_ == Phase::kLast) {
    host_.on_connection_idle(id_);
  }
}

void HttpConnection::on_stream_failed(std::string_view) {
  host_.on_connection_idle(id_);
}

void HttpConnection::on_stream_drained() {
  deadline_ = Instant::max();
  tell_drained();
  feed_stream();
}

}  // namespace sidecar
