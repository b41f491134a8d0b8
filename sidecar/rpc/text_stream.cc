#include "rpc/text_stream.h"

#include <utility>

#include "rpc/json_text.h"

namespace sidecar {

TextStream::TextStream() : TextStream(Options()) {}

TextStream::TextStream(Options options)
    : options_(options),
      scanner_({.depth_max = options.depth_max, .elements_max = options.elements_max}) {}

void TextStream::feed(std::string_view chunk) {
  held_.clear();
  held_.shrink_to_fit();
  chunk_ = chunk;
}

TextStream::Step TextStream::next() {
  if (fault_ != Event::kNeedMore) {
    return {fault_, {}};
  }
  if (!is_in_text_ && !begin_text()) {
    return fault_ == Event::kNeedMore ? more() : Step{fault_, {}};
  }
  // Never looks past the cap, so that the verdict does not depend on how the input was split.
  const size_t room = options_.text_bytes_max - text_.size();
  const JsonScanner::Step step = scanner_.feed(chunk_.substr(0, room));
  const std::string_view part = chunk_.substr(0, step.consumed);
  chunk_.remove_prefix(step.consumed);
  stream_offset_ += step.consumed;
  if (step.status == ScanStatus::kError) {
    fault_text_ = scan_error_text(scanner_.error());
    return fault(Event::kBadText);
  }
  if (step.status == ScanStatus::kNeedMore) {
    if (!chunk_.empty()) {
      fault_text_ = "request too large";
      return fault(Event::kTooLarge);
    }
    text_.append(part);
    return more();
  }
  is_in_text_ = false;
  if (text_.empty()) {
    return {Event::kText, part};
  }
  text_.append(part);
  return {Event::kText, text_};
}

/// Steps over white space to a text's first byte. False when there is none yet, or a wrong one.
bool TextStream::begin_text() {
  if (!text_.empty()) {
    text_ = std::string();  // handed out by the last next(); an idle stream holds no memory
  }
  const size_t blank = skip_whitespace(chunk_);
  chunk_.remove_prefix(blank);
  stream_offset_ += blank;
  if (chunk_.empty()) {
    return false;
  }
  if (chunk_[0] != '{' && chunk_[0] != '[') {
    fault_text_ = "a request must be an object or an array";
    fault(Event::kBadText);
    return false;
  }
  scanner_.reset();
  is_in_text_ = true;
  return true;
}

/// The chunk is used up.
TextStream::Step TextStream::more() {
  if (!is_in_text_ && !scanner_.elements().empty()) {
    scanner_.reset();  // an idle stream keeps no batch's spans either
  }
  feed({});
  return {Event::kNeedMore, {}};
}

TextStream::Step TextStream::fault(Event event) {
  fault_ = event;
  feed({});
  text_ = std::string();
  return {event, {}};
}

void TextStream::hold() {
  std::string rest(chunk_);
  held_ = std::move(rest);
  chunk_ = held_;
}

bool TextStream::is_between_texts() const {
  return !is_in_text_ && fault_ == Event::kNeedMore && skip_whitespace(chunk_) == chunk_.size();
}

}  // namespace sidecar
