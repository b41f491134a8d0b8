#include "rpc/scanner.h"

#include <algorithm>
#include <cstring>

#include "rpc/byte_scan.h"
#include "rpc/scanner_state.h"

// One feed():
//   run ──┬─▶ begin_string, begin_number ...   one table look-up says what the next byte is and
//         │                                    whether the state allows it; a token that lies in
//         │                                    the chunk and needs no second look is eaten whole
//         └─▶ lexical ─▶ in_string, in_hex ... scanner_tokens.cc: the rest of a token that was cut
//                                              by a chunk's end or holds escapes, UTF-8, exponents
//   begin_value and end_value tell the spans at depths 0 and 1 (scanner_spans.cc); deeper down they
//   cost one comparison.

namespace sidecar {
namespace {

enum Class : uint8_t {
  kBad,
  kSpace,
  kQuote,
  kOpenObject,
  kOpenArray,
  kCloseObject,
  kCloseArray,
  kComma,
  kColonByte,
  kMinusByte,
  kDigit,
  kLiteralByte,
};
constexpr size_t kClassCount = 12;

constexpr std::array<Class, 256> make_classes() {
  std::array<Class, 256> classes{};
  classes[' '] = classes['\t'] = classes['\n'] = classes['\r'] = kSpace;
  for (size_t digit = '0'; digit <= '9'; ++digit) {
    classes[digit] = kDigit;
  }
  classes['"'] = kQuote;
  classes['{'] = kOpenObject;
  classes['['] = kOpenArray;
  classes['}'] = kCloseObject;
  classes[']'] = kCloseArray;
  classes[','] = kComma;
  classes[':'] = kColonByte;
  classes['-'] = kMinusByte;
  classes['t'] = classes['f'] = classes['n'] = kLiteralByte;
  return classes;
}
constexpr std::array<Class, 256> kClasses = make_classes();

/// For each class of byte the states that take it. White space is taken by all, before this.
constexpr std::array<uint32_t, kClassCount> make_allowed() {
  const auto bit = [](ScanState state) { return uint32_t{1} << static_cast<unsigned>(state); };
  const uint32_t value = bit(ScanState::kValue) | bit(ScanState::kElementOrClose);
  std::array<uint32_t, kClassCount> allowed{};
  allowed[kQuote] = value | bit(ScanState::kKey) | bit(ScanState::kKeyOrClose);
  allowed[kOpenObject] = allowed[kOpenArray] = value;
  allowed[kMinusByte] = allowed[kDigit] = allowed[kLiteralByte] = value;
  allowed[kCloseObject] = bit(ScanState::kKeyOrClose) | bit(ScanState::kAfterMember);
  allowed[kCloseArray] = bit(ScanState::kElementOrClose) | bit(ScanState::kAfterElement);
  allowed[kComma] = bit(ScanState::kAfterMember) | bit(ScanState::kAfterElement);
  allowed[kColonByte] = bit(ScanState::kColon);
  return allowed;
}
constexpr std::array<uint32_t, kClassCount> kAllowed = make_allowed();

bool is_allowed(Class byte_class, ScanState state) {
  return ((kAllowed[byte_class] >> static_cast<unsigned>(state)) & 1U) != 0;
}

Class class_of(char byte) {
  return kClasses[static_cast<unsigned char>(byte)];
}

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

bool may_continue_number(char byte) {
  return byte == '.' || (byte | 0x20) == 'e';
}

}  // namespace

JsonScanner::JsonScanner(Options options) : options_(options) {
  options_.depth_max = std::min(options_.depth_max, kDepthLimit);
}

JsonScanner::Step JsonScanner::feed(std::string_view chunk) {
  if (status_ != ScanStatus::kNeedMore || chunk.empty()) {
    return {0, status_};
  }
  const char* begin = chunk.data();
  const Cursor cursor =
      run({begin, begin, begin + chunk.size(), offset_, state_, depth_, is_in_object_, is_key_});
  keep_split_tokens(cursor);
  offset_ = cursor.position();
  state_ = cursor.state;
  depth_ = static_cast<uint16_t>(cursor.depth);
  is_in_object_ = cursor.is_in_object;
  is_key_ = cursor.is_key;
  if (state_ == ScanState::kEnd) {
    status_ = ScanStatus::kDone;
  } else if (state_ == ScanState::kFailed) {
    status_ = ScanStatus::kError;
  }
  return {static_cast<size_t>(cursor.at - begin), status_};
}

ScanStatus JsonScanner::finish() {
  if (status_ != ScanStatus::kNeedMore) {
    return status_;
  }
  const bool is_number = state_ == ScanState::kZero || state_ == ScanState::kInteger ||
                         state_ == ScanState::kFraction || state_ == ScanState::kExponentDigits;
  if (depth_ == 0 && is_number) {
    root_.end = offset_;
    status_ = ScanStatus::kDone;
  } else {
    error_ = ScanError::kTruncated;
    status_ = ScanStatus::kError;
  }
  return status_;
}

void JsonScanner::reset() {
  *this = JsonScanner(options_);
}

JsonScanner::Cursor JsonScanner::run(Cursor cursor) {
  while (cursor.has_more() && cursor.state < ScanState::kEnd) {
    if (cursor.state > ScanState::kAfterElement) {
      cursor = lexical(cursor);
      continue;
    }
    const Class byte_class = class_of(*cursor.at);
    if (byte_class == kSpace) {
      ++cursor.at;
      continue;
    }
    if (!is_allowed(byte_class, cursor.state)) {
      fail(cursor, ScanError::kSyntax);
      break;
    }
    switch (byte_class) {
      case kQuote:
        begin_string(cursor);
        break;
      case kComma:
        ++cursor.at;
        cursor.state = cursor.is_in_object ? ScanState::kKey : ScanState::kValue;
        break;
      case kColonByte:
        ++cursor.at;
        cursor.state = ScanState::kValue;
        break;
      case kMinusByte:
      case kDigit:
        begin_number(cursor);
        break;
      case kOpenObject:
      case kOpenArray:
        open(cursor, byte_class == kOpenObject);
        break;
      case kCloseObject:
      case kCloseArray:
        close(cursor);
        break;
      case kLiteralByte:
        begin_literal(cursor);
        break;
      case kBad:
      case kSpace:
        break;
    }
  }
  return cursor;
}

inline void JsonScanner::begin_string(Cursor& cursor) {
  cursor.is_key = cursor.state == ScanState::kKey || cursor.state == ScanState::kKeyOrClose;
  if (!cursor.is_key) {
    begin_value(cursor);
  } else if (cursor.depth == 1) {
    begin_key(cursor);
  }
  cursor.at = skip_plain(cursor.at + 1, cursor.end);
  cursor.state = ScanState::kString;
  if (cursor.has_more() && *cursor.at == '"') {
    end_string(cursor);
  }
}

inline void JsonScanner::begin_number(Cursor& cursor) {
  begin_value(cursor);
  const char first = *cursor.at++;
  if (first == '-') {
    cursor.state = ScanState::kMinus;
    return;
  }
  cursor.state = first == '0' ? ScanState::kZero : ScanState::kInteger;
  if (first != '0') {
    while (cursor.has_more() && is_digit(*cursor.at)) {
      ++cursor.at;
    }
  }
  if (cursor.end - cursor.at >= 2 && *cursor.at == '.' && is_digit(cursor.at[1])) {
    cursor.state = ScanState::kFraction;
    cursor.at += 2;
    while (cursor.has_more() && is_digit(*cursor.at)) {
      ++cursor.at;
    }
  }
  if (cursor.has_more() && !may_continue_number(*cursor.at)) {
    end_value(cursor);
  }
}

inline void JsonScanner::begin_literal(Cursor& cursor) {
  begin_value(cursor);
  const char first = *cursor.at;
  literal_rest_ = first == 't' ? "rue" : first == 'f' ? "alse" : "ull";
  ++cursor.at;
  cursor.state = ScanState::kLiteral;
}

inline void JsonScanner::open(Cursor& cursor, bool is_object) {
  if (cursor.depth == options_.depth_max) {
    fail(cursor, ScanError::kTooDeep);
    return;
  }
  begin_value(cursor);
  uint64_t& word = is_object_bits_[cursor.depth / 64];
  const uint64_t bit = uint64_t{1} << (cursor.depth % 64);
  word = cursor.is_in_object ? word | bit : word & ~bit;
  ++cursor.depth;
  ++cursor.at;
  cursor.is_in_object = is_object;
  cursor.state = is_object ? ScanState::kKeyOrClose : ScanState::kElementOrClose;
}

inline void JsonScanner::close(Cursor& cursor) {
  --cursor.depth;
  ++cursor.at;
  cursor.is_in_object = ((is_object_bits_[cursor.depth / 64] >> (cursor.depth % 64)) & 1U) != 0;
  end_value(cursor);
}

}  // namespace sidecar
