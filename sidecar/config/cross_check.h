#pragma once

#include "config/config.h"
#include "config/config_fault.h"

namespace sidecar {

/// What no single setting shows: names used twice, limits that contradict each other, an HTTP
/// listener that is open to the network.
void cross_check(const Config& config, FaultList& faults);

}  // namespace sidecar
