#include "rpc/json_value.h"

#include <charconv>

#include "rpc/json_text.h"
#include "rpc/rapidjson_reader.h"

namespace sidecar {

/// Builds the tree from RapidJSON's events. Open containers are on a stack of our own; each is
/// moved into its parent when it closes, so nothing recurses.
class JsonTreeBuilder {
 public:
  bool Null() { return add(JsonValue()); }
  bool Bool(bool value) {
    JsonValue node = of(JsonKind::kBool);
    node.bool_ = value;
    return add(std::move(node));
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    JsonValue node = of(JsonKind::kNumber);
    node.text_.assign(text, size);
    return add(std::move(node));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    JsonValue node = of(JsonKind::kString);
    node.text_.assign(text, size);
    return add(std::move(node));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    open_.back().members_.emplace_back(std::string(text, size), JsonValue());
    return true;
  }
  bool StartObject() { return open(JsonKind::kObject); }
  bool StartArray() { return open(JsonKind::kArray); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  // Not called when numbers come as strings, but the reader names them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  JsonValue take() { return std::move(root_); }

 private:
  static JsonValue of(JsonKind kind) {
    JsonValue node;
    node.kind_ = kind;
    return node;
  }
  bool open(JsonKind kind) {
    open_.push_back(of(kind));
    return true;
  }
  bool close() {
    JsonValue node = std::move(open_.back());
    open_.pop_back();
    return add(std::move(node));
  }
  bool add(JsonValue node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().is_array()) {
      open_.back().items_.push_back(std::move(node));
    } else {
      open_.back().members_.back().second = std::move(node);
    }
    return true;
  }

  std::vector<JsonValue> open_;
  JsonValue root_;
};

namespace {

const JsonValue& null_value() {
  static const JsonValue null;
  return null;
}

std::optional<JsonValue> refuse(size_t* error_offset, size_t offset) {
  if (error_offset != nullptr) {
    *error_offset = offset;
  }
  return std::nullopt;
}

}  // namespace

std::optional<JsonValue> JsonValue::parse(std::string_view text, size_t* error_offset) {
  // The scanner is the judge: it bounds the depth and refuses what RapidJSON lets pass (a byte
  // order mark, some lone surrogates).
  JsonScanner scanner;
  const size_t consumed = scanner.feed(text).consumed;
  if (scanner.finish() != ScanStatus::kDone) {
    return refuse(error_offset, static_cast<size_t>(scanner.error_offset()));
  }
  if (const size_t rest = skip_whitespace(text, consumed); rest != text.size()) {
    return refuse(error_offset, rest);
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  JsonTreeBuilder builder;
  if (!reader.Parse<kRapidJsonFlags>(stream, builder)) {
    return refuse(error_offset, reader.GetErrorOffset());
  }
  return builder.take();
}

const JsonValue& JsonValue::operator[](std::string_view key) const {
  for (const Member& member : members_) {
    if (member.first == key) {
      return member.second;
    }
  }
  return null_value();
}

const JsonValue& JsonValue::at(size_t index) const {
  return index < items_.size() ? items_[index] : null_value();
}

bool JsonValue::has(std::string_view key) const {
  return &(*this)[key] != &null_value();
}

std::optional<bool> JsonValue::as_bool() const {
  return kind_ == JsonKind::kBool ? std::optional(bool_) : std::nullopt;
}

std::optional<std::string_view> JsonValue::as_string() const {
  return kind_ == JsonKind::kString ? std::optional<std::string_view>(text_) : std::nullopt;
}

std::optional<uint64_t> JsonValue::as_uint64() const {
  return to_uint64(number_text());
}

std::optional<int64_t> JsonValue::as_int64() const {
  return to_int64(number_text());
}

std::optional<double> JsonValue::as_double() const {
  const std::string_view lexeme = number_text();
  double value = 0;
  const auto result = std::from_chars(lexeme.data(), lexeme.data() + lexeme.size(), value);
  return lexeme.empty() || result.ec != std::errc() ? std::nullopt : std::optional(value);
}

std::string_view JsonValue::number_text() const {
  return kind_ == JsonKind::kNumber ? std::string_view(text_) : std::string_view();
}

void JsonValue::write(std::string& out) const {
  JsonWriter writer(out);
  write(writer);
}

/// Recurses at most as deep as parse() lets a document be.
void JsonValue::write(JsonWriter& writer) const {
  switch (kind_) {
    case JsonKind::kNull:
      writer.null();
      return;
    case JsonKind::kBool:
      writer.boolean(bool_);
      return;
    case JsonKind::kNumber:
      writer.raw(text_);
      return;
    case JsonKind::kString:
      writer.string(text_);
      return;
    case JsonKind::kArray:
      writer.begin_array();
      for (const JsonValue& item : items_) {
        item.write(writer);
      }
      writer.end_array();
      return;
    case JsonKind::kObject:
      writer.begin_object();
      for (const Member& member : members_) {
        writer.key(member.first);
        member.second.write(writer);
      }
      writer.end_object();
      return;
  }
}

}  // namespace sidecar
