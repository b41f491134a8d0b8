#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "app/commands.h"
#include "app/socket_client.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 5> kOptions{
    kSocketOption,
    kChainOption,
    kProviderOption,
    kTimeoutOption,
    OptionRow{"--raw", "", "print the result as it came, also on a terminal"},
};

int call(const Arguments& arguments) {
  const auto question = question_of(arguments);
  if (!question.ok()) {
    return fail(question.error());
  }
  const auto asked = ask_sidecar(arguments, question.value());
  if (!asked.ok()) {
    return fail(asked.error());
  }
  const Answer& answer = asked.value();
  std::FILE* out = answer.is_error ? stderr : stdout;
  const bool is_pretty = ::isatty(::fileno(out)) == 1 && !arguments.has("--raw");
  const std::string text = is_pretty ? pretty_json(answer.bytes) : answer.bytes;
  std::fwrite(text.data(), 1, text.size(), out);
  std::fputc('\n', out);
  return answer.is_error ? kExitFailed : kExitOk;
}

}  // namespace

const Command kCallCommand{
    .name = "call",
    .positional = "METHOD [PARAMS]",
    .sentence = "make one call through a running sidecar and print its result",
    .options = kOptions,
    .positional_min = 1,
    .positional_max = 2,
    .notes =
        "PARAMS is a JSON array or object. A JSON-RPC error goes to standard error and the exit "
        "code is 1.",
    .run = call};

}  // namespace sidecar
