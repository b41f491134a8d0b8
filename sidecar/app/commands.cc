#include "app/commands.h"

#include <array>
#include <cstdio>

#include "app/version.h"

namespace sidecar {

std::span<const Command> all_commands() {
  static const std::array<Command, 13> kAll{kRunCommand,
                                            kCallCommand,
                                            kExplainCommand,
                                            kWatchCommand,
                                            kStatusCommand,
                                            kTopCommand,
                                            kAdminCommand,
                                            kCheckCommand,
                                            kDescribeConfigCommand,
                                            kDescribeMetricsCommand,
                                            kMockCommand,
                                            kCompletionCommand,
                                            kVersionCommand};
  return kAll;
}

namespace {

int run_version(const Arguments&) {
  std::printf("rpc-sidecar %s\n", std::string(kVersion).c_str());
  return kExitOk;
}

int run_completion(const Arguments&) {
  std::fputs(bash_completion(all_commands()).c_str(), stdout);
  return kExitOk;
}

}  // namespace

const Command kVersionCommand{.name = "version",
                              .positional = "",
                              .sentence = "print the version",
                              .options = {},
                              .notes = "",
                              .run = run_version};
const Command kCompletionCommand{.name = "completion",
                                 .positional = "",
                                 .sentence = "print a completion script for bash",
                                 .options = {},
                                 .notes = "",
                                 .run = run_completion};

}  // namespace sidecar
