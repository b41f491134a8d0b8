#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar {

/// Writes JSON text piece by piece and keeps the commas right.
/// Requires: calls follow the grammar (a key before each member's value, every begin has its end);
/// it is not checked here.  Owner: the caller, on the stack.
class JsonWriter {
 public:
  /// `out` outlives the writer; what it holds already stays.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(uint64_t value);
  JsonWriter& signed_number(int64_t value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);

 private:
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  void separate();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace sidecar
