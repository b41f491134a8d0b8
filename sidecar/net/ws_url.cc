#include "net/ws_url.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace sidecar {

namespace {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* at = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(at, at + 2, value, 16).ptr == at + 2) {
      out.push_back(static_cast<char>(value));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool is_sound(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<WsUrl> WsUrl::parse(const Secret& url) {
  constexpr std::string_view kPlain = "ws://";
  constexpr std::string_view kTls = "wss://";
  std::string_view rest = url.reveal();
  WsUrl parts;
  parts.is_tls = rest.starts_with(kTls);
  if ((!parts.is_tls && !rest.starts_with(kPlain)) || !is_sound(rest)) {
    return Error{Errc::kInvalid, "not a ws:// or wss:// URL"};
  }
  rest.remove_prefix(parts.is_tls ? kTls.size() : kPlain.size());
  rest = rest.substr(0, rest.find('#'));
  std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::string_view target = rest.substr(authority.size());
  parts.target = Secret((target.starts_with('/') ? "" : "/") + std::string(target));
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    parts.userinfo = Secret(percent_decoded(authority.substr(0, at)));
    authority.remove_prefix(at + 1);
  }
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = bracket == std::string_view::npos ? authority.substr(0, colon)
                                                 : authority.substr(1, bracket - 1);
  parts.port = parts.is_tls ? 443 : 80;
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parts.port);
    if (error != std::errc() || end != port.data() + port.size() || parts.port == 0) {
      return Error{Errc::kInvalid, "a WebSocket URL with a bad port"};
    }
  }
  if (parts.host.empty() || parts.host.size() > 253) {
    return Error{Errc::kInvalid, "a WebSocket URL without a host"};
  }
  return parts;
}

}  // namespace sidecar
