#include "net/http_ws_frames.h"

#include <cstring>

namespace sidecar {

namespace {

constexpr uint8_t kFinalBit = 0x80;
constexpr uint8_t kReservedBits = 0x70;
constexpr uint8_t kMaskBit = 0x80;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;

bool is_known(uint8_t opcode) {
  return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xa);
}

void append_big_endian(std::string& out, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

}  // namespace

WsHeadState read_ws_head(std::string_view bytes, WsFrameHead& head, WsSender sender) {
  if (bytes.size() < 2) {
    return WsHeadState::kMore;
  }
  const auto at = [bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t opcode = at(0) & 0x0f;
  const uint8_t short_length = at(1) & 0x7f;
  const bool is_masked = (at(1) & kMaskBit) != 0;
  if ((at(0) & kReservedBits) != 0 || !is_known(opcode) ||
      is_masked != (sender == WsSender::kClient)) {
    return WsHeadState::kBroken;
  }
  head.opcode = static_cast<WsOpcode>(opcode);
  head.is_final = (at(0) & kFinalBit) != 0;
  if (head.is_control() && (!head.is_final || short_length > kWsControlBytesMax)) {
    return WsHeadState::kBroken;
  }
  const size_t length_bytes = short_length == kLength64 ? 8 : short_length == kLength16 ? 2 : 0;
  head.head_bytes = 2 + length_bytes + (is_masked ? head.mask.size() : 0);
  if (bytes.size() < head.head_bytes) {
    return WsHeadState::kMore;
  }
  head.payload_bytes = length_bytes == 0 ? short_length : 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    head.payload_bytes = head.payload_bytes << 8 | at(2 + i);
  }
  if (head.payload_bytes >> 63 != 0) {
    return WsHeadState::kBroken;
  }
  for (size_t i = 0; is_masked && i < head.mask.size(); ++i) {
    head.mask[i] = at(2 + length_bytes + i);
  }
  return WsHeadState::kOk;
}

void append_ws_head(std::string& out, WsOpcode opcode, bool is_final, uint64_t payload_bytes) {
  out.push_back(static_cast<char>(static_cast<uint8_t>(opcode) | (is_final ? kFinalBit : 0)));
  if (payload_bytes < kLength16) {
    out.push_back(static_cast<char>(payload_bytes));
  } else if (payload_bytes <= 0xffff) {
    out.push_back(static_cast<char>(kLength16));
    append_big_endian(out, payload_bytes, 2);
  } else {
    out.push_back(static_cast<char>(kLength64));
    append_big_endian(out, payload_bytes, 8);
  }
}

void append_masked_frame(std::string& out, WsOpcode opcode, std::string_view payload,
                         const WsMask& mask) {
  const size_t start = out.size();
  append_ws_head(out, opcode, true, payload.size());
  out[start + 1] = static_cast<char>(static_cast<uint8_t>(out[start + 1]) | kMaskBit);
  for (const uint8_t byte : mask) {
    out.push_back(static_cast<char>(byte));
  }
  append_unmasked(out, payload, mask, 0);
}

void append_unmasked(std::string& out, std::string_view payload, const WsMask& mask,
                     uint64_t offset) {
  const size_t old_size = out.size();
  out.append(payload);
  char* bytes = out.data() + old_size;
  char turned[8];
  for (size_t i = 0; i < sizeof(turned); ++i) {
    turned[i] = static_cast<char>(mask[(offset + i) & 3]);
  }
  uint64_t wide = 0;
  std::memcpy(&wide, turned, sizeof(wide));
  size_t i = 0;
  for (; i + sizeof(wide) <= payload.size(); i += sizeof(wide)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof(word));
    word ^= wide;
    std::memcpy(bytes + i, &word, sizeof(word));
  }
  for (; i < payload.size(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ turned[i & 7]);
  }
}

uint16_t answer_to_close(std::string_view payload) {
  if (payload.empty()) {
    return ws_code::kNormal;
  }
  if (payload.size() < 2) {
    return ws_code::kProtocolError;
  }
  const int code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
  const bool is_assigned =
      code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
  const bool is_private = code >= 3000 && code <= 4999;
  return is_assigned || is_private ? static_cast<uint16_t>(code) : ws_code::kProtocolError;
}

}  // namespace sidecar
