#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar {

/// What a WebSocket frame is for; numbers of RFC 6455 section 5.2.
enum class WsOpcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xa,
};

/// Close codes that we send; RFC 6455 section 7.4 and the IANA registry.
namespace ws_code {
constexpr uint16_t kNormal = 1000;
constexpr uint16_t kProtocolError = 1002;
constexpr uint16_t kUnsupported = 1003;
constexpr uint16_t kBadText = 1007;
constexpr uint16_t kTooBig = 1009;
constexpr uint16_t kServiceRestart = 1012;
constexpr uint16_t kTryLater = 1013;  ///< sent to us only
}  // namespace ws_code

using WsMask = std::array<uint8_t, 4>;

/// Who sent a frame: a client masks all of its own, a server none.
enum class WsSender : uint8_t { kClient, kServer };

/// The header of one frame.
struct WsFrameHead {
  WsOpcode opcode = WsOpcode::kContinuation;
  bool is_final = false;
  uint64_t payload_bytes = 0;
  WsMask mask{};
  size_t head_bytes = 0;  ///< of the header itself

  bool is_control() const { return static_cast<uint8_t>(opcode) >= 0x8; }
};

constexpr size_t kWsHeadBytesMax = 14;
constexpr size_t kWsControlBytesMax = 125;

/// kMore: the header goes on after `bytes`.  kBroken: nobody may send this; close with 1002.
enum class WsHeadState { kOk, kMore, kBroken };

/// Reads a frame header from the front of `bytes`. Broken are: reserved bits (no extension is ever
/// agreed on), unknown opcodes, a client's frames without a mask and a server's with one,
/// fragmented or long control frames, and lengths over 2^63.
WsHeadState read_ws_head(std::string_view bytes, WsFrameHead& head,
                         WsSender sender = WsSender::kClient);

/// Appends a server's frame header (no mask).
void append_ws_head(std::string& out, WsOpcode opcode, bool is_final, uint64_t payload_bytes);

/// Appends a client's frame, header and masked payload, final.
void append_masked_frame(std::string& out, WsOpcode opcode, std::string_view payload,
                         const WsMask& mask);

/// Appends `payload` with the mask taken off, or put on. `offset`: its place in the frame's
/// payload.
void append_unmasked(std::string& out, std::string_view payload, const WsMask& mask,
                     uint64_t offset);

/// The code to echo for a Close frame's payload: the client's own if it may be sent, 1000 if there
/// was none, 1002 if it was malformed.
uint16_t answer_to_close(std::string_view payload);

}  // namespace sidecar
