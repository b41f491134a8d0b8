#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sidecar {

/// One `--name VALUE` of a command; a flag when `value_name` is empty.
struct OptionRow {
  std::string_view name;
  std::string_view value_name;
  std::string_view sentence;  ///< with unit and default
};

/// A parsed command line.
struct Arguments {
  std::map<std::string, std::string, std::less<>> options;  ///< the last value of each
  std::map<std::string, std::vector<std::string>, std::less<>> all_values;  ///< in their order
  std::vector<std::string> positional;

  bool has(std::string_view name) const { return options.contains(name); }
  std::string value_or(std::string_view name, std::string_view fallback) const;
};

/// One subcommand: what it is called, takes and does. `run` returns the process's exit code.
struct Command {
  std::string_view name;
  std::string_view positional;  ///< as shown in the usage line, e.g. "METHOD [PARAMS]"
  std::string_view sentence;
  std::span<const OptionRow> options;
  size_t positional_min = 0;
  size_t positional_max = 0;
  std::string_view notes;  ///< shown under the options in --help
  int (*run)(const Arguments& arguments) = nullptr;
};

/// Exit codes of every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  ///< it was understood, and did not work
inline constexpr int kExitUsage = 2;   ///< the command line or the configuration is wrong

/// Options in any order, `--name VALUE` or `--name=VALUE`; `--` ends them.
/// Errors: kInvalid, naming the word and, for a near miss, what was probably meant.
Result<Arguments> parse_arguments(const Command& command, std::span<const char* const> words);

std::string command_help(const Command& command);
std::string program_help(std::span<const Command> commands);
/// Completion for bash, made from the same rows.
std::string bash_completion(std::span<const Command> commands);

/// Finds the command, answers --help and --version, and runs it.
int run_program(std::span<const Command> commands, int argc, const char* const* argv);

}  // namespace sidecar
