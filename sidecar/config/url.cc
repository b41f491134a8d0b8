#include "config/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "config/quantity.h"

namespace sidecar {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::string_view kHidden = "***";

bool is_port(std::string_view text, uint64_t least) {
  const auto port = parse_number(text);
  return port && text.size() <= 5 && *port >= least && *port <= 65'535;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    in6_addr address = {};
    return host.size() > 2 && host.back() == ']' &&
           inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) == 1;
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

// Where host and port part; npos when there is no port.
size_t port_colon(std::string_view host_port) {
  const size_t bracket = host_port.starts_with('[') ? host_port.find(']') : 0;
  return host_port.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

}  // namespace

std::optional<Url> split_url(std::string_view text) {
  Url url;
  const size_t scheme_end = text.find(kSchemeEnd);
  if (scheme_end == std::string_view::npos || scheme_end == 0) {
    return std::nullopt;
  }
  url.scheme = text.substr(0, scheme_end);
  text.remove_prefix(scheme_end + kSchemeEnd.size());
  const size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  url.rest = text.substr(authority_end);
  std::string_view authority = text.substr(0, authority_end);
  // The last `@`: a password may hold one that nobody escaped.
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    url.userinfo = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const size_t colon = port_colon(authority);
  url.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
  }
  return url;
}

std::string url_fault(const Url& url) {
  if (!is_host(url.host)) {
    return url.host.empty() ? "has no host; write a name or an address after ://"
                            : "has a host that is neither a name nor an address";
  }
  const bool has_colon = url.host.data() + url.host.size() != url.rest.data();
  if (has_colon && !is_port(url.port, 1)) {
    return "has a port that is not a number from 1 to 65535";
  }
  if (url.rest.find('#') != std::string_view::npos) {
    return "has a fragment, which is never sent; write %23 for a `#` that belongs to a key";
  }
  return "";
}

std::string shown_url(std::string_view text, std::optional<size_t> substituted_at) {
  const auto url = split_url(text);
  if (!url || !url_fault(*url).empty()) {
    return std::string(kHidden);
  }
  const size_t authority_end = text.size() - url->rest.size();
  if (substituted_at && *substituted_at <= authority_end) {
    return std::string(kHidden);
  }
  std::string shown = std::string(url->scheme) + std::string(kSchemeEnd) + std::string(url->host);
  if (!url->port.empty()) {
    shown += ":" + std::string(url->port);
  }
  const bool has_more = !url->userinfo.empty() || (!url->rest.empty() && url->rest != "/");
  return has_more ? shown + "/***" : shown + std::string(url->rest);
}

std::optional<TcpAddress> parse_tcp_address(std::string_view text) {
  const size_t colon = port_colon(text);
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1), 0)) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  in_addr v4 = {};
  in6_addr v6 = {};
  if (inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1) {
    return TcpAddress{std::string(host), (ntohl(v4.s_addr) >> 24) == 127};
  }
  if (!host.starts_with('[') || !host.ends_with(']')) {
    return std::nullopt;
  }
  host = host.substr(1, host.size() - 2);
  if (inet_pton(AF_INET6, std::string(host).c_str(), &v6) != 1) {
    return std::nullopt;
  }
  const bool is_mapped_loopback = IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127;
  return TcpAddress{std::string(host), IN6_IS_ADDR_LOOPBACK(&v6) || is_mapped_loopback};
}

}  // namespace sidecar
