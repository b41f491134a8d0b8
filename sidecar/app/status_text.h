#pragma once

#include <string>
#include <string_view>

#include "rpc/json_value.h"

namespace sidecar {

/// What sidecar_status answered (app/status_report.h) for people: each chain's head, and a line an
/// endpoint. `chain`: only this one; empty = all.
std::string status_text(const JsonValue& status, std::string_view chain, bool is_coloured);

}  // namespace sidecar
