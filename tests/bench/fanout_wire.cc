#include "fanout_wire.h"

#include <cstdio>

#include "proto/frame.h"

namespace sidecar::testing {
namespace {

constexpr uint64_t kId = 1;
constexpr std::string_view kAsk = R"("method":"eth_subscribe","params":["newHeads"]})";
constexpr std::string_view kAnswered = R"({"jsonrpc":"2.0","id":1,"result":")";
constexpr std::string_view kAfter = "}}";
constexpr uint32_t kMessageBytesMax = 1 << 16;

}  // namespace

void FanoutWire::subscribe(std::string& out) const {
  if (dialect_ == Dialect::kFramed) {
    const std::string text = "{" + std::string(kAsk);
    const rpcs_frame frame = {.payload_length = static_cast<uint32_t>(text.size()),
                              .type = RPCS_SUBSCRIBE,
                              .flags = 0,
                              .chain = 0,
                              .id = kId};
    uint8_t head[RPCS_HEADER_BYTES];
    rpcs_encode_header(&frame, head);
    out.append(head, head + sizeof(head)).append(text);
    return;
  }
  const std::string text = R"({"jsonrpc":"2.0","id":1,)" + std::string(kAsk);
  out += '\x81';
  out += static_cast<char>(0x80 | text.size());
  out.append(4, '\0').append(text);  // a mask of zeros changes nothing
}

FanoutWire::Cut FanoutWire::cut(std::string_view& in, std::string_view* header) {
  if (!fault_.empty()) {
    return Cut::kBad;
  }
  return dialect_ == Dialect::kFramed ? cut_framed(in, header) : cut_ws(in, header);
}

FanoutWire::Cut FanoutWire::cut_framed(std::string_view& in, std::string_view* header) {
  if (in.size() < RPCS_HEADER_BYTES) {
    return Cut::kNeedMore;
  }
  rpcs_frame frame;
  const rpcs_frame_status status =
      rpcs_decode_header(reinterpret_cast<const uint8_t*>(in.data()), kMessageBytesMax, &frame);
  if (status != RPCS_FRAME_OK) {
    return bad(rpcs_frame_status_text(status), in);
  }
  const size_t whole = size_t{RPCS_HEADER_BYTES} + frame.payload_length;
  if (in.size() < whole) {
    return Cut::kNeedMore;
  }
  const std::string_view payload = in.substr(RPCS_HEADER_BYTES, frame.payload_length);
  in.remove_prefix(whole);
  if (frame.type == RPCS_RESULT && frame.id == kId && !is_subscribed_) {
    return take_result(payload);
  }
  if (frame.type != RPCS_EVENT || frame.flags != 0 || frame.id != kId || !is_subscribed_ ||
      payload.size() < RPCS_EVENT_HEAD_BYTES) {
    return bad("no live EVENT", payload);
  }
  rpcs_event_head head;
  rpcs_decode_event_head(reinterpret_cast<const uint8_t*>(payload.data()), &head);
  if (head.epoch != epoch_ || head.seq != seq_ + 1) {
    return bad("an event out of order", payload.substr(RPCS_EVENT_HEAD_BYTES));
  }
  ++seq_;
  *header = payload.substr(RPCS_EVENT_HEAD_BYTES);
  return Cut::kEvent;
}

FanoutWire::Cut FanoutWire::take_result(std::string_view result) {
  unsigned long long seq = 0;
  if (std::sscanf(std::string(result).c_str(), R"({"epoch":%u,"seq":%llu})", &epoch_, &seq) != 2) {
    return bad("no position", result);
  }
  seq_ = seq;
  is_subscribed_ = true;
  return Cut::kSubscribed;
}

FanoutWire::Cut FanoutWire::cut_ws(std::string_view& in, std::string_view* header) {
  if (in.size() < 4) {
    return Cut::kNeedMore;
  }
  const auto byte = [&in](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(in[at])); };
  if (byte(0) != 0x81 || byte(1) > 126) {
    return bad("no whole, small and unmasked WebSocket text", in);
  }
  const bool is_long = byte(1) == 126;
  const size_t head = is_long ? 4 : 2;
  const size_t whole = head + (is_long ? byte(2) << 8 | byte(3) : byte(1));
  if (in.size() < whole) {
    return Cut::kNeedMore;
  }
  std::string_view text = in.substr(head, whole - head);
  in.remove_prefix(whole);
  if (!is_subscribed_) {
    return take_response(text);
  }
  if (!text.starts_with(before_) || !text.ends_with(kAfter)) {
    return bad("no notification of this subscription", text);
  }
  text.remove_prefix(before_.size());
  text.remove_suffix(kAfter.size());
  *header = text;
  return Cut::kEvent;
}

FanoutWire::Cut FanoutWire::take_response(std::string_view text) {
  if (!text.starts_with(kAnswered) || !text.ends_with("\"}")) {
    return bad("no id of a subscription", text);
  }
  before_ = R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")";
  before_.append(text.substr(kAnswered.size(), text.size() - kAnswered.size() - 2));
  before_ += R"(","result":)";
  is_subscribed_ = true;
  return Cut::kSubscribed;
}

FanoutWire::Cut FanoutWire::bad(std::string_view what, std::string_view bytes) {
  fault_ = std::string(what) + ": " + std::string(bytes.substr(0, 300));
  return Cut::kBad;
}

}  // namespace sidecar::testing
