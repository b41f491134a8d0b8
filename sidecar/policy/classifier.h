#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/family.h"
#include "policy/outcome.h"

namespace sidecar {

/// A refusal, as a provider worded it: an HTTP status other than 2xx, a JSON-RPC error, or both.
struct Refusal {
  Family family = Family::kEvm;
  Vendor vendor = Vendor::kGeneric;
  int http_status = 0;                         ///< 0 = none came (IPC)
  std::optional<int64_t> code = std::nullopt;  ///< the error object's
  std::string_view message = {};               ///< its lexeme, escapes and quotes as they came
  std::string_view data = {};                  ///< its lexeme
  std::string_view method = {};
};

struct Verdict {
  Outcome outcome = Outcome::kUnknownError;
  bool is_known = false;  ///< a row matched
};

/// The one place that says what a refusal means: the first row of one table that matches family,
/// vendor, status, code and text decides. 401, 402, 403 and 429 outrank the body.
/// Limits: the first 1 KiB of message and of data are looked at. Case is ignored.
Verdict classify(const Refusal& refusal);

}  // namespace sidecar
