#include "base/log_line.h"

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <string>

namespace sidecar::log {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// The length of the UTF-8 sequence that `text` begins with; 0 = it begins with none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  // Overlong forms, surrogates, and what lies beyond Unicode.
  const bool is_bad = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
                      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90);
  return is_bad ? 0 : length;
}

/// C1 controls can drive a terminal as C0 controls do.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence[0]);
  return first < 0x20 || first == 0x7f ||
         (first == 0xc2 && static_cast<uint8_t>(sequence[1]) < 0xa0);
}

void append_hex(std::string& line, std::string_view prefix, uint8_t byte) {
  line += prefix;
  line += kHexDigits[byte >> 4];
  line += kHexDigits[byte & 0xf];
}

void append_escape(std::string& line, char c, Format format) {
  switch (c) {
    case '"':
    case '\\':
      line += '\\';
      line += c;
      return;
    case '\n':
      line += "\\n";
      return;
    case '\r':
      line += "\\r";
      return;
    case '\t':
      line += "\\t";
      return;
    default:
      append_hex(line, format == Format::kJson ? "\\u00" : "\\x", static_cast<uint8_t>(c));
  }
}

void append_quoted(std::string& line, std::string_view value, Format format) {
  line += '"';
  while (!value.empty()) {
    const size_t length = utf8_length(value);
    const std::string_view sequence = value.substr(0, std::max<size_t>(length, 1));
    value.remove_prefix(sequence.size());
    if (length == 0 && format == Format::kJson) {
      line += "\\ufffd";
    } else if (length == 0) {
      append_hex(line, "\\x", static_cast<uint8_t>(sequence[0]));
    } else if (is_control(sequence)) {
      append_escape(line, length == 2 ? sequence[1] : sequence[0], format);
    } else if (sequence == "\"" || sequence == "\\") {
      append_escape(line, sequence[0], format);
    } else {
      line += sequence;
    }
  }
  line += '"';
}

/// Nothing in it could be taken for the next field, or for a quoted value.
bool is_bare(std::string_view value) {
  if (value.empty()) {
    return false;
  }
  for (const char c : value) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '=' || c == '"' || c == '\\') {
      return false;
    }
  }
  return true;
}

char priority(Level level) {
  constexpr std::array<char, 4> kPriorities{'7', '6', '4', '3'};
  return kPriorities[static_cast<size_t>(level)];
}

}  // namespace

std::string line_body(Format format, Level level, std::string_view event,
                      std::span<const Field> fields) {
  std::string line;
  if (format == Format::kJson) {
    line += "\"event\":";
    append_quoted(line, event, format);
    for (const Field& field : fields) {
      line += ',';
      append_quoted(line, field.key, format);
      line += ':';
      if (field.is_literal) {
        line += field.value;
      } else {
        append_quoted(line, field.value, format);
      }
    }
    return line;
  }
  if (format == Format::kJournal) {
    line += {'<', priority(level), '>'};
  }
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (is_bare(field.value)) {
      line += field.value;
    } else {
      append_quoted(line, field.value, format);
    }
  }
  return line;
}

bool is_journal(const char* journal_stream, int fd) {
  struct stat own {};
  if (journal_stream == nullptr || ::fstat(fd, &own) != 0) {
    return false;
  }
  return std::to_string(own.st_dev) + ":" + std::to_string(own.st_ino) == journal_stream;
}

}  // namespace sidecar::log
