#include <array>
#include <cstdint>

#include "rpc/byte_scan.h"
#include "rpc/scanner.h"
#include "rpc/scanner_state.h"

// The inside of tokens: one state for every place where a chunk may end.

namespace sidecar {
namespace {

using enum ScanState;

enum NumberByte : uint8_t { kZeroDigit, kOtherDigit, kDot, kMark, kSign, kOther };

NumberByte number_byte(char byte) {
  switch (byte) {
    case '0':
      return kZeroDigit;
    case '.':
      return kDot;
    case 'e':
    case 'E':
      return kMark;
    case '+':
    case '-':
      return kSign;
    default:
      return byte >= '1' && byte <= '9' ? kOtherDigit : kOther;
  }
}

constexpr ScanState kNumberOver = kAfterElement;  // the number ended before this byte

/// RFC 8259, section 6. Rows from kMinus on, columns by NumberByte.
constexpr std::array<std::array<ScanState, 6>, 8> kNumberSteps = {{
    {kZero, kInteger, kFailed, kFailed, kFailed, kFailed},                         // kMinus
    {kNumberOver, kNumberOver, kPoint, kExponent, kNumberOver, kNumberOver},       // kZero
    {kInteger, kInteger, kPoint, kExponent, kNumberOver, kNumberOver},             // kInteger
    {kFraction, kFraction, kFailed, kFailed, kFailed, kFailed},                    // kPoint
    {kFraction, kFraction, kNumberOver, kExponent, kNumberOver, kNumberOver},      // kFraction
    {kExponentDigits, kExponentDigits, kFailed, kFailed, kExponentSign, kFailed},  // kExponent
    {kExponentDigits, kExponentDigits, kFailed, kFailed, kFailed, kFailed},        // ...Sign
    {kExponentDigits, kExponentDigits, kNumberOver, kNumberOver, kNumberOver, kNumberOver},
}};

ScanState number_step(ScanState state, char byte) {
  const size_t row = static_cast<size_t>(state) - static_cast<size_t>(kMinus);
  return kNumberSteps[row][number_byte(byte)];
}

int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') {
    return byte - '0';
  }
  const char lower = static_cast<char>(byte | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_simple_escape(char byte) {
  return std::string_view("\"\\/bfnrt").find(byte) != std::string_view::npos;
}

}  // namespace

JsonScanner::Cursor JsonScanner::lexical(Cursor cursor) {
  while (cursor.has_more() && cursor.state > kAfterElement && cursor.state < kEnd) {
    if (cursor.state == kString) {
      in_string(cursor);
    } else if (cursor.state == kEscape) {
      in_escape(cursor);
    } else if (cursor.state == kUtf8) {
      in_utf8(cursor);
    } else if (cursor.state == kHex) {
      in_hex(cursor);
    } else if (cursor.state < kMinus) {
      in_surrogate_gap(cursor);
    } else if (cursor.state == kLiteral) {
      in_literal(cursor);
    } else {
      in_number(cursor);
    }
  }
  return cursor;
}

void JsonScanner::in_string(Cursor& cursor) {
  cursor.at = skip_plain(cursor.at, cursor.end);
  if (!cursor.has_more()) {
    return;
  }
  if (*cursor.at == '"') {
    end_string(cursor);
  } else if (*cursor.at == '\\') {
    has_escape_ = true;
    ++cursor.at;
    cursor.state = kEscape;
  } else if (static_cast<unsigned char>(*cursor.at) >= 0x80) {
    begin_utf8(cursor);
  } else {
    fail(cursor, ScanError::kControlCharacter);
  }
}

void JsonScanner::in_escape(Cursor& cursor) {
  const char letter = *cursor.at;
  if (letter == 'u') {
    is_low_half_ = false;
    hex_left_ = 4;
    hex_value_ = 0;
    cursor.state = kHex;
  } else if (is_simple_escape(letter)) {
    cursor.state = kString;
  } else {
    fail(cursor, ScanError::kBadEscape);
    return;
  }
  ++cursor.at;
}

void JsonScanner::in_hex(Cursor& cursor) {
  const int digit = hex_digit(*cursor.at);
  if (digit < 0) {
    fail(cursor, ScanError::kBadEscape);
    return;
  }
  hex_value_ = static_cast<uint16_t>((unsigned{hex_value_} << 4U) | static_cast<unsigned>(digit));
  if (--hex_left_ == 0) {
    const bool is_low = hex_value_ >= 0xDC00 && hex_value_ <= 0xDFFF;
    const bool is_high = hex_value_ >= 0xD800 && hex_value_ <= 0xDBFF;
    if (is_low != is_low_half_) {
      fail(cursor, ScanError::kLoneSurrogate);
      return;
    }
    cursor.state = is_high ? kHalfBackslash : kString;
  }
  ++cursor.at;
}

void JsonScanner::in_surrogate_gap(Cursor& cursor) {
  const bool is_first = cursor.state == kHalfBackslash;
  if (*cursor.at != (is_first ? '\\' : 'u')) {
    fail(cursor, ScanError::kLoneSurrogate);
    return;
  }
  ++cursor.at;
  cursor.state = is_first ? kHalfU : kHex;
  is_low_half_ = true;
  hex_left_ = 4;
  hex_value_ = 0;
}

/// Which second bytes a first byte allows keeps overlong forms, surrogates and code points past
/// U+10FFFF out. Source: Unicode 15, table 3-7.
void JsonScanner::begin_utf8(Cursor& cursor) {
  const auto first = static_cast<unsigned char>(*cursor.at);
  if (first < 0xC2 || first > 0xF4) {
    fail(cursor, ScanError::kBadUtf8);
    return;
  }
  utf8_left_ = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  utf8_min_ = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  utf8_max_ = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  ++cursor.at;
  cursor.state = kUtf8;
}

void JsonScanner::in_utf8(Cursor& cursor) {
  const auto byte = static_cast<unsigned char>(*cursor.at);
  if (byte < utf8_min_ || byte > utf8_max_) {
    fail(cursor, ScanError::kBadUtf8);
    return;
  }
  utf8_min_ = 0x80;
  utf8_max_ = 0xBF;
  ++cursor.at;
  if (--utf8_left_ == 0) {
    cursor.state = kString;
  }
}

void JsonScanner::in_number(Cursor& cursor) {
  while (cursor.has_more()) {
    const ScanState next = number_step(cursor.state, *cursor.at);
    if (next == kNumberOver) {
      end_value(cursor);
      return;
    }
    if (next == kFailed) {
      fail(cursor, ScanError::kBadNumber);
      return;
    }
    cursor.state = next;
    ++cursor.at;
  }
}

void JsonScanner::in_literal(Cursor& cursor) {
  while (cursor.has_more() && *literal_rest_ != '\0') {
    if (*cursor.at != *literal_rest_) {
      fail(cursor, ScanError::kSyntax);
      return;
    }
    ++cursor.at;
    ++literal_rest_;
  }
  if (*literal_rest_ == '\0') {
    end_value(cursor);
  }
}

}  // namespace sidecar
