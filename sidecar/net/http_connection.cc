#include "net/http_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace sidecar {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr uint32_t kSerialMask = 0xffffff;
/// How long the peer may go on sending after our FIN. As Stream::kLingerMax.
constexpr Millis kLastWait{2'000};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&lower](char x, char y) { return lower(x) == lower(y); });
}

/// Whether poll() would say so: a Unix socket does only when three quarters of its buffer are free.
bool is_writable(int fd) {
  pollfd state{fd, POLLOUT, 0};
  return ::poll(&state, 1, 0) > 0;
}

/// Whether a comma list like `keep-alive, Upgrade` names `token`.
bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    if (equal_ignoring_case(item, token)) {
      return true;
    }
  }
  return false;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace

HttpConnection::HttpConnection(HttpConnectionHost& host, HttpConnectionId id)
    : host_(host), id_(id), deadline_(host.loop.now() + host.options.request_timeout) {}

// ---- requests

HttpStep HttpConnection::on_head(const HttpRawHead& raw) {
  serial_ = (serial_ + 1) & kSerialMask;
  is_post_ = raw.head.method == "POST";
  is_head_only_ = raw.head.method == "HEAD";
  is_http10_ = raw.version == "HTTP/1.0";
  is_kept_alive_ =
      is_http10_ ? has_token(raw.connection, "keep-alive") : !has_token(raw.connection, "close");
  body_bytes_expected_ = 0;
  if (!is_http10_ && raw.version != "HTTP/1.1") {
    is_http10_ = true;
    return refuse(505, "HTTP/1.1 is spoken here\n");
  }
  if (raw.is_ambiguous) {
    return refuse(400, "a header came twice that may come once\n");
  }
  if (!raw.transfer_encoding.empty()) {
    return refuse(411, "send the body with Content-Length, not in chunks\n");
  }
  if (is_post_ && raw.content_length.empty()) {
    return refuse(411, "send the body with Content-Length\n");
  }
  if (!raw.content_length.empty()) {
    const char* end = raw.content_length.data() + raw.content_length.size();
    const auto [rest, error] =
        std::from_chars(raw.content_length.data(), end, body_bytes_expected_);
    if (error != std::errc() || rest != end) {
      return refuse(400, "Content-Length is no number\n");
    }
    if (body_bytes_expected_ > host_.options.body_bytes_max) {
      return refuse(413, "the body is larger than this server takes\n");
    }
  }
  if (raw.head.is_upgrade) {
    return check_upgrade(raw);
  }
  const HttpVerdict verdict = host_.sink.on_http_head(raw.head);
  if (verdict.status != 200) {
    return refuse(verdict.status, verdict.reason);
  }
  tag_ = verdict.tag;
  if (!is_post_ && !is_head_only_ && raw.head.method != "GET") {
    return refuse(405, "GET or POST\n");
  }
  if (!is_post_ && body_bytes_expected_ > 0) {
    return refuse(400, "a body comes with POST only\n");
  }
  return start_body(raw);
}

HttpStep HttpConnection::check_upgrade(const HttpRawHead& raw) {
  is_kept_alive_ = false;
  if (!equal_ignoring_case(raw.upgrade, "websocket") || raw.head.method != "GET" ||
      body_bytes_expected_ > 0) {
    return refuse(400, "the only upgrade here is to websocket\n");
  }
  if (!has_token(raw.connection, "upgrade") || raw.websocket_key.empty()) {
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

HttpStep HttpConnection::start_body(const HttpRawHead& raw) {
  phase_ = Phase::kBody;
  path_ = raw.head.path;
  deadline_ = host_.loop.now() + host_.options.request_timeout;
  if (!is_post_) {
    ask();
    return HttpStep::kGoOn;
  }
  if (raw.expect.empty() || is_http10_ || body_bytes_expected_ == 0) {
    return HttpStep::kGoOn;
  }
  if (!equal_ignoring_case(raw.expect, "100-continue")) {
    return refuse(417, "only 100-continue can be expected\n");
  }
  // Nothing else is in the socket's way: the answer before this one went out whole.
  const ssize_t sent =
      ::send(raw.head.peer_fd, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(kContinue.size()) ? HttpStep::kGoOn : HttpStep::kClose;
}

HttpStep HttpConnection::refuse(int status, std::string_view reason,
                                std::string_view extra_header) {
  // Where a body ends is known to nobody now, or not worth waiting for.
  const bool is_last =
      !is_kept_alive_ || is_post_ || body_bytes_expected_ > 0 || status == 400 || status == 411;
  is_kept_alive_ = !is_last;
  append_head(status, "text/plain", extra_header);
  out_ += "Content-Length: " + std::to_string(reason.size()) + "\r\n\r\n";
  if (!is_head_only_) {
    out_ += reason;
  }
  phase_ = Phase::kReplying;
  if (!is_last) {
    start_output();
    return HttpStep::kGoOn;
  }
  // Sent at once and followed by the engine's FIN; the client may be writing its body still, which
  // is read and dropped for a while so that no reset overtakes the answer.
  if (send_unsent(host_.engine->fd_of(id_)) && unsent_bytes() == 0) {
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
    ask();
  } else if (phase_ == Phase::kAsked || phase_ == Phase::kStreaming || phase_ == Phase::kReplying) {
    move_to_stream();
  }
  return HttpStep::kGoOn;
}

void HttpConnection::ask() {
  phase_ = Phase::kAsked;
  deadline_ = Instant::max();
  if (body_bytes_expected_ == 0) {
    // In this state the engine spins on anything more that comes.
    host_.engine->hold_reading(id_);
    is_held_ = true;
  }
  std::string body = std::exchange(body_, {});
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

void HttpConnection::append_head(int status, std::string_view content_type,
                                 std::string_view extra_header) {
  if (out_.empty()) {
    out_ = host_.loop.take_buffer();
  }
  out_ += "HTTP/1.1 ";
  out_ += std::to_string(status);
  out_ += ' ';
  out_ += reason_phrase(status);
  out_ += "\r\n";
  if (!content_type.empty()) {
    out_ += "Content-Type: ";
    out_ += content_type;
    out_ += "\r\n";
  }
  out_ += extra_header;
  if (!is_kept_alive_) {
    out_ += "Connection: close\r\n";
  } else if (is_http10_) {
    out_ += "Connection: keep-alive\r\n";
  }
}

void HttpConnection::reply(HttpExchangeId exchange_id, int status, std::string_view content_type,
                           std::string body) {
  if (!is_asked(exchange_id)) {
    return;
  }
  append_head(status, content_type, {});
  if (status != 204) {
    out_ += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  out_ += "\r\n";
  if (!is_head_only_ && status != 204) {
    body_ = std::move(body);
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
  out_ += "\r\n";
  phase_ = Phase::kStreaming;
  start_output();
}

Flow HttpConnection::write_part(HttpExchangeId exchange_id, std::string_view bytes) {
  if (exchange_id != exchange() || phase_ != Phase::kStreaming) {
    return Flow::kDropped;
  }
  const size_t queued = unsent_bytes() + (stream_ ? stream_->queued_bytes() : 0);
  const size_t full = host_.options.output_bytes_max / 2;
  if (queued > full && queued + bytes.size() > host_.options.output_bytes_max) {
    break_off();
    return Flow::kDropped;
  }
  if (bytes.empty() || is_head_only_) {
    return was_full_ ? Flow::kFull : Flow::kOk;
  }
  if (is_chunked_) {
    char size[18];
    const auto [end, error] = std::to_chars(size, size + 16, bytes.size(), 16);
    out_.append(size, end);
    out_ += "\r\n";
  }
  out_ += bytes;
  if (is_chunked_) {
    out_ += "\r\n";
  }
  start_output();
  was_full_ = unsent_bytes() + (stream_ ? stream_->queued_bytes() : 0) > full;
  return was_full_ ? Flow::kFull : Flow::kOk;
}

void HttpConnection::end_reply(HttpExchangeId exchange_id) {
  if (exchange_id != exchange() || phase_ != Phase::kStreaming) {
    return;
  }
  if (is_chunked_ && !is_head_only_) {
    out_ += "0\r\n\r\n";
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
  release_output();
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
  } else if (!is_awaiting_writable_ && write_some() == HttpStep::kClose) {
    host_.on_connection_broken(id_);
  }
}

HttpStep HttpConnection::on_writable() {
  is_awaiting_writable_ = false;
  if (phase_ == Phase::kStreaming || phase_ == Phase::kReplying) {
    return write_some();
  }
  return phase_ == Phase::kDead ? HttpStep::kClose : HttpStep::kGoOn;
}

/// False when the socket is broken.
bool HttpConnection::send_unsent(int fd) {
  iovec parts[2];
  size_t count = 0;
  if (sent_ < out_.size()) {
    parts[count++] = {out_.data() + sent_, out_.size() - sent_};
  }
  const size_t body_sent = sent_ > out_.size() ? sent_ - out_.size() : 0;
  if (body_sent < body_.size()) {
    parts[count++] = {body_.data() + body_sent, body_.size() - body_sent};
  }
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  const ssize_t written = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (written > 0) {
    sent_ += static_cast<size_t>(written);
    deadline_ = host_.loop.now() + host_.options.idle_timeout;
  }
  return written >= 0 || errno == EAGAIN || errno == EINTR;
}

HttpStep HttpConnection::write_some() {
  const int fd = host_.engine->fd_of(id_);
  if (unsent_bytes() > 0 && !send_unsent(fd)) {
    return HttpStep::kClose;
  }
  // Before the next head the engine waits for the socket to be writable, and spins if bytes come in
  // meanwhile: so that is waited for here.
  if (unsent_bytes() == 0 && (phase_ == Phase::kStreaming || is_writable(fd))) {
    return on_all_written();
  }
  if (is_held_) {
    move_to_stream();  // without reading there is no on_writable
    return HttpStep::kGoOn;
  }
  is_awaiting_writable_ = true;
  host_.engine->ask_writable(id_);
  tell_drained();
  return HttpStep::kGoOn;
}

HttpStep HttpConnection::on_all_written() {
  release_output();
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
  deadline_ = host_.loop.now() + host_.options.idle_timeout;
  if (is_held_) {
    is_held_ = false;
    host_.engine->resume_reading(id_);
  }
  return host_.engine->finish_request(id_);
}

void HttpConnection::tell_drained() {
  if (was_full_ && unsent_bytes() <= host_.options.output_bytes_max / 4) {
    was_full_ = false;
    host_.sink.on_http_drained(exchange());
  }
}

void HttpConnection::release_output() {
  host_.loop.give_back(std::exchange(out_, {}));
  host_.loop.give_back(std::exchange(body_, {}));
  sent_ = 0;
}

// ---- without the engine

void HttpConnection::move_to_stream() {
  is_kept_alive_ = false;
  const int fd = host_.engine->take_over(id_);
  if (fd < 0) {
    host_.on_connection_broken(id_);
    return;
  }
  auto stream = Stream::adopt(host_.loop, fd, 0, *this);
  if (!stream.ok()) {
    host_.on_connection_idle(id_);
    return;
  }
  stream_ = std::move(stream).value();
  feed_stream();
}

/// Moves what is queued to the stream, and ends the connection when the answer is whole.
void HttpConnection::feed_stream() {
  if (unsent_bytes() > 0) {
    std::string& out = stream_->out();
    const size_t head_sent = std::min(sent_, out_.size());
    out.append(out_, head_sent);
    out.append(body_, sent_ - head_sent);
    stream_->commit();
  }
  release_output();
  if (phase_ == Phase::kReplying && stream_->queued_bytes() == 0) {
    stream_->finish_writing();
    begin_last();
  }
}

/// The engine has sent FIN: what the client still sends is read through another descriptor.
void HttpConnection::linger(int fd) {
  if (fd < 0) {
    return;
  }
  release_output();
  auto stream = Stream::adopt(host_.loop, fd, 0, *this);
  if (!stream.ok()) {
    host_.on_connection_idle(id_);
    return;
  }
  stream_ = std::move(stream).value();
  begin_last();
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
