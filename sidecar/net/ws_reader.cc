#include "net/ws_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sidecar {

void WsReader::reset() {
  chunk_ = {};
  head_count_ = 0;
  is_in_payload_ = false;
  is_message_open_ = false;
  fault_ = Event::kNeedMore;
  message_ = control_ = std::string();  // not given_: it may be in use further up the stack
}

WsReader::Step WsReader::next() {
  given_ = std::string();
  while (fault_ == Event::kNeedMore) {
    if (!is_in_payload_) {
      if (chunk_.empty()) {
        return {};
      }
      fault_ = take_head();
      continue;
    }
    const bool is_whole = head_.payload_bytes - payload_done_ <= chunk_.size();
    const Step step = take_payload();
    if (!is_whole || step.event != Event::kNeedMore) {
      return step;
    }
  }
  return {fault_, {}};
}

WsReader::Event WsReader::take_head() {
  const size_t count = std::min(sizeof(head_bytes_) - head_count_, chunk_.size());
  std::memcpy(head_bytes_ + head_count_, chunk_.data(), count);
  switch (read_ws_head({head_bytes_, head_count_ + count}, head_, WsSender::kServer)) {
    case WsHeadState::kMore:
      head_count_ = static_cast<uint8_t>(head_count_ + count);
      chunk_.remove_prefix(count);
      return Event::kNeedMore;
    case WsHeadState::kBroken:
      return Event::kBroken;
    case WsHeadState::kOk:
      break;
  }
  chunk_.remove_prefix(head_.head_bytes - head_count_);
  head_count_ = 0;
  return on_head();
}

WsReader::Event WsReader::on_head() {
  if (!head_.is_control()) {
    const bool is_continuation = head_.opcode == WsOpcode::kContinuation;
    if (is_continuation != is_message_open_) {
      return Event::kBroken;
    }
    if (head_.opcode == WsOpcode::kBinary) {
      return Event::kBinary;
    }
    if (head_.payload_bytes > message_bytes_max_ - message_.size()) {
      return Event::kTooLarge;
    }
    is_message_open_ = true;
  }
  is_in_payload_ = true;
  payload_done_ = 0;
  return Event::kNeedMore;
}

WsReader::Step WsReader::take_payload() {
  const auto count =
      static_cast<size_t>(std::min<uint64_t>(chunk_.size(), head_.payload_bytes - payload_done_));
  const std::string_view piece = chunk_.substr(0, count);
  chunk_.remove_prefix(count);
  payload_done_ += count;
  const bool is_whole = payload_done_ == head_.payload_bytes;
  std::string& kept = head_.is_control() ? control_ : message_;
  const bool is_last = head_.is_control() || head_.is_final;
  if (is_whole && is_last && kept.empty()) {
    return end_frame(piece);
  }
  kept.append(piece);
  if (!is_whole) {
    return {};
  }
  if (!is_last) {
    is_in_payload_ = false;
    return {};
  }
  given_ = std::exchange(kept, {});
  return end_frame(given_);
}

WsReader::Step WsReader::end_frame(std::string_view payload) {
  is_in_payload_ = false;
  switch (head_.opcode) {
    case WsOpcode::kPing:
      return {Event::kPing, payload};
    case WsOpcode::kPong:
      return {Event::kPong, payload};
    case WsOpcode::kClose:
      return {Event::kClose, payload};
    case WsOpcode::kText:
    case WsOpcode::kContinuation:
    case WsOpcode::kBinary:
      break;
  }
  is_message_open_ = false;
  return {Event::kText, payload};
}

}  // namespace sidecar
