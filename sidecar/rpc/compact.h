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
/// Errors: none. Requires: the bytes are JSON that JsonScanner accepted; for anything else the
/// output is some ASCII text of at most six times the input's size.
class CompactWriter {
 public:
  static constexpr size_t kBraceWindow = 4096;

  void write(std::string_view chunk, std::string& out);
  void reset();

 private:
  enum class State : uint8_t { kOutside, kString, kEscape, kUtf8 };

  void write_outside(std::string_view chunk, size_t& at, std::string& out);
  void write_string(std::string_view chunk, size_t& at, std::string& out);
  void decide(std::string_view chunk, size_t& at, std::string& out);

  State state_ = State::kOutside;
  bool is_deciding_ = false;     // the bytes since the string's first brace are in held_
  bool is_decided_ = false;      // for the string being written
  bool escapes_braces_ = false;  // the decision
  std::string held_;
};

/// A whole text at once.
void append_compact(std::string& out, std::string_view text);

}  // namespace sidecar
