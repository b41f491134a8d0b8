#pragma once

#include <string_view>

#include "rpc/byte_scan.h"

namespace sidecar {

/// Steps through the children of one JSON array or object, for readers that want two or three of
/// them: nothing is built, nothing is allocated, and what comes after the last child asked for is
/// not looked at.
/// Not: it does not check JSON (scanner.h) and does not unescape: a key that was written with
/// escapes is not recognised.
/// Shape: `while (walk.next()) ... walk.key(), walk.value()`.
/// Limits: none of its own; who must not pay for a long text hands in its beginning: a child that
/// is cut counts as the end.
/// Errors: none. Of what is no JSON it may report any slices, but all within the text, and it ends.
class JsonWalk {
 public:
  /// Anything but an array or object, white space around it allowed, has no children.
  explicit JsonWalk(std::string_view container);

  bool next();
  /// Without its quotes; empty in an array.
  std::string_view key() const { return key_; }
  /// The lexeme, strings with their quotes.
  std::string_view value() const { return value_; }

 private:
  void skip_space();
  bool take(char byte);
  bool skip_string();
  bool skip_container();
  bool skip_scalar();
  bool skip_value();
  bool stop();

  const char* at_;
  const char* end_;
  bool is_object_ = false;
  bool is_first_ = true;
  std::string_view key_;
  std::string_view value_;
};

/// An object, an array: what the lexeme is of, by its first byte. 0 = nothing.
char json_first_byte(std::string_view lexeme);
/// The member's lexeme, empty when there is none. Of a repeated key the first counts.
std::string_view json_member(std::string_view object, std::string_view key);
/// The first element's lexeme, empty when there is none.
std::string_view json_first_element(std::string_view array);
/// What is between the quotes of a string lexeme; empty for anything else and for one with escapes.
std::string_view json_plain_string(std::string_view lexeme);

}  // namespace sidecar
