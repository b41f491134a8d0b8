#include "rpc/rpc_error.h"

#include <array>

#include "rpc/json_text.h"
#include "rpc/scanner.h"

namespace sidecar {
namespace {

// Codes. -32000 for all that is about the world outside, OVERLOADED, CLIENT_LIMIT and
// UPSTREAM_RATE_LIMITED included, though nothing may have been sent and EIP-1474 has -32005 for
// limits: viem answers -32005 with four sends and alloy with ten, which multiplies the load at the
// worst moment, and the wait they would do has been done in our own queue already. On Solana -32005
// means a node that is behind. Who wants to retry reads `retryable` in the data.
// POLICY_DENIED is -32601, "does not exist or is not available": what a node answers when a
// namespace is switched off, so clients already have a way around it.
//
// Messages avoid the phrases that alloy takes for a reason to retry whatever the code is: "rate
// limit", "rate exceeded", "too many requests", "request limit", "credits limited".
constexpr std::array kRows = {
    ErrorRow{ErrorName::kUpstreamConnect, "UPSTREAM_CONNECT", kServerErrorCode,
             "cannot connect to the provider", true},
    ErrorRow{ErrorName::kUpstreamTls, "UPSTREAM_TLS", kServerErrorCode,
             "no trusted TLS connection to the provider", false},
    ErrorRow{ErrorName::kUpstreamTimeout, "UPSTREAM_TIMEOUT", kServerErrorCode,
             "the provider did not answer in time", true},
    ErrorRow{ErrorName::kUpstreamClosed, "UPSTREAM_CLOSED", kServerErrorCode,
             "the provider closed the connection before its answer was whole", true},
    ErrorRow{ErrorName::kUpstreamProtocol, "UPSTREAM_PROTOCOL", kServerErrorCode,
             "the provider broke the protocol", true},
    ErrorRow{ErrorName::kUpstreamHttpStatus, "UPSTREAM_HTTP_STATUS", kServerErrorCode,
             "the provider answered with an HTTP error", true},
    ErrorRow{ErrorName::kUpstreamRateLimited, "UPSTREAM_RATE_LIMITED", kServerErrorCode,
             "the provider asks for fewer calls", true},
    ErrorRow{ErrorName::kUpstreamBadJson, "UPSTREAM_BAD_JSON", kServerErrorCode,
             "the provider's answer is not a JSON-RPC response", true},
    ErrorRow{ErrorName::kUpstreamTooLarge, "UPSTREAM_TOO_LARGE", kServerErrorCode,
             "the provider's answer is over the size limit", false},
    ErrorRow{ErrorName::kNoUpstream, "NO_UPSTREAM", kServerErrorCode, "no provider can be reached",
             true},
    ErrorRow{ErrorName::kOverloaded, "OVERLOADED", kServerErrorCode, "the sidecar is overloaded",
             true},
    ErrorRow{ErrorName::kClientLimit, "CLIENT_LIMIT", kServerErrorCode,
             "a limit for this client was reached", true},
    ErrorRow{ErrorName::kPolicyDenied, "POLICY_DENIED", kMethodNotFoundCode,
             "the method is not available here", false},
    ErrorRow{ErrorName::kBadRequest, "BAD_REQUEST", kInvalidRequestCode, "invalid request", false},
    ErrorRow{ErrorName::kShuttingDown, "SHUTTING_DOWN", kServerErrorCode,
             "the sidecar is shutting down", true},
    ErrorRow{ErrorName::kSubGap, "SUB_GAP", kServerErrorCode,
             "events were missed and could not be filled in", false},
    ErrorRow{ErrorName::kSubOverflow, "SUB_OVERFLOW", kServerErrorCode,
             "events came faster than this client read them", false},
};

constexpr bool rows_follow_the_enum() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].name) != i) {
      return false;
    }
  }
  return kRows.size() == static_cast<size_t>(ErrorName::kSubOverflow) + 1;
}
static_assert(rows_follow_the_enum() && kRows.size() == kErrorNameCount);

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += name;
  append_json_string(out, text);
}

bool is_retryable(const ErrorSpec& spec) {
  return spec.is_retryable.value_or(spec.sent == SentState::kNo &&
                                    error_row(spec.name).is_retryable);
}

}  // namespace

const ErrorRow& error_row(ErrorName name) {
  return kRows[static_cast<size_t>(name)];
}

std::optional<ErrorName> error_name_of(std::string_view text) {
  for (const ErrorRow& row : kRows) {
    if (row.text == text) {
      return row.name;
    }
  }
  return std::nullopt;
}

std::string_view sent_text(SentState sent) {
  switch (sent) {
    case SentState::kNo:
      return "no";
    case SentState::kMaybe:
      return "maybe";
    case SentState::kYes:
      return "yes";
  }
  return "";
}

int error_code(const ErrorSpec& spec) {
  if (spec.sent != SentState::kNo) {
    return kServerErrorCode;
  }
  return spec.code.value_or(error_row(spec.name).code);
}

void write_error_object(std::string& out, const ErrorSpec& spec) {
  const ErrorRow& row = error_row(spec.name);
  out += "{\"code\":";
  out += std::to_string(error_code(spec));
  append_member(out, ",\"message\":", spec.message.empty() ? row.message : spec.message);
  append_member(out, ",\"data\":{\"name\":", row.text);
  out += ",\"retryable\":";
  out += is_retryable(spec) ? "true" : "false";
  append_member(out, ",\"sent\":", sent_text(spec.sent));
  out += ",\"tried\":[";
  std::string_view before = "{\"provider\":";
  for (const TriedUpstream& tried : spec.tried) {
    append_member(out, before, tried.provider);
    append_member(out, ",\"outcome\":", tried.outcome);
    out += '}';
    before = ",{\"provider\":";
  }
  out += ']';
  if (spec.retry_after_ms.has_value()) {
    out += ",\"retry_after_ms\":";
    append_decimal(out, *spec.retry_after_ms);
  }
  out += "}}";
}

ErrorView error_view(std::string_view error_object) {
  JsonScanner scanner({.depth_max = JsonScanner::kDepthLimit});
  ErrorView view;
  if (scanner.feed(error_object).status != ScanStatus::kDone) {
    return view;
  }
  const auto lexeme = [&](MemberKey key) {
    const JsonSpan& span = scanner.member(key);
    return span.is_present() ? span.slice(error_object) : std::string_view();
  };
  view.code_lexeme = lexeme(MemberKey::kCode);
  view.code = to_int64(view.code_lexeme);
  view.message = lexeme(MemberKey::kMessage);
  view.data = lexeme(MemberKey::kData);
  return view;
}

}  // namespace sidecar
