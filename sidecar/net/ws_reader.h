#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_ws_frames.h"

namespace sidecar {

/// Reads what a WebSocket server sends: frames into whole messages and control frames.
/// A message that lies in one frame within one chunk is handed out in place.
/// Not: it answers nothing and does not check UTF-8.
/// Shape: feed(), then next() until kNeedMore; any fault is final.
/// Limits: message_bytes_max, by the declared length before a byte of it is kept.
class WsReader {
 public:
  enum class Event : uint8_t {
    kNeedMore,
    kText,
    kPing,
    kPong,
    kClose,
    kBroken,    ///< frames that no server may send
    kBinary,    ///< a binary message
    kTooLarge,  ///< a message over message_bytes_max
  };
  struct Step {
    Event event = Event::kNeedMore;
    std::string_view payload;  ///< until the next call
  };

  explicit WsReader(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
  WsReader(const WsReader&) = delete;  // a chunk is seen by pointer
  WsReader& operator=(const WsReader&) = delete;

  /// Requires: next() said kNeedMore since the last feed(). `chunk` stays alive until it says so
  /// again.
  void feed(std::string_view chunk) { chunk_ = chunk; }
  Step next();
  /// Ready for another connection.
  void reset();

  size_t kept_bytes() const { return message_.capacity(); }

 private:
  Event take_head();
  Event on_head();
  Step take_payload();
  Step end_frame(std::string_view payload);

  size_t message_bytes_max_;
  std::string_view chunk_;  ///< not read yet
  char head_bytes_[kWsHeadBytesMax];
  uint8_t head_count_ = 0;
  bool is_in_payload_ = false;
  bool is_message_open_ = false;  ///< a text message awaits more fragments
  Event fault_ = Event::kNeedMore;
  WsFrameHead head_;
  uint64_t payload_done_ = 0;
  std::string message_;  ///< the text so far
  std::string control_;  ///< payload of a control frame so far
  std::string given_;    ///< what was handed out last
};

}  // namespace sidecar
