#pragma once

#include <string>
#include <string_view>

namespace sidecar {

/// What a string value must look like.
enum class TextRule {
  kAny,     ///< printable UTF-8
  kName,    ///< of a chain or provider: it becomes a path, a label and a log value
  kFamily,  ///< evm or svm
  kLevel,   ///< of the log
  kLogFormat,
  kLogCalls,  ///< an integer of TOML will do too
  kStrategy,  ///< of a pool
  kVendor,
  kBudgetUnit,
  kCallsOver,   ///< a transport, or auto
  kContinuity,  ///< of subscriptions
  kSocketPath,  ///< at most 107 bytes: sockaddr_un holds no more
  kReadable,    ///< a file that this process can open; checked when it is read
  kTcpAddress,  ///< 127.0.0.1:8645, [::1]:8645
  kHttpUrl,
  kWsUrl,
  kProxyUrl,
  kHostName,  ///< as in a Host header, with or without a port
  kOrigin,    ///< as a browser sends it
  kUser,      ///< name or number; in a list, numbers may be written bare
  kGroup,
};

inline constexpr std::string_view kUnixScheme = "http+unix://";

/// What is wrong with `text` and what would be right; empty = nothing. An empty text is for the
/// caller to judge. `shown` stands for the text in the sentence, so that a secret never does.
std::string text_fault(TextRule rule, std::string_view text, const std::string& shown);

/// What is wrong with an HTTP header's name; empty = nothing.
std::string header_fault(std::string_view name);

/// The rule in words, for the reference; empty for kAny.
std::string_view rule_text(TextRule rule);

}  // namespace sidecar
