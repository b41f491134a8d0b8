#include "net/http_web_socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sidecar {

namespace {

/// How long the peer gets to answer our Close frame, or to read it. As Stream::kLingerMax.
constexpr Millis kCloseWait{2'000};

}  // namespace

Result<std::unique_ptr<WebSocket>> WebSocket::create(Loop& loop, int fd, WebSocketId id,
                                                     const HttpServerOptions& options,
                                                     WebSocketOwner& owner) {
  std::unique_ptr<WebSocket> socket(new WebSocket(loop, id, options, owner));
  auto stream = Stream::adopt(loop, fd, options.ws_output_mark_bytes, *socket);
  if (!stream.ok()) {
    return stream.error();
  }
  socket->stream_ = std::move(stream).value();
  return socket;
}

WebSocket::WebSocket(Loop& loop, WebSocketId id, const HttpServerOptions& options,
                     WebSocketOwner& owner)
    : loop_(loop), id_(id), options_(options), owner_(owner) {}

size_t WebSocket::queued_bytes() const {
  return stream_->queued_bytes() + held_.size();
}

// ---- output

/// A reader that keeps up may be sent a message of any size; one that does not is bounded.
bool WebSocket::refuses(size_t more_bytes) {
  const size_t queued = queued_bytes();
  return queued > options_.ws_output_mark_bytes &&
         queued + more_bytes > options_.ws_output_bytes_max;
}

Flow WebSocket::send(std::string_view text) {
  if (!is_open_) {
    return Flow::kDropped;
  }
  if (refuses(text.size())) {
    close(ws_code::kServiceRestart);
    return Flow::kDropped;
  }
  if (is_part_open_) {
    append_message(held_, text, true, true);
  } else {
    append_message(stream_->out(), text, true, true);
    stream_->commit();
  }
  return stream_->is_over_mark() ? Flow::kFull : Flow::kOk;
}

Flow WebSocket::send_part(std::string_view bytes, bool is_first, bool is_last) {
  if (!is_open_) {
    return Flow::kDropped;
  }
  CHECK(is_first != is_part_open_);
  if (refuses(bytes.size())) {
    close(ws_code::kServiceRestart);
    return Flow::kDropped;
  }
  std::string& out = stream_->out();
  append_message(out, bytes, is_first, is_last);
  is_part_open_ = !is_last;
  if (is_last) {
    out.append(held_);
    held_ = std::string();
  }
  stream_->commit();
  return stream_->is_over_mark() ? Flow::kFull : Flow::kOk;
}

void WebSocket::append_message(std::string& out, std::string_view text, bool is_first,
                               bool is_last) {
  WsOpcode opcode = is_first ? WsOpcode::kText : WsOpcode::kContinuation;
  do {
    const std::string_view piece = text.substr(0, options_.ws_frame_bytes_max);
    text.remove_prefix(piece.size());
    append_ws_head(out, opcode, is_last && text.empty(), piece.size());
    out.append(piece);
    opcode = WsOpcode::kContinuation;
  } while (!text.empty());
}

void WebSocket::close(uint16_t code) {
  if (!is_open_) {
    return;
  }
  std::string& out = stream_->out();
  append_ws_head(out, WsOpcode::kClose, true, 2);
  out.push_back(static_cast<char>(code >> 8));
  out.push_back(static_cast<char>(code & 0xff));
  stream_->commit();
  stream_->finish_writing();
  end();
}

void WebSocket::reset() {
  const ::linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(stream_->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  go_idle();
}

void WebSocket::end() {
  is_open_ = false;
  is_paused_ = false;
  message_ = control_ = unread_ = held_ = std::string();
  deadline_ = loop_.now() + kCloseWait;
  // What the peer still sends is read and dropped: unread bytes at close() would reset it.
  stream_->resume_reading();
  owner_.on_socket_ended(id_);
}

void WebSocket::go_idle() {
  if (is_open_) {
    end();
  }
  owner_.on_socket_idle(id_);
}

// ---- input

void WebSocket::pause_reading() {
  if (is_open_) {
    is_paused_ = true;
    stream_->pause_reading();
  }
}

void WebSocket::resume_reading() {
  if (!is_open_ || !is_paused_) {
    return;
  }
  is_paused_ = false;
  const std::string pending = std::exchange(unread_, {});
  take(pending);
  if (is_open_ && !is_paused_) {
    stream_->resume_reading();
  }
}

void WebSocket::on_stream_bytes(std::string_view bytes) {
  take(bytes);
}

void WebSocket::on_stream_eof() {
  go_idle();
}

void WebSocket::on_stream_failed(std::string_view) {
  go_idle();
}

void WebSocket::on_stream_drained() {
  if (is_open_) {
    owner_.on_socket_drained(id_);
  }
}

void WebSocket::take(std::string_view bytes) {
  while (is_open_ && !bytes.empty()) {
    if (is_paused_) {
      unread_.append(bytes);
      return;
    }
    bytes.remove_prefix(is_in_payload_ ? take_payload(bytes) : take_head(bytes));
  }
}

size_t WebSocket::take_head(std::string_view bytes) {
  const size_t count = std::min(sizeof(head_bytes_) - head_count_, bytes.size());
  std::memcpy(head_bytes_ + head_count_, bytes.data(), count);
  switch (read_ws_head({head_bytes_, head_count_ + count}, head_)) {
    case WsHeadState::kMore:
      head_count_ = static_cast<uint8_t>(head_count_ + count);
      return count;
    case WsHeadState::kBroken:
      close(ws_code::kProtocolError);
      return bytes.size();
    case WsHeadState::kOk:
      break;
  }
  const size_t used = head_.head_bytes - head_count_;
  head_count_ = 0;
  on_head();
  return used;
}

void WebSocket::on_head() {
  if (!head_.is_control()) {
    const bool is_continuation = head_.opcode == WsOpcode::kContinuation;
    if (is_continuation != is_message_open_) {
      close(ws_code::kProtocolError);
      return;
    }
    if (head_.opcode == WsOpcode::kBinary) {
      close(ws_code::kUnsupported);
      return;
    }
    // By the declared length, before a byte of it is kept.
    if (head_.payload_bytes > options_.body_bytes_max - message_.size()) {
      close(ws_code::kTooBig);
      return;
    }
    if (!is_continuation) {
      message_ = loop_.take_buffer();
      is_message_open_ = true;
    }
  }
  is_in_payload_ = true;
  payload_done_ = 0;
  if (head_.payload_bytes == 0) {
    on_frame_end();
  }
}

size_t WebSocket::take_payload(std::string_view bytes) {
  const auto count =
      static_cast<size_t>(std::min<uint64_t>(bytes.size(), head_.payload_bytes - payload_done_));
  append_unmasked(head_.is_control() ? control_ : message_, bytes.substr(0, count), head_.mask,
                  payload_done_);
  payload_done_ += count;
  if (payload_done_ == head_.payload_bytes) {
    on_frame_end();
  }
  return count;
}

void WebSocket::on_frame_end() {
  is_in_payload_ = false;
  if (head_.is_control()) {
    on_control_frame();
    return;
  }
  if (!head_.is_final) {
    return;
  }
  is_message_open_ = false;
  std::string text = std::exchange(message_, {});
  owner_.on_socket_text(id_, text);
  loop_.give_back(std::move(text));
}

void WebSocket::on_control_frame() {
  const std::string payload = std::exchange(control_, {});
  if (head_.opcode == WsOpcode::kClose) {
    close(answer_to_close(payload));
    return;
  }
  // A peer that pings without reading gets no more pongs than fit half the queue.
  if (head_.opcode == WsOpcode::kPing && !stream_->is_over_mark()) {
    std::string& out = stream_->out();
    append_ws_head(out, WsOpcode::kPong, true, payload.size());
    out.append(payload);
    stream_->commit();
  }
}

}  // namespace sidecar
