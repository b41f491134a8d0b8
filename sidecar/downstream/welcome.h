#pragma once

#include <string>
#include <vector>

#include "core/types.h"
#include "downstream/options.h"

namespace sidecar {

/// The payload of WELCOME (proto/PROTOCOL.md section 4).
std::string welcome_text(const std::vector<ChainInfo>& chains, const SessionLimits& limits);

}  // namespace sidecar
