#pragma once

#include <string>

#include "rpc/json_value.h"

namespace sidecar {

/// An explained call (core/explanation.h) for people: one line a step with its letter and time, one
/// line an endpoint that was considered; then the answer, cut after answer_lines_max lines (0 =
/// whole).
std::string explain_text(const JsonValue& explanation, size_t answer_lines_max);

}  // namespace sidecar
