#pragma once

#include <string>
#include <string_view>

#include "rpc/json_value.h"

namespace sidecar {

/// What sidecar_status answered (app/status_report.h) for people: each chain's head, then two
/// tables with a line an endpoint, its health and its traffic; one alone would not fit a terminal.
/// Units: lines of 120 columns at the most. `chain`: only this one; empty = all.
std::string status_text(const JsonValue& status, std::string_view chain, bool is_coloured);

}  // namespace sidecar
