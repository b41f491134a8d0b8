#include "rpc/compact.h"

#include <utility>

#include "rpc/byte_scan.h"

// Bytes that may stay as they are gather in a run and are copied at once: a text with nothing to
// change costs one append per chunk.
//
//   kOutside ──"──▶ kString ──first brace──▶ look_ahead ──not decided in this chunk──▶ kHolding
//        ▲             │ ▲ └─ kEscape, kUtf8     └──decided: same byte again, kString ◀──┘
//        └──────"──────┘

namespace sidecar {

struct CompactWriter::Run {
  const char* from;  // not copied yet
  const char* at;
  const char* end;
  std::string& out;

  bool has_more() const { return at != end; }
  void flush() { out.append(from, at); }
  /// Leaves the byte at hand out.
  void skip() {
    flush();
    from = ++at;
  }
};

namespace {

constexpr uint32_t kReplacement = 0xFFFD;

void append_unicode_escape(std::string& out, uint32_t unit) {
  static constexpr char kHex[] = "0123456789abcdef";
  const char escape[] = {'\\',
                         'u',
                         kHex[(unit >> 12U) & 0xFU],
                         kHex[(unit >> 8U) & 0xFU],
                         kHex[(unit >> 4U) & 0xFU],
                         kHex[unit & 0xFU]};
  out.append(escape, sizeof escape);
}

}  // namespace

void CompactWriter::reset() {
  *this = CompactWriter();
}

void CompactWriter::write(std::string_view chunk, std::string& out) {
  Run run{chunk.data(), chunk.data(), chunk.data() + chunk.size(), out};
  if (state_ == State::kHolding) {
    if (!look_ahead(run.at, run.end)) {
      held_.append(chunk);
      return;
    }
    const std::string held = std::exchange(held_, {});
    Run first{held.data(), held.data(), held.data() + held.size(), out};
    state_ = State::kString;
    write_run(first);
  }
  write_run(run);
}

void CompactWriter::write_run(Run& run) {
  while (run.has_more()) {
    switch (state_) {
      case State::kOutside:
        outside(run);
        break;
      case State::kString:
        in_string(run);
        break;
      case State::kEscape:
        ++run.at;
        state_ = State::kString;
        break;
      case State::kUtf8:
        in_utf8(run);
        break;
      case State::kHolding:
        return;
    }
  }
  run.flush();
}

void CompactWriter::outside(Run& run) {
  while (run.has_more()) {
    const auto byte = static_cast<signed char>(*run.at);
    if (byte <= ' ') {  // in JSON that can only be white space
      run.skip();
      continue;
    }
    ++run.at;
    if (byte == '"') {
      state_ = State::kString;
      is_decided_ = false;
      escapes_braces_ = false;
      return;
    }
  }
}

void CompactWriter::in_string(Run& run) {
  const bool passes_braces = is_decided_ && !escapes_braces_;
  run.at = passes_braces ? skip_plain(run.at, run.end) : skip_plain_no_brace(run.at, run.end);
  if (!run.has_more()) {
    return;
  }
  if (*run.at == '"') {
    ++run.at;
    state_ = State::kOutside;
  } else {
    string_special(run);
  }
}

void CompactWriter::string_special(Run& run) {
  const char byte = *run.at;
  if (byte == '\\') {
    ++run.at;
    state_ = State::kEscape;
  } else if (byte == '{' || byte == '}') {
    if (!is_decided_) {
      hold(run);
    } else {
      run.skip();
      append_unicode_escape(run.out, static_cast<unsigned char>(byte));
    }
  } else if (static_cast<unsigned char>(byte) >= 0x80) {
    const auto lead = static_cast<unsigned char>(byte);
    utf8_left_ = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF8 ? 3 : 0;
    code_point_ = utf8_left_ == 0 ? kReplacement : lead & (0x3FU >> utf8_left_);
    run.skip();
    if (utf8_left_ == 0) {
      append_code_point(run);
    } else {
      state_ = State::kUtf8;
    }
  } else {
    ++run.at;
  }
}

void CompactWriter::in_utf8(Run& run) {
  const auto byte = static_cast<unsigned char>(*run.at);
  if ((byte & 0xC0U) != 0x80U) {
    code_point_ = kReplacement;
    append_code_point(run);
    return;
  }
  code_point_ = code_point_ << 6U | (byte & 0x3FU);
  run.skip();
  if (--utf8_left_ == 0) {
    append_code_point(run);
  }
}

/// Requires: the run is flushed up to here.
void CompactWriter::append_code_point(Run& run) {
  state_ = State::kString;
  const bool is_surrogate = code_point_ >= 0xD800 && code_point_ <= 0xDFFF;
  if (code_point_ > 0x10FFFF || is_surrogate) {
    code_point_ = kReplacement;
  }
  if (code_point_ < 0x10000) {
    append_unicode_escape(run.out, code_point_);
    return;
  }
  const uint32_t offset = code_point_ - 0x10000;
  append_unicode_escape(run.out, 0xD800 + (offset >> 10U));
  append_unicode_escape(run.out, 0xDC00 + (offset & 0x3FFU));
}

/// At the string's first brace: decides from what the chunk holds, else takes the rest of it away.
void CompactWriter::hold(Run& run) {
  brace_level_ = 0;
  looked_bytes_ = 0;
  is_after_backslash_ = false;
  if (look_ahead(run.at, run.end)) {
    return;
  }
  run.flush();
  held_.assign(run.at, run.end);
  run.from = run.at = run.end;
  state_ = State::kHolding;
}

/// Goes on towards the string's end. True when it is decided what happens to its braces.
bool CompactWriter::look_ahead(const char* at, const char* end) {
  for (; at != end; ++at) {
    if (is_after_backslash_) {
      is_after_backslash_ = false;
    } else if (*at == '"') {
      escapes_braces_ = brace_level_ != 0;
      is_decided_ = true;
      return true;
    } else if (*at == '\\') {
      is_after_backslash_ = true;
    } else if (*at == '{') {
      ++brace_level_;
    } else if (*at == '}') {
      --brace_level_;
    }
    if (brace_level_ < 0 || ++looked_bytes_ == kBraceWindow) {
      escapes_braces_ = true;
      is_decided_ = true;
      return true;
    }
  }
  return false;
}

void append_compact(std::string& out, std::string_view text) {
  CompactWriter writer;
  writer.write(text, out);
}

}  // namespace sidecar
