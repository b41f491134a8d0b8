#include <algorithm>
#include <array>

#include "rpc/json_text.h"
#include "rpc/scanner.h"
#include "rpc/scanner_state.h"

// What the scanner reports of depths 0 and 1, and the words for its findings. Runs a few times a
// text, so plainness comes before speed here.

namespace sidecar {
namespace {

struct KeyName {
  std::string_view text;
  MemberKey key;
};
constexpr std::array<KeyName, kMemberKeyCount> kKeyNames = {{
    {"jsonrpc", MemberKey::kJsonrpc},
    {"id", MemberKey::kId},
    {"method", MemberKey::kMethod},
    {"params", MemberKey::kParams},
    {"result", MemberKey::kResult},
    {"error", MemberKey::kError},
    {"deadline_ms", MemberKey::kDeadlineMs},
    {"provider", MemberKey::kProvider},
    {"explain", MemberKey::kExplain},
    {"code", MemberKey::kCode},
    {"message", MemberKey::kMessage},
    {"data", MemberKey::kData},
}};

MemberKey key_of(std::string_view text) {
  const auto* row = std::find_if(kKeyNames.begin(), kKeyNames.end(),
                                 [&](const KeyName& name) { return name.text == text; });
  return row == kKeyNames.end() ? MemberKey::kOther : row->key;
}

/// Adds `bytes` to a kept token. What does not fit is counted, so that it is seen to be too long.
void keep(char* kept, size_t room, size_t& size, std::string_view bytes) {
  if (size < room) {
    std::copy_n(bytes.data(), std::min(bytes.size(), room - size), kept + size);
  }
  size += bytes.size();
}

/// The part of [begin, here) that lies in the cursor's chunk.
std::string_view part_in_chunk(uint64_t begin, uint64_t base, std::string_view chunk_so_far) {
  const size_t skipped = begin > base ? static_cast<size_t>(begin - base) : 0;
  return chunk_so_far.substr(std::min(skipped, chunk_so_far.size()));
}

}  // namespace

void JsonScanner::begin_shallow(Cursor cursor) {
  const JsonSpan span{cursor.position(), JsonSpan::kUnknown, *cursor.at};
  if (cursor.depth == 0) {
    root_ = span;
  } else if (cursor.is_in_object) {
    if (key_ != MemberKey::kOther) {
      members_[static_cast<size_t>(key_)] = span;
    }
  } else {
    ++child_count_;
    if (elements_.size() < options_.elements_max) {
      elements_.push_back(span);
    }
  }
}

void JsonScanner::end_shallow(Cursor cursor) {
  const uint64_t end = cursor.position();
  if (cursor.depth == 0) {
    root_.end = end;
  } else if (!cursor.is_in_object) {
    if (child_count_ == elements_.size()) {
      elements_.back().end = end;
    }
  } else if (key_ != MemberKey::kOther) {
    if (key_ == MemberKey::kId) {
      keep_id(cursor);
    }
    members_[static_cast<size_t>(key_)].end = end;
    key_ = MemberKey::kOther;
  }
}

/// At the opening quote.
void JsonScanner::begin_key(Cursor cursor) {
  ++child_count_;
  key_begin_ = cursor.position() + 1;
  key_size_ = 0;
  has_escape_ = false;
}

/// At the closing quote.
void JsonScanner::end_key(Cursor cursor) {
  const std::string_view so_far(cursor.begin, static_cast<size_t>(cursor.at - cursor.begin));
  std::string_view name = part_in_chunk(key_begin_, cursor.base, so_far);
  if (key_begin_ < cursor.base) {
    keep(key_bytes_.data(), kKeyBytesMax, key_size_, name);
    name = std::string_view(key_bytes_.data(), std::min(key_size_, kKeyBytesMax));
    if (key_size_ > kKeyBytesMax) {
      name = {};
    }
  }
  key_ = MemberKey::kOther;
  if (has_escape_ && name.size() <= kKeyBytesMax) {
    key_ = key_of(unescape_json_string("\"" + std::string(name) + "\""));
  } else if (!has_escape_) {
    key_ = key_of(name);
  }
  if (key_ == MemberKey::kOther) {
    return;
  }
  const auto bit = static_cast<uint16_t>(1U << static_cast<unsigned>(key_));
  if ((seen_ & bit) != 0) {
    duplicates_ = static_cast<uint16_t>(duplicates_ | bit);
    key_ = MemberKey::kOther;
  }
  seen_ = static_cast<uint16_t>(seen_ | bit);
}

/// Adds what the chunk so far holds of the id's value.
void JsonScanner::keep_id(Cursor cursor) {
  const std::string_view so_far(cursor.begin, static_cast<size_t>(cursor.at - cursor.begin));
  const uint64_t begin = member(MemberKey::kId).begin;
  keep(id_bytes_.data(), kIdBytesMax, id_size_, part_in_chunk(begin, cursor.base, so_far));
}

/// The chunk is about to go: keeps its part of a key or an id that goes on in the next.
void JsonScanner::keep_split_tokens(Cursor cursor) {
  const bool is_in_string = cursor.state >= ScanState::kString && cursor.state <= ScanState::kUtf8;
  if (cursor.depth == 1 && cursor.is_key && is_in_string) {
    const std::string_view so_far(cursor.begin, static_cast<size_t>(cursor.at - cursor.begin));
    const std::string_view part = part_in_chunk(key_begin_, cursor.base, so_far);
    keep(key_bytes_.data(), kKeyBytesMax, key_size_, part);
  }
  const JsonSpan& id = member(MemberKey::kId);
  if (key_ == MemberKey::kId && id.is_present() && !id.is_complete()) {
    keep_id(cursor);
  }
}

std::string_view JsonScanner::id_lexeme() const {
  const bool is_kept = member(MemberKey::kId).is_complete() && id_size_ <= kIdBytesMax;
  return is_kept ? std::string_view(id_bytes_.data(), id_size_) : std::string_view();
}

std::string_view scan_error_text(ScanError error) {
  switch (error) {
    case ScanError::kNone:
      return "no error";
    case ScanError::kSyntax:
      return "unexpected byte";
    case ScanError::kControlCharacter:
      return "control character in a string";
    case ScanError::kBadEscape:
      return "invalid escape in a string";
    case ScanError::kLoneSurrogate:
      return "lone surrogate escape in a string";
    case ScanError::kBadUtf8:
      return "invalid UTF-8 in a string";
    case ScanError::kBadNumber:
      return "invalid number";
    case ScanError::kTooDeep:
      return "nested too deep";
    case ScanError::kTruncated:
      return "unexpected end";
  }
  return "";
}

JsonKind kind_of(char first) {
  switch (first) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBool;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

}  // namespace sidecar
