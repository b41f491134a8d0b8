#include <unistd.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include "app/commands.h"
#include "app/metric_table.h"
#include "config/config_printer.h"
#include "config/config_reference.h"
#include "config/load_config.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 1> kOptions{
    OptionRow{"--config", "FILE",
              "configuration; default /etc/rpc-sidecar/config.toml, else the environment"},
};

int check(const Arguments& arguments) {
  std::optional<std::string> path;
  if (arguments.has("--config")) {
    path = arguments.options.at("--config");
  }
  const LoadedConfig loaded = load_config(path, environment_of(environ));
  for (const ConfigFault& fault : loaded.faults) {
    std::fprintf(stderr, "%s\n", to_text(fault).c_str());
  }
  if (!loaded.ok()) {
    return kExitUsage;
  }
  std::fputs(print_resolved(loaded.config).c_str(), stdout);
  std::printf("\n# /metrics: at most %zu series; rpc-sidecar describe-metrics tells of what.\n",
              series_max(series_sizes(loaded.config)));
  return kExitOk;
}

int describe(const Arguments&) {
  std::fputs(describe_config().c_str(), stdout);
  return kExitOk;
}

}  // namespace

const Command kCheckCommand{
    .name = "check",
    .positional = "",
    .sentence = "check the configuration and print what it comes to, secrets starred",
    .options = kOptions,
    .notes =
        "Every fault is printed as file:line:column: key: what is wrong; then the exit code "
        "is 2.",
    .run = check};

const Command kDescribeConfigCommand{.name = "describe-config",
                                     .positional = "",
                                     .sentence = "print the reference of every setting",
                                     .options = {},
                                     .notes = "",
                                     .run = describe};

}  // namespace sidecar
