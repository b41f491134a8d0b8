#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rpc/scanner.h"

namespace sidecar {

/// Cuts a byte stream into JSON texts (objects and arrays): joined, spaced or split in any way.
/// Each byte is scanned once. A text that lies within one chunk is handed out in place; of a longer
/// one the unfinished part is kept, and nothing between texts.
/// Not: it does not judge the texts (envelope.h).
/// Shape: feed(), then next() until kNeedMore; any fault is final.
/// Limits: text_bytes_max a text, depth_max levels, elements_max spans of an array.
/// Errors: a fault cannot be stepped over. Where the next text begins after a syntax error is
/// anybody's guess, and a wrong guess runs requests that nobody made, out of the inside of a
/// string. So answer -32700 with a null id once, flush, and close, which is what geth does too.
class TextStream {
 public:
  struct Options {
    size_t text_bytes_max = size_t{64} << 20;
    uint16_t depth_max = 256;
    uint32_t elements_max = 1000;
  };
  enum class Event : uint8_t {
    kText,
    kNeedMore,
    kBadText,   // not JSON, too deep, or neither object nor array
    kTooLarge,  // before the text was complete
  };
  struct Step {
    Event event;
    std::string_view text;  // kText: no white space around it; valid until the next call
  };

  TextStream();
  explicit TextStream(Options options);
  TextStream(const TextStream&) = delete;  // a held chunk is seen by pointer
  TextStream& operator=(const TextStream&) = delete;

  /// Requires: next() said kNeedMore since the last feed(). `chunk` stays alive until next() says
  /// kNeedMore again, or until hold().
  void feed(std::string_view chunk);
  Step next();
  /// Copies what next() has not taken yet, for a caller that must stop (backpressure) and lose the
  /// chunk; next() goes on from the copy.
  void hold();

  /// After kText: the members and elements of that text, offsets counted from its first byte.
  const JsonScanner& scanner() const { return scanner_; }
  /// True when the stream ends between two texts, so that an end of input is a clean one.
  bool is_between_texts() const;
  size_t kept_bytes() const { return text_.size() + held_.size(); }
  /// What is wrong, a static text for the answer; empty while nothing is.
  std::string_view fault_text() const { return fault_text_; }
  /// Bytes since the very first one, up to where the fault was seen.
  uint64_t fault_offset() const { return stream_offset_; }

 private:
  bool begin_text();
  Step more();
  Step fault(Event event);

  Options options_;
  JsonScanner scanner_;
  std::string text_;        // the scanned part of an unfinished text
  std::string held_;        // owns chunk_ after hold()
  std::string_view chunk_;  // not scanned yet
  uint64_t stream_offset_ = 0;
  Event fault_ = Event::kNeedMore;
  std::string_view fault_text_;
  bool is_in_text_ = false;
};

}  // namespace sidecar
