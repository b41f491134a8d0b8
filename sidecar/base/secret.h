#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace sidecar {

/// A text that must not be shown: prints as `***` wherever it is formatted.
/// Not: protection against a debugger; it only makes an accidental leak impossible by type.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  /// For the dialer only.
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret& secret) {
  return out << (secret.empty() ? "" : "***");
}

}  // namespace sidecar
