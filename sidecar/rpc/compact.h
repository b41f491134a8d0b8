#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar {

/// Rewrites a JSON text, as it streams by, into the one form that every IPC client survives: one
/// line, no white space outside strings, ASCII only (others become \u escapes), and no string whose
/// braces would mislead a reader that counts braces without looking at quotes. The value is the
/// same; numbers, key order and escapes already there stay as they are.
/// Why braces: viem finds the end of a message by counting `{` and `}` over all bytes. A string is
/// harmless when its braces balance and never go below zero; in any other string all are written as
/// \u007b and \u007d. Deciding takes the whole string, so from a string's first brace on up to
/// kBraceWindow bytes are held back; a string that has not ended by then is escaped whole. The
/// output therefore does not depend on how the input was split.
/// Shape: write()* per text, then reset().
/// Limits: holds at most kBraceWindow bytes.
/// Errors: none. Requires: the bytes are JSON that JsonScanner accepted. For anything else the
/// output is unspecified, and at most six times as long.
class CompactWriter {
 public:
  static constexpr size_t kBraceWindow = 4096;

  void write(std::string_view chunk, std::string& out);
  void reset();

 private:
  enum class State : uint8_t { kOutside, kString, kEscape, kUtf8, kHolding };
  struct Run;

  void write_run(Run& run);
  void outside(Run& run);
  void in_string(Run& run);
  void string_special(Run& run);
  void in_utf8(Run& run);
  void append_code_point(Run& run);
  void hold(Run& run);
  bool look_ahead(const char* at, const char* end);

  State state_ = State::kOutside;
  bool is_decided_ = false;          // whether this string's braces are to be escaped
  bool escapes_braces_ = false;      // the decision
  bool is_after_backslash_ = false;  // look_ahead's place in an escape
  uint8_t utf8_left_ = 0;
  uint32_t code_point_ = 0;
  int32_t brace_level_ = 0;  // look_ahead's count
  size_t looked_bytes_ = 0;  // look_ahead's way from the string's first brace
  std::string held_;         // that way, when it left the chunk
};

/// A whole text at once.
void append_compact(std::string& out, std::string_view text);

}  // namespace sidecar
