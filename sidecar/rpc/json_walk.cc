#include "rpc/json_walk.h"

#include "rpc/json_text.h"

#include <algorithm>
#include <cstddef>

namespace sidecar {
namespace {

bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

bool ends_scalar(char byte) {
  return byte == ',' || byte == ']' || byte == '}' || is_space(byte);
}

}  // namespace

JsonWalk::JsonWalk(std::string_view container)
    : at_(container.data()), end_(container.data() + container.size()) {
  skip_space();
  is_object_ = at_ != end_ && *at_ == '{';
  if (is_object_ || (at_ != end_ && *at_ == '[')) {
    ++at_;
  } else {
    stop();
  }
}

bool JsonWalk::next() {
  skip_space();
  if (!is_first_ && !take(',')) {
    return stop();
  }
  is_first_ = false;
  skip_space();
  if (is_object_) {
    const char* begin = at_ + 1;
    if (!skip_string()) {
      return stop();
    }
    key_ = std::string_view(begin, static_cast<size_t>(at_ - 1 - begin));
    skip_space();
    if (!take(':')) {
      return stop();
    }
    skip_space();
  }
  const char* begin = at_;
  if (!skip_value()) {
    return stop();
  }
  value_ = std::string_view(begin, static_cast<size_t>(at_ - begin));
  return true;
}

void JsonWalk::skip_space() {
  while (at_ != end_ && is_space(*at_)) {
    ++at_;
  }
}

bool JsonWalk::take(char byte) {
  if (at_ == end_ || *at_ != byte) {
    return false;
  }
  ++at_;
  return true;
}

/// From the opening quote to past the closing one.
bool JsonWalk::skip_string() {
  if (!take('"')) {
    return false;
  }
  while ((at_ = skip_plain(at_, end_)) != end_) {
    if (*at_ == '"') {
      ++at_;
      return true;
    }
    if (*at_ == '\\' && end_ - at_ > 1) {
      ++at_;
    }
    ++at_;
  }
  return false;
}

bool JsonWalk::skip_container() {
  size_t depth = 0;
  while (at_ != end_) {
    const char byte = *at_;
    if (byte == '"') {
      if (!skip_string()) {
        return false;
      }
      continue;
    }
    ++at_;
    if (byte == '{' || byte == '[') {
      ++depth;
    } else if ((byte == '}' || byte == ']') && --depth == 0) {
      return true;
    }
  }
  return false;
}

/// Whether a number goes on behind the end of the text is not known, so it must end before.
bool JsonWalk::skip_scalar() {
  const char* begin = at_;
  at_ = std::find_if(at_, end_, ends_scalar);
  return at_ != begin && at_ != end_;
}

bool JsonWalk::skip_value() {
  if (at_ == end_) {
    return false;
  }
  if (*at_ == '"') {
    return skip_string();
  }
  return *at_ == '{' || *at_ == '[' ? skip_container() : skip_scalar();
}

bool JsonWalk::stop() {
  at_ = end_;
  is_first_ = false;
  key_ = value_ = {};
  return false;
}

char json_first_byte(std::string_view lexeme) {
  const size_t at = skip_whitespace(lexeme);
  return at < lexeme.size() ? lexeme[at] : '\0';
}

std::string_view json_member(std::string_view object, std::string_view key) {
  JsonWalk walk(object);
  while (walk.next()) {
    if (walk.key() == key) {
      return walk.value();
    }
  }
  return {};
}

std::string_view json_first_element(std::string_view array) {
  JsonWalk walk(array);
  return walk.next() && walk.key().empty() ? walk.value() : std::string_view();
}

std::string_view json_plain_string(std::string_view lexeme) {
  const bool is_string = lexeme.size() >= 2 && lexeme.front() == '"' && lexeme.back() == '"';
  const std::string_view text =
      is_string ? lexeme.substr(1, lexeme.size() - 2) : lexeme.substr(0, 0);
  return text.find('\\') == std::string_view::npos ? text : std::string_view();
}

}  // namespace sidecar
