#include "upstream/scrubber.h"

#include <algorithm>

#include "rpc/byte_text.h"

namespace sidecar {

namespace {

constexpr std::string_view kStars = "***";
/// A path's part is a key when it is long, or not so short and has a digit: no `ethereum`, no `v2`.
constexpr size_t kLongPart = 20;
constexpr size_t kShortPart = 8;

bool looks_like_key(std::string_view part) {
  const bool has_digit =
      std::any_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  return part.size() >= kLongPart || (part.size() >= kShortPart && has_digit);
}

/// Takes what is before the separator off the text.
std::string_view take_part(std::string_view& text, std::string_view separators) {
  const size_t at = text.find_first_of(separators);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

}  // namespace

Scrubber::Scrubber(const ProviderOptions& options) {
  add_url(options.http.reveal());
  add_url(options.ws.reveal());
  add_url(options.proxy);
  for (const auto& [name, value] : options.headers) {
    const std::string_view text = value.reveal();
    add(text);
    add(text.substr(text.rfind(' ') + 1));  // of "Bearer KEY"
  }
  std::sort(secrets_.begin(), secrets_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  secrets_.erase(std::unique(secrets_.begin(), secrets_.end()), secrets_.end());
}

void Scrubber::add_url(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || url.starts_with("http+unix")) {
    return;
  }
  url.remove_prefix(scheme + 3);
  std::string_view rest = url;
  const std::string_view authority = take_part(rest, "/?");
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    std::string_view userinfo = authority.substr(0, at);
    add(userinfo);
    add(to_base64(userinfo));  // as the Authorization header has it
    add(take_part(userinfo, ":"));
    add(userinfo);
  }
  // Without a path the query follows at once.
  const bool is_query = url.size() > authority.size() && url[authority.size()] == '?';
  std::string_view path = is_query ? std::string_view() : take_part(rest, "?");
  while (!path.empty()) {
    const std::string_view part = take_part(path, "/");
    if (looks_like_key(part)) {
      add(part);
    }
  }
  while (!rest.empty()) {
    std::string_view pair = take_part(rest, "&");
    const std::string_view name = take_part(pair, "=");
    add(pair.empty() ? name : pair);
  }
}

void Scrubber::add(std::string_view secret) {
  if (secret.size() >= kBytesMin) {
    secrets_.emplace_back(secret);
  }
}

std::string_view Scrubber::scrub(std::string_view text) {
  bool is_clean = true;
  for (const std::string& secret : secrets_) {
    const std::string_view searched = is_clean ? text : std::string_view(clean_);
    size_t at = searched.find(secret);
    if (at == std::string_view::npos) {
      continue;
    }
    if (is_clean) {
      clean_ = text;
      is_clean = false;
    }
    for (; at != std::string::npos; at = clean_.find(secret, at + kStars.size())) {
      clean_.replace(at, secret.size(), kStars);
    }
  }
  return is_clean ? text : std::string_view(clean_);
}

}  // namespace sidecar
