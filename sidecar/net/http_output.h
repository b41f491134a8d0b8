#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sidecar {

class Loop;

/// The bytes of an answer on their way out: a text that grows, and one body that goes out behind it
/// without being copied. Holds no memory when it is empty.   Owner: HttpConnection, by value.
class HttpOutput {
 public:
  explicit HttpOutput(Loop& loop) : loop_(loop) {}

  /// The text's open end.
  std::string& text();
  /// What goes out last. Requires: no body yet.
  void set_body(std::string body);

  /// Writes what the socket takes now; false when it is broken.
  bool send_to(int fd);
  /// Appends what is unsent to `target` and forgets it.
  void move_to(std::string& target);
  void clear();

  size_t unsent_bytes() const { return text_.size() + body_.size() - sent_; }

 private:
  Loop& loop_;
  std::string text_;
  std::string body_;
  size_t sent_ = 0;  ///< of text_ and body_ together
};

}  // namespace sidecar
