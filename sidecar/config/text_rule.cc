#include "config/text_rule.h"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <initializer_list>
#include <system_error>

#include "config/access_names.h"
#include "config/toml_text.h"
#include "config/url.h"
#include "policy/balancer.h"
#include "policy/family.h"

namespace sidecar {
namespace {

constexpr size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr size_t kNameMax = 32;

bool contains(std::initializer_list<std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_percent(std::string_view text) {
  uint32_t percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  return error == std::errc() && end == text.data() + text.size() && percent <= 100;
}

bool is_name(std::string_view text) {
  return text.size() <= kNameMax && is_lower_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_lower_or_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

std::string socket_path_fault(std::string_view path, const std::string& shown) {
  if (path.size() > kSocketPathMax) {
    return shown + " has " + std::to_string(path.size()) +
           " bytes; the path of a Unix socket has at most " + std::to_string(kSocketPathMax);
  }
  if (path.front() == '@') {
    return shown + " begins with `@`; abstract sockets have no permissions, write a file's path";
  }
  return "";
}

// Only a scheme is ever repeated: the rest of an address can hold a key anywhere.
std::string url_rule_fault(std::string_view text, std::initializer_list<std::string_view> schemes,
                           std::string_view right) {
  const auto url = split_url(text);
  if (!url) {
    return "is not a URL; write " + std::string(right);
  }
  if (!contains(schemes, url->scheme)) {
    const bool is_word =
        url->scheme.size() <= 10 && std::all_of(url->scheme.begin(), url->scheme.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '+';
        });
    return (is_word ? "has the scheme " + std::string(url->scheme) + "://"
                    : std::string("has an unknown scheme")) +
           "; write " + std::string(right);
  }
  if (text.find(' ') != std::string_view::npos) {
    return "has a space in it; write %20";
  }
  return url_fault(*url);
}

std::string http_url_fault(std::string_view text) {
  if (!text.starts_with(kUnixScheme)) {
    return url_rule_fault(text, {"http", "https"}, rule_text(TextRule::kHttpUrl));
  }
  const std::string_view path = text.substr(kUnixScheme.size());
  if (!path.starts_with('/') || path.size() == 1) {
    return "has no socket's path; write http+unix:///path/to.sock";
  }
  return socket_path_fault(path, "the path in it");
}

std::string tcp_address_fault(std::string_view text, const std::string& shown) {
  if (parse_tcp_address(text)) {
    return "";
  }
  return shown + " is not an address and a port; write " +
         std::string(rule_text(TextRule::kTcpAddress));
}

std::string readable_fault(std::string_view text, const std::string& shown) {
  if (access(std::string(text).c_str(), R_OK) == 0) {
    return "";
  }
  return shown + " cannot be read: " + std::strerror(errno);
}

std::string origin_fault(std::string_view text, const std::string& shown) {
  const auto url = split_url(text);
  if (url && url->rest.empty() && url->userinfo.empty() && url_fault(*url).empty()) {
    return "";
  }
  return shown + " is not an origin; write " + std::string(rule_text(TextRule::kOrigin)) +
         ", without a path or a final slash";
}

std::string host_name_fault(std::string_view text, const std::string& shown) {
  const std::string url_text = "http://" + std::string(text);
  const auto url = split_url(url_text);
  if (url && url->rest.empty() && url->userinfo.empty() && url_fault(*url).empty()) {
    return "";
  }
  return shown + " is not a host; write " + std::string(rule_text(TextRule::kHostName));
}

std::string word_fault(bool is_right, TextRule rule, const std::string& shown) {
  return is_right ? "" : shown + " is not " + std::string(rule_text(rule));
}

}  // namespace

std::string text_fault(TextRule rule, std::string_view text, const std::string& shown) {
  if (has_control_character(text) || !is_utf8(text)) {
    return shown + " holds a control character or bytes that are not UTF-8; write plain text";
  }
  if (text.empty()) {
    return "";
  }
  switch (rule) {
    case TextRule::kAny:
      return "";
    case TextRule::kName:
      return is_name(text) ? "" : shown + " is not a name; write " + std::string(rule_text(rule));
    case TextRule::kFamily:
      return word_fault(contains({"evm", "svm"}, text), rule, shown);
    case TextRule::kLevel:
      return word_fault(contains({"error", "warn", "info", "debug"}, text), rule, shown);
    case TextRule::kLogFormat:
      return word_fault(contains({"auto", "text", "json", "journal"}, text), rule, shown);
    case TextRule::kLogCalls:
      return word_fault(text == "errors" || is_percent(text), rule, shown);
    case TextRule::kStrategy:
      return word_fault(strategy_of(text).has_value(), rule, shown);
    case TextRule::kVendor:
      return word_fault(text == "auto" || vendor_of_name(text), rule, shown);
    case TextRule::kBudgetUnit:
      return word_fault(contains({"requests", "credits"}, text), rule, shown);
    case TextRule::kCallsOver:
      return word_fault(contains({"auto", "http", "ws", "ipc"}, text), rule, shown);
    case TextRule::kContinuity:
      return word_fault(contains({"every", "latest", "strict"}, text), rule, shown);
    case TextRule::kSocketPath:
      return socket_path_fault(text, shown);
    case TextRule::kReadable:
      return readable_fault(text, shown);
    case TextRule::kTcpAddress:
      return tcp_address_fault(text, shown);
    case TextRule::kHttpUrl:
      return http_url_fault(text);
    case TextRule::kWsUrl:
      return url_rule_fault(text, {"ws", "wss"}, rule_text(rule));
    case TextRule::kProxyUrl:
      return url_rule_fault(text, {"http", "socks5h"}, rule_text(rule));
    case TextRule::kHostName:
      return host_name_fault(text, shown);
    case TextRule::kOrigin:
      return origin_fault(text, shown);
    case TextRule::kUser:
      return find_uid(std::string(text))
                 ? ""
                 : shown + " is no user of this host; make it, or write a number";
    case TextRule::kGroup:
      return find_gid(std::string(text))
                 ? ""
                 : shown + " is no group of this host; make it, or write a number";
  }
  return "";
}

std::string header_fault(std::string_view name) {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  const bool is_token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
           kTokenMarks.find(c) != std::string_view::npos;
  });
  if (!is_token) {
    return "is not a header's name; write letters, digits and `-`";
  }
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  // They frame the message or choose its form; two opinions on that desynchronise a connection.
  if (contains({"content-length", "transfer-encoding", "connection", "upgrade", "expect", "te",
                "trailer", "keep-alive", "content-type", "content-encoding", "accept-encoding"},
               lower)) {
    return "is a header that the sidecar sets itself; remove it";
  }
  return "";
}

std::string_view rule_text(TextRule rule) {
  switch (rule) {
    case TextRule::kAny:
      return "";
    case TextRule::kName:
      return "1 to 32 of a-z, 0-9, `_`, `.` and `-`, a letter or digit first";
    case TextRule::kFamily:
      return "evm or svm";
    case TextRule::kLevel:
      return "error, warn, info or debug";
    case TextRule::kLogFormat:
      return "auto, text, json or journal";
    case TextRule::kLogCalls:
      return "an integer from 0 to 100, or \"errors\"";
    case TextRule::kStrategy:
      return "priority_weighted, round_robin, weighted_random, least_inflight, lowest_latency or "
             "lowest_cost";
    case TextRule::kVendor:
      return "auto, generic, alchemy, infura, quicknode, helius, drpc or triton";
    case TextRule::kBudgetUnit:
      return "requests or credits";
    case TextRule::kCallsOver:
      return "auto, http, ws or ipc";
    case TextRule::kContinuity:
      return "every, latest or strict";
    case TextRule::kSocketPath:
      return "a path of at most 107 bytes";
    case TextRule::kReadable:
      return "the path of a file that can be read";
    case TextRule::kTcpAddress:
      return "127.0.0.1:PORT or [::1]:PORT";
    case TextRule::kHttpUrl:
      return "http://, https:// or http+unix:///path";
    case TextRule::kWsUrl:
      return "ws:// or wss://";
    case TextRule::kProxyUrl:
      return "http:// or socks5h://";
    case TextRule::kHostName:
      return "a name such as rpc.example.net, with :PORT if it has one";
    case TextRule::kOrigin:
      return "https://app.example.net";
    case TextRule::kUser:
      return "a user of this host, or its number";
    case TextRule::kGroup:
      return "a group of this host, or its number";
  }
  return "";
}

}  // namespace sidecar
