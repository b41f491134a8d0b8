#pragma once

#include <span>

#include "app/command_line.h"

namespace sidecar {

/// Each is one row of the program's command table; see its own file.
extern const Command kRunCommand;
extern const Command kCallCommand;
extern const Command kExplainCommand;
extern const Command kWatchCommand;
extern const Command kStatusCommand;
extern const Command kTopCommand;
extern const Command kAdminCommand;
extern const Command kCheckCommand;
extern const Command kDescribeConfigCommand;
extern const Command kDescribeMetricsCommand;
extern const Command kMockCommand;
extern const Command kCompletionCommand;
extern const Command kVersionCommand;

std::span<const Command> all_commands();

}  // namespace sidecar
