#pragma once

#include <cstdint>

#include "rpc/scanner.h"

namespace sidecar {

/// Private to scanner*.cc: what the three files share. Up to kAfterElement the scan is between
/// tokens, up to kLiteral inside one.
enum class ScanState : uint8_t {
  kValue,
  kElementOrClose,  // after [
  kKeyOrClose,      // after {
  kKey,             // after a comma in an object
  kColon,
  kAfterMember,
  kAfterElement,
  kString,
  kEscape,
  kHex,
  kHalfBackslash,  // after a high surrogate: the backslash of the low one
  kHalfU,
  kUtf8,
  kMinus,
  kZero,
  kInteger,
  kPoint,
  kFraction,
  kExponent,
  kExponentSign,
  kExponentDigits,
  kLiteral,
  kEnd,
  kFailed,
};

/// What one feed() works on.
struct JsonScanner::Cursor {
  const char* at;
  const char* begin;  // of the chunk
  const char* end;
  uint64_t base;  // the chunk's offset in the text
  ScanState state;
  uint32_t depth;
  bool is_in_object;
  bool is_key;

  bool has_more() const { return at != end; }
  uint64_t position() const { return base + static_cast<uint64_t>(at - begin); }
};

inline void JsonScanner::begin_value(const Cursor& cursor) {
  if (cursor.depth <= 1) {
    begin_shallow(cursor);
  }
}

/// Past the value's last byte.
inline void JsonScanner::end_value(Cursor& cursor) {
  if (cursor.depth <= 1) {
    end_shallow(cursor);
  }
  if (cursor.depth == 0) {
    cursor.state = ScanState::kEnd;
  } else {
    cursor.state = cursor.is_in_object ? ScanState::kAfterMember : ScanState::kAfterElement;
  }
}

/// At the closing quote.
inline void JsonScanner::end_string(Cursor& cursor) {
  if (cursor.is_key) {
    if (cursor.depth == 1) {
      end_key(cursor);
    }
    ++cursor.at;
    cursor.state = ScanState::kColon;
    return;
  }
  ++cursor.at;
  end_value(cursor);
}

/// At the offending byte, which stays unconsumed.
inline void JsonScanner::fail(Cursor& cursor, ScanError error) {
  error_ = error;
  cursor.state = ScanState::kFailed;
}

}  // namespace sidecar
