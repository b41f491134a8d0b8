#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/classifier.h"

namespace sidecar::testing {

/// One refusal as somebody worded it, and what it means. `from` names the node or vendor that said
/// it, or the project whose public list of phrases has it (eRPC, NodeCore, Lasso: there only the
/// phrase is known, the words around it are ours).
struct CapturedError {
  std::string_view from;
  std::optional<int64_t> code = std::nullopt;
  std::string_view message = {};  ///< between the quotes, escapes as they came
  Outcome outcome = Outcome::kUnknownError;
  Vendor vendor = Vendor::kGeneric;
  int status = 200;
  std::string_view data = {};  ///< lexeme
  std::string_view method = "eth_call";

  constexpr CapturedError by(Vendor who) const {
    CapturedError copy = *this;
    copy.vendor = who;
    return copy;
  }
  constexpr CapturedError under(int http_status) const {
    CapturedError copy = *this;
    copy.status = http_status;
    return copy;
  }
  constexpr CapturedError with(std::string_view lexeme) const {
    CapturedError copy = *this;
    copy.data = lexeme;
    return copy;
  }
  constexpr CapturedError to(std::string_view name) const {
    CapturedError copy = *this;
    copy.method = name;
    return copy;
  }
};

constexpr CapturedError said(std::string_view from, int64_t code, std::string_view message,
                             Outcome outcome) {
  return {from, code, message, outcome};
}

/// A status without a JSON-RPC body.
constexpr CapturedError bare(std::string_view from, int status, Outcome outcome) {
  return CapturedError{from, std::nullopt, {}, outcome}.under(status);
}

}  // namespace sidecar::testing
