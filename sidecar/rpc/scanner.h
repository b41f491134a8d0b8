#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sidecar {

enum class ScanStatus : uint8_t { kNeedMore, kDone, kError };

enum class ScanError : uint8_t {
  kNone,
  kSyntax,            // a byte that the grammar does not allow here; BOM and NUL are such bytes
  kControlCharacter,  // a raw byte below 0x20 in a string
  kBadEscape,
  kLoneSurrogate,  // \ud800-\udbff without its other half, or the other half alone
  kBadUtf8,
  kBadNumber,
  kTooDeep,
  kTruncated,  // finish() before the end of the text
};

/// A short sentence for error texts: "invalid UTF-8 in a string".
std::string_view scan_error_text(ScanError error);

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

/// Requires: `first` begins a JSON value.
JsonKind kind_of(char first);

/// The members of an outermost object that envelopes, calls and error objects are made of.
enum class MemberKey : uint8_t {
  kJsonrpc,
  kId,
  kMethod,
  kParams,
  kResult,
  kError,
  kDeadlineMs,
  kProvider,
  kExplain,
  kCode,
  kMessage,
  kData,
  kOther,
};
inline constexpr size_t kMemberKeyCount = 12;  // all but kOther

/// Where a value lies: offsets from the first byte fed since reset(), white space around it left
/// out. `begin` is known as soon as the value's first byte is seen, `end` when it is complete.
struct JsonSpan {
  static constexpr uint64_t kUnknown = UINT64_MAX;
  uint64_t begin = kUnknown;
  uint64_t end = kUnknown;
  char first = 0;  // the value's first byte, which tells its kind

  bool is_present() const { return begin != kUnknown; }
  bool is_complete() const { return end != kUnknown; }
  JsonKind kind() const { return kind_of(first); }
  /// Requires: is_complete(), and `text` holds every byte fed since reset().
  std::string_view slice(std::string_view text) const {
    return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }
};

enum class ScanState : uint8_t;  // scanner_state.h

/// Checks one JSON text (RFC 8259) as it arrives, without building it, and says where the members
/// of an outermost object or the elements of an outermost array lie. Each byte is looked at once,
/// however the text is split; nothing is allocated unless element spans are asked for.
/// Not: it does not unescape or convert (json_text.h, json_value.h) and does not know which members
/// an envelope must have (envelope.h).
/// Shape: feed()* -> kDone | kError; a bare number at the top ends only at finish().
/// Limits: depth_max nested containers at one bit each; elements_max element spans.
/// Errors: the first one ends the scan; error() and error_offset() name the byte. A repeated known
/// member is no syntax error: is_duplicate() flags it, span and lexeme stay those of the first.
class JsonScanner {
 public:
  static constexpr uint16_t kDepthLimit = 1024;
  struct Options {
    uint16_t depth_max = 256;   // at most kDepthLimit
    uint32_t elements_max = 0;  // spans kept of an outermost array; counting goes on past it
  };
  struct Step {
    size_t consumed;  // on kDone up to the text's last byte; on kError up to the offending byte
    ScanStatus status;
  };

  JsonScanner() = default;
  explicit JsonScanner(Options options);

  /// After kDone and kError nothing more is consumed until reset().
  Step feed(std::string_view chunk);
  /// There is no more input: completes a bare number, else an unfinished text is kTruncated.
  ScanStatus finish();
  /// Ready for the next text, with the same options.
  void reset();

  ScanStatus status() const { return status_; }
  ScanError error() const { return error_; }
  uint64_t error_offset() const { return offset_; }
  uint64_t offset() const { return offset_; }  // bytes consumed since reset()

  const JsonSpan& root() const { return root_; }
  /// Requires: key != kOther.
  const JsonSpan& member(MemberKey key) const { return members_[static_cast<size_t>(key)]; }
  bool is_duplicate(MemberKey key) const { return (duplicates_ >> static_cast<unsigned>(key)) & 1; }
  /// Children of the outermost container that have begun.
  uint64_t child_count() const { return child_count_; }
  const std::vector<JsonSpan>& elements() const { return elements_; }
  /// The `id` member's bytes, kept so that a reply can be matched after its bytes are gone. Empty
  /// while incomplete, when absent, and when longer than any id of ours (kIdBytesMax).
  std::string_view id_lexeme() const;

  static constexpr size_t kIdBytesMax = 32;

 private:
  struct Cursor;

  // Hot ones work on a cursor in registers; others take it by value, so that it may stay there.
  Cursor run(Cursor cursor);
  void begin_string(Cursor& cursor);
  void end_string(Cursor& cursor);
  void begin_number(Cursor& cursor);
  void begin_literal(Cursor& cursor);
  void open(Cursor& cursor, bool is_object);
  void close(Cursor& cursor);
  void begin_value(const Cursor& cursor);
  void end_value(Cursor& cursor);
  Cursor lexical(Cursor cursor);
  void in_string(Cursor& cursor);
  void in_escape(Cursor& cursor);
  void in_hex(Cursor& cursor);
  void in_surrogate_gap(Cursor& cursor);
  void begin_utf8(Cursor& cursor);
  void in_utf8(Cursor& cursor);
  void in_number(Cursor& cursor);
  void in_literal(Cursor& cursor);
  void fail(Cursor& cursor, ScanError error);
  // Depths 0 and 1: the spans.
  void begin_shallow(Cursor cursor);
  void end_shallow(Cursor cursor);
  void begin_key(Cursor cursor);
  void end_key(Cursor cursor);
  void keep_id(Cursor cursor);
  void keep_split_tokens(Cursor cursor);

  static constexpr size_t kKeyBytesMax = 72;  // deadline_ms with all eleven letters as \u escapes

  Options options_;
  ScanStatus status_ = ScanStatus::kNeedMore;
  ScanError error_ = ScanError::kNone;
  ScanState state_{};
  bool is_in_object_ = false;  // the innermost container
  bool is_key_ = false;        // the string being read
  bool has_escape_ = false;    // the key being read at depth 1
  bool is_low_half_ = false;   // the \u escape being read must be a low surrogate
  uint8_t hex_left_ = 0;
  uint8_t utf8_left_ = 0;
  uint8_t utf8_min_ = 0;
  uint8_t utf8_max_ = 0;
  uint16_t depth_ = 0;
  uint16_t hex_value_ = 0;
  MemberKey key_ = MemberKey::kOther;  // whose value is read at depth 1
  const char* literal_rest_ = "";
  uint64_t offset_ = 0;
  uint64_t key_begin_ = 0;
  size_t key_size_ = 0;  // counts on past kKeyBytesMax
  size_t id_size_ = 0;   // counts on past kIdBytesMax
  uint64_t child_count_ = 0;
  uint16_t seen_ = 0;        // bits by MemberKey
  uint16_t duplicates_ = 0;  // likewise
  JsonSpan root_;
  std::array<JsonSpan, kMemberKeyCount> members_;
  std::vector<JsonSpan> elements_;
  std::array<uint64_t, kDepthLimit / 64> is_object_bits_{};  // the containers around the innermost
  std::array<char, kKeyBytesMax> key_bytes_{};
  std::array<char, kIdBytesMax> id_bytes_{};
};

}  // namespace sidecar
