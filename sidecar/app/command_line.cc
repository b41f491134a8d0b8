#include "app/command_line.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "app/version.h"
#include "config/did_you_mean.h"

namespace sidecar {

namespace {

constexpr std::string_view kProgram = "rpc-sidecar";

template <class Row>
std::string did_you_mean(std::string_view word, std::span<const Row> rows) {
  std::vector<std::string_view> names;
  for (const Row& row : rows) {
    names.push_back(row.name);
  }
  const std::string_view nearest = nearest_word(word, names);
  return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

std::string usage(const Command& command) {
  std::string line = "Usage: " + std::string(kProgram) + " " + std::string(command.name);
  if (!command.options.empty()) {
    line += " [OPTION...]";
  }
  if (!command.positional.empty()) {
    line += " " + std::string(command.positional);
  }
  return line + "\n";
}

/// Two columns: a term and its sentence.
void append_term(std::string& text, std::string term, std::string_view sentence) {
  constexpr size_t kColumn = 28;
  term.insert(0, "  ");
  if (term.size() + 2 > kColumn) {
    text += term + "\n" + std::string(kColumn, ' ');
  } else {
    text += term + std::string(kColumn - term.size(), ' ');
  }
  text.append(sentence).append("\n");
}

int fail_usage(const std::string& message, std::string_view command) {
  std::string hint(kProgram);
  hint += command.empty() ? "" : " " + std::string(command);
  std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", std::string(kProgram).c_str(), message.c_str(),
               hint.c_str());
  return kExitUsage;
}

}  // namespace

std::string Arguments::value_or(std::string_view name, std::string_view fallback) const {
  const auto found = options.find(name);
  return found == options.end() ? std::string(fallback) : found->second;
}

Result<Arguments> parse_arguments(const Command& command, std::span<const char* const> words) {
  Arguments arguments;
  bool is_over = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (is_over || !word.starts_with("--")) {
      arguments.positional.emplace_back(word);
      continue;
    }
    if (word == "--") {
      is_over = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto row = std::find_if(command.options.begin(), command.options.end(),
                                  [name](const OptionRow& one) { return one.name == name; });
    if (row == command.options.end()) {
      return Error{Errc::kInvalid,
                   "unknown option " + std::string(name) + did_you_mean(name, command.options)};
    }
    if (row->value_name.empty() && equals != std::string_view::npos) {
      return Error{Errc::kInvalid, std::string(name) + " takes no value"};
    }
    std::string value;
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (!row->value_name.empty()) {
      if (++i == words.size()) {
        return Error{Errc::kInvalid,
                     std::string(name) + " needs a value (" + std::string(row->value_name) + ")"};
      }
      value = words[i];
    }
    arguments.options[std::string(name)] = value;
    arguments.all_values[std::string(name)].push_back(value);
  }
  const size_t count = arguments.positional.size();
  if (count < command.positional_min || count > command.positional_max) {
    return Error{Errc::kInvalid,
                 count < command.positional_min
                     ? "expected " + std::string(command.positional)
                     : "unexpected argument " + arguments.positional[command.positional_max]};
  }
  return arguments;
}

std::string command_help(const Command& command) {
  std::string text = usage(command);
  text.append(command.sentence).append("\n\nOptions:\n");
  for (const OptionRow& row : command.options) {
    append_term(text, std::string(row.name) + " " + std::string(row.value_name), row.sentence);
  }
  append_term(text, "--help", "show this");
  if (!command.notes.empty()) {
    text.append("\n").append(command.notes).append("\n");
  }
  return text;
}

std::string program_help(std::span<const Command> commands) {
  std::string text =
      "Usage: rpc-sidecar COMMAND [OPTION...]\n"
      "One process per host that owns every upstream JSON-RPC connection.\n"
      "\nCommands:\n";
  for (const Command& command : commands) {
    append_term(text, std::string(command.name), command.sentence);
  }
  text +=
      "\nExit codes: 0 success, 1 it did not work, 2 wrong command line or configuration.\n"
      "'rpc-sidecar COMMAND --help' tells more.\n";
  return text;
}

std::string bash_completion(std::span<const Command> commands) {
  std::string names;
  std::string cases;
  for (const Command& command : commands) {
    names.append(names.empty() ? "" : " ").append(command.name);
    cases.append("    ").append(command.name).append(") words=\"--help");
    for (const OptionRow& row : command.options) {
      cases.append(" ").append(row.name);
    }
    cases += "\" ;;\n";
  }
  return "# bash completion for rpc-sidecar\n"
         "_rpc_sidecar() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words\n"
         "  case $previous in\n"
         "    --config|--socket) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
         "    --log-level) COMPREPLY=($(compgen -W 'debug info warn error' -- \"$current\")); "
         "return ;;\n"
         "    --family) COMPREPLY=($(compgen -W 'evm svm' -- \"$current\")); return ;;\n"
         "  esac\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases + "    *) words=\"" + names +
         " --help --version\" ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -F _rpc_sidecar rpc-sidecar\n";
}

int run_program(std::span<const Command> commands, int argc, const char* const* argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h" || first == "help") {
    std::fputs(program_help(commands).c_str(), stdout);
    return kExitOk;
  }
  if (first.empty()) {
    std::fputs(program_help(commands).c_str(), stderr);
    return kExitUsage;
  }
  const std::string_view name = first == "--version" ? "version" : first;
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [name](const Command& one) { return one.name == name; });
  if (command == commands.end()) {
    return fail_usage("unknown command " + std::string(first) + did_you_mean(first, commands), "");
  }
  const std::span<const char* const> words(argv + 2, static_cast<size_t>(argc - 2));
  const bool wants_help = std::any_of(words.begin(), words.end(), [](std::string_view word) {
    return word == "--help" || word == "-h";
  });
  if (wants_help) {
    std::fputs(command_help(*command).c_str(), stdout);
    return kExitOk;
  }
  const auto arguments = parse_arguments(*command, words);
  if (!arguments.ok()) {
    return fail_usage(arguments.error().detail, command->name);
  }
  return command->run(arguments.value());
}

}  // namespace sidecar
