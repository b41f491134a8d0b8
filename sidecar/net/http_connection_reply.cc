#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "net/http_connection.h"
#include "net/http_message.h"

// HttpConnection's answers, and its end.

namespace sidecar {

namespace {

/// How long the peer may go on sending after our FIN. As for a WebSocket's Close.
constexpr Millis kLastWait{2'000};

}  // namespace

// ---- answers

bool HttpConnection::is_asked(HttpExchangeId exchange_id) const {
  return exchange_id == exchange() && phase_ == Phase::kAsked;
}

void HttpConnection::append_head(int status, std::string_view content_type, std::string_view more) {
  is_kept_alive_ = is_kept_alive_ && !is_last_;
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

void HttpConnection::begin_reply(HttpExchangeId exchange_id, const HttpReplyHead& head) {
  if (!is_asked(exchange_id)) {
    return;
  }
  body_bytes_owed_ = head.body_bytes.value_or(0);
  is_chunked_ = !is_http10_ && !head.body_bytes;
  is_kept_alive_ = is_kept_alive_ && (is_chunked_ || head.body_bytes);
  append_head(head.status, head.content_type, head.more);
  std::string& text = output_.text();
  if (is_chunked_) {
    text += "Transfer-Encoding: chunked\r\n";
  } else if (head.body_bytes) {
    text += "Content-Length: " + std::to_string(*head.body_bytes) + "\r\n";
  }
  text += "\r\n";
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
      body_bytes_owed_ -= std::min<uint64_t>(body_bytes_owed_, bytes.size());
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
  is_kept_alive_ = is_kept_alive_ && (body_bytes_owed_ == 0 || is_head_only_);
  phase_ = Phase::kReplying;
  was_full_ = false;
  start_output();
}

void HttpConnection::abort_reply(HttpExchangeId exchange_id) {
  if (exchange_id == exchange() && (phase_ == Phase::kAsked || phase_ == Phase::kStreaming)) {
    break_off();
  }
}

void HttpConnection::reset_reply(HttpExchangeId exchange_id) {
  if (exchange_id != exchange() || (phase_ != Phase::kAsked && phase_ != Phase::kStreaming)) {
    return;
  }
  is_reset_ = true;
  is_kept_alive_ = false;
  was_full_ = false;
  phase_ = Phase::kReplying;
  start_output();
}

/// The engine sends FIN whenever it closes, so it is made to let go of the connection first.
void HttpConnection::reset() {
  const ::linger at_once{.l_onoff = 1, .l_linger = 0};
  const int fd = is_taken_over() ? stream_->fd() : host_.engine->fd_of(id_);
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  if (!is_taken_over()) {
    const int own_fd = host_.engine->take_over(id_);
    if (own_fd < 0) {
      host_.on_connection_broken(id_);
      return;
    }
    ::close(own_fd);
  }
  host_.on_connection_idle(id_);
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
  if (is_reset_) {
    phase_ = Phase::kDead;
    reset();
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

bool HttpConnection::is_idle() const {
  if (phase_ != Phase::kHead || is_taken_over()) {
    return false;
  }
  pollfd state{host_.engine->fd_of(id_), POLLIN, 0};
  return ::poll(&state, 1, 0) == 0;
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
  if (phase_ != Phase::kReplying || stream_->queued_bytes() > 0) {
    return;
  }
  if (is_reset_) {
    phase_ = Phase::kDead;
    reset();
  } else {
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
