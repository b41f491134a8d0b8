#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sidecar {

inline constexpr int kParseErrorCode = -32700;
inline constexpr int kInvalidRequestCode = -32600;
inline constexpr int kMethodNotFoundCode = -32601;
inline constexpr int kInvalidParamsCode = -32602;
inline constexpr int kServerErrorCode = -32000;

/// The stable names of the sidecar's own errors: a contract with programs, so rows are added, never
/// renamed.
enum class ErrorName : uint8_t {
  kUpstreamConnect,
  kUpstreamTls,
  kUpstreamTimeout,
  kUpstreamClosed,
  kUpstreamProtocol,
  kUpstreamHttpStatus,
  kUpstreamRateLimited,
  kUpstreamBadJson,
  kUpstreamTooLarge,
  kNoUpstream,
  kOverloaded,
  kClientLimit,
  kPolicyDenied,
  kBadRequest,
  kShuttingDown,
  kSubGap,
  kSubOverflow,
};
inline constexpr size_t kErrorNameCount = 17;

struct ErrorRow {
  ErrorName name;
  std::string_view text;  // "UPSTREAM_CONNECT"
  int code;               // while nothing was sent; afterwards it is always kServerErrorCode
  std::string_view message;
  bool is_retryable;  // the same call may well succeed later or elsewhere
};
const ErrorRow& error_row(ErrorName name);
std::optional<ErrorName> error_name_of(std::string_view text);

/// Did the request's bytes leave for a provider?
enum class SentState : uint8_t { kNo, kMaybe, kYes };
std::string_view sent_text(SentState sent);

struct TriedUpstream {
  std::string_view provider;
  std::string_view outcome;
};

struct ErrorSpec {
  ErrorName name;
  SentState sent = SentState::kNo;
  std::string_view message = {};                    // empty = the row's
  std::optional<int> code = std::nullopt;           // empty = the row's; not used once sent
  std::optional<bool> is_retryable = std::nullopt;  // empty = the row's if not sent, else false
  std::span<const TriedUpstream> tried = {};
  std::optional<uint64_t> retry_after_ms = std::nullopt;
};

/// The code that goes on the wire. Once a request may have left it is -32000 and nothing else:
/// viem re-sends on -32603 and -32005, alloy on -32005, transactions included; nobody on -32000.
int error_code(const ErrorSpec& spec);

/// `{"code":N,"message":"...","data":{"name":"...","retryable":B,"sent":"no","tried":[...]}}`.
/// Texts are escaped, not scrubbed: pass provider names, and outcome texts of our own only.
void write_error_object(std::string& out, const ErrorSpec& spec);

/// A provider's error object as slices of its text.
struct ErrorView {
  std::optional<int64_t> code;   // only when it is written as an integer that fits
  std::string_view code_lexeme;  // whatever `code` is; empty = absent
  std::string_view message;      // the lexeme, with quotes when it is a string; empty = absent
  std::string_view data;         // empty = absent
};
/// Requires: `error_object` was accepted by JsonScanner. Not an object: everything is absent.
ErrorView error_view(std::string_view error_object);

}  // namespace sidecar
