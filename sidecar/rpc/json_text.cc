#include "rpc/json_text.h"

#include <charconv>

#include "rpc/byte_scan.h"

namespace sidecar {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

/// Bytes of the well-formed UTF-8 sequence at the front of `text`, 0 when there is none.
/// Source: Unicode 15, table 3-7.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const unsigned char first = byte(0);
  const unsigned char second = byte(1);
  if (first >= 0xC2 && first <= 0xDF) {
    return is_continuation(second) ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool is_overlong = first == 0xE0 && second < 0xA0;
    const bool is_surrogate = first == 0xED && second > 0x9F;
    const bool is_sound = is_continuation(second) && is_continuation(byte(2));
    return is_sound && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool is_overlong = first == 0xF0 && second < 0x90;
    const bool is_beyond = first == 0xF4 && second > 0x8F;
    const bool is_sound =
        is_continuation(second) && is_continuation(byte(2)) && is_continuation(byte(3));
    return is_sound && !is_overlong && !is_beyond ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, char byte) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[(static_cast<unsigned char>(byte) >> 4U) & 0xFU];
      out += kHex[static_cast<unsigned char>(byte) & 0xFU];
  }
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    out += static_cast<char>(0x80U | ((code >> 12U) & 0x3FU));
    out += static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

uint32_t hex4(std::string_view digits) {
  uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

char simple_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;  // quote, backslash, slash
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char* stop = skip_plain(text.data(), text.data() + text.size());
    const size_t plain = static_cast<size_t>(stop - text.data());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    size_t taken = 1;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escaped(out, text[0]);
    } else if (const size_t length = utf8_length(text); length != 0) {
      out.append(text.substr(0, length));
      taken = length;
    } else {
      out.append(kReplacement);
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

void append_decimal(std::string& out, uint64_t number) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

std::string unescape_json_string(std::string_view lexeme) {
  std::string_view text = lexeme.substr(1, lexeme.size() - 2);
  std::string out;
  out.reserve(text.size());
  while (true) {
    const size_t escape = text.find('\\');
    out.append(text.substr(0, escape));
    if (escape == std::string_view::npos) {
      return out;
    }
    text.remove_prefix(escape + 1);
    if (text[0] != 'u') {
      out += simple_escape(text[0]);
      text.remove_prefix(1);
      continue;
    }
    uint32_t code = hex4(text.substr(1, 4));
    text.remove_prefix(5);
    if (code >= 0xD800 && code <= 0xDBFF) {
      code = 0x10000 + ((code - 0xD800) << 10U) + (hex4(text.substr(2, 4)) - 0xDC00);
      text.remove_prefix(6);
    }
    append_utf8(out, code);
  }
}

std::optional<int64_t> to_int64(std::string_view lexeme) {
  int64_t value = 0;
  const char* end = lexeme.data() + lexeme.size();
  const auto result = std::from_chars(lexeme.data(), end, value);
  const bool is_whole = result.ec == std::errc() && result.ptr == end;
  return is_whole ? std::optional(value) : std::nullopt;
}

std::optional<uint64_t> to_uint64(std::string_view lexeme) {
  uint64_t value = 0;
  const char* end = lexeme.data() + lexeme.size();
  const auto result = std::from_chars(lexeme.data(), end, value);
  const bool is_whole = result.ec == std::errc() && result.ptr == end;
  return is_whole ? std::optional(value) : std::nullopt;
}

std::optional<uint64_t> parse_quantity(std::string_view lexeme) {
  const bool is_hex = lexeme.starts_with("\"0x") && lexeme.size() > 4 && lexeme.ends_with('"');
  if (!is_hex) {
    return to_uint64(lexeme);
  }
  uint64_t value = 0;
  const char* end = lexeme.data() + lexeme.size() - 1;
  const auto result = std::from_chars(lexeme.data() + 3, end, value, 16);
  const bool is_whole = result.ec == std::errc() && result.ptr == end;
  return is_whole ? std::optional(value) : std::nullopt;
}

size_t skip_whitespace(std::string_view text, size_t from) {
  while (from < text.size() &&
         (text[from] == ' ' || text[from] == '\n' || text[from] == '\r' || text[from] == '\t')) {
    ++from;
  }
  return from;
}

}  // namespace sidecar
