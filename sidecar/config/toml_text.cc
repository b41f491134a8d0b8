#include "config/toml_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace sidecar {
namespace {

void append_escaped(std::string& out, unsigned char byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", byte);
  out += text.data();
}

// Bytes of the character that begins `text`; 0 when none does.
size_t character_length(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const bool is_refused = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                          (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
  return is_refused ? 0 : length;
}

// Every escape is one that TOML knows too. Bytes that are not UTF-8 become U+0080..U+00FF.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = character_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (text.front() == '"' || text.front() == '\\') {
      out += '\\';
      out += text.front();
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      append_escaped(out, byte);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::string quoted(std::string_view text) {
  return '"' + escaped(text) + '"';
}

std::string toml_key(std::string_view key) {
  const bool is_bare =
      !key.empty() &&
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
          std::string_view::npos;
  return is_bare ? std::string(key) : quoted(key);
}

std::string printable(std::string_view text, size_t length_max) {
  if (text.size() <= length_max) {
    return escaped(text);
  }
  size_t length = length_max;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) {
    --length;
  }
  return escaped(text.substr(0, length)) + "...";
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace sidecar
