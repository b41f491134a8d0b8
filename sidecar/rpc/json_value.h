#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpc/json_writer.h"
#include "rpc/scanner.h"

namespace sidecar {

/// A small JSON document as a tree: hellos, admin commands, the mock provider's params. Numbers are
/// kept as they were written.
/// Not: for provider results and anything large; those stay bytes (envelope.h).
/// Limits: 256 levels deep; the caller bounds the text.
/// Errors: reads of what is not there give null, nullopt or an empty list, never a crash. Of a
/// repeated key the first counts. A number beyond a double's range (1e400) is refused.
class JsonValue {
 public:
  using Member = std::pair<std::string, JsonValue>;

  JsonValue() = default;  // null

  /// On failure nullopt, and the offending byte's offset when asked for.
  static std::optional<JsonValue> parse(std::string_view text, size_t* error_offset = nullptr);

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::kNull; }
  bool is_object() const { return kind_ == JsonKind::kObject; }
  bool is_array() const { return kind_ == JsonKind::kArray; }

  /// The member's value, or null when absent or when this is no object.
  const JsonValue& operator[](std::string_view key) const;
  /// The element, or null when out of range or when this is no array.
  const JsonValue& at(size_t index) const;
  bool has(std::string_view key) const;
  size_t size() const { return is_object() ? members_.size() : items_.size(); }
  const std::vector<Member>& members() const { return members_; }
  const std::vector<JsonValue>& items() const { return items_; }

  std::optional<bool> as_bool() const;
  std::optional<std::string_view> as_string() const;
  std::optional<uint64_t> as_uint64() const;
  std::optional<int64_t> as_int64() const;
  std::optional<double> as_double() const;
  /// The lexeme of a number; empty for anything else.
  std::string_view number_text() const;

  /// Compact, in the order it was read.
  void write(std::string& out) const;

 private:
  friend class JsonTreeBuilder;

  void write(JsonWriter& writer) const;

  JsonKind kind_ = JsonKind::kNull;
  bool bool_ = false;
  std::string text_;  // of a string; of a number the lexeme
  std::vector<JsonValue> items_;
  std::vector<Member> members_;
};

}  // namespace sidecar
