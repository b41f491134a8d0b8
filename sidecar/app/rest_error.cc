#include "app/rest_error.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rpc/json_value.h"
#include "rpc/json_writer.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

int status_of(ErrorName name) {
  switch (name) {
    case ErrorName::kUpstreamTimeout:
      return 504;
    case ErrorName::kUpstreamConnect:
    case ErrorName::kUpstreamTls:
    case ErrorName::kUpstreamClosed:
    case ErrorName::kUpstreamProtocol:
    case ErrorName::kUpstreamHttpStatus:
    case ErrorName::kUpstreamBadJson:
    case ErrorName::kUpstreamTooLarge:
      return 502;
    case ErrorName::kUpstreamRateLimited:
    case ErrorName::kNoUpstream:
    case ErrorName::kOverloaded:
    case ErrorName::kShuttingDown:
    case ErrorName::kSubGap:
    case ErrorName::kSubOverflow:
      return 503;
    case ErrorName::kClientLimit:
      return 429;
    case ErrorName::kPolicyDenied:
      return 403;
    case ErrorName::kBadRequest:
      return 400;
  }
  return 502;
}

/// Solana's ways of saying that there is no such block: BLOCK_CLEANED_UP, BLOCK_NOT_AVAILABLE,
/// SLOT_SKIPPED, LONG_TERM_STORAGE_SLOT_SKIPPED, BLOCK_STATUS_NOT_AVAILABLE_YET.
constexpr std::array<int64_t, 5> kSvmNoBlock{-32001, -32004, -32007, -32009, -32014};

}  // namespace

std::string rest_error_json(const RestError& error) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("error").begin_object();
  json.key("status").number(static_cast<uint64_t>(error.status));
  json.key("name").string(error.name).key("message").string(error.message);
  if (!error.rpc.empty()) {
    json.key("rpc").raw(error.rpc);
  }
  json.end_object().end_object();
  return out + "\n";
}

RestError rest_error_of(Family family, std::string_view error_object) {
  const auto parsed = JsonValue::parse(error_object);
  const JsonValue error = parsed.value_or(JsonValue());
  RestError made{502, "UPSTREAM_ERROR", "the provider answered with an error",
                 parsed ? std::string(error_object) : std::string()};
  if (const auto message = error["message"].as_string()) {
    made.message = *message;
  }
  const std::string_view name = error["data"]["name"].as_string().value_or("");
  if (const auto ours = error_name_of(name)) {
    made.status = status_of(*ours);
    made.name = name;
    return made;
  }
  const auto code = error["code"].as_int64();
  if (code == kInvalidParamsCode) {
    made.status = 400;
    made.name = "BAD_REQUEST";
  } else if (family == Family::kSvm && code &&
             std::find(kSvmNoBlock.begin(), kSvmNoBlock.end(), *code) != kSvmNoBlock.end()) {
    made.status = 404;
    made.name = "NOT_FOUND";
  }
  return made;
}

}  // namespace sidecar
