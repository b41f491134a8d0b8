#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sidecar {

/// A URL cut into the parts that matter here. The views live as long as the text.
/// Not: a full RFC 3986 parser; the dialer's own decides what is asked for.
struct Url {
  std::string_view scheme;    ///< as written
  std::string_view userinfo;  ///< before the `@`; empty = none
  std::string_view host;      ///< with the brackets of an IPv6 address
  std::string_view port;      ///< digits; empty = the scheme's own
  std::string_view rest;      ///< path, query and fragment
};

/// Null without `scheme://`.
std::optional<Url> split_url(std::string_view text);

/// What is wrong with it as the address of a server; empty = nothing.
/// Never repeats a part that can hold a key.
std::string url_fault(const Url& url);

/// An address that is safe to show: `scheme://host[:port]`, with `/***` when more follows.
/// `***` when nothing of it is safe: when `substituted_at` lies before the path, or it is no URL.
std::string shown_url(std::string_view text, std::optional<size_t> substituted_at);

/// `127.0.0.1:8645` or `[::1]:8645`.
struct TcpAddress {
  std::string host;  ///< without brackets
  bool is_loopback = false;
};

/// Null unless it is a numeric address and a port.
std::optional<TcpAddress> parse_tcp_address(std::string_view text);

}  // namespace sidecar
