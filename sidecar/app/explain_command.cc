#include <array>
#include <cstdio>
#include <string>

#include "app/commands.h"
#include "app/explain_text.h"
#include "app/socket_client.h"

namespace sidecar {

namespace {

constexpr size_t kAnswerLinesMax = 12;

constexpr std::array<OptionRow, 6> kOptions{
    kSocketOption,
    kChainOption,
    kProviderOption,
    kTimeoutOption,
    OptionRow{"--raw", "", "print the whole answer, not its first lines only"},
    OptionRow{"--json", "", "print the explanation as JSON"},
};

int explain(const Arguments& arguments) {
  auto question = question_of(arguments);
  if (!question.ok()) {
    return fail(question.error());
  }
  question.value().explain = true;
  const auto asked = ask_sidecar(arguments, question.value());
  if (!asked.ok()) {
    return fail(asked.error());
  }
  // A call that was refused before it had any steps comes back as a plain error.
  const Answer& answer = asked.value();
  const auto explanation = JsonValue::parse(answer.bytes);
  if (answer.is_error || !explanation) {
    std::fprintf(stderr, "%s\n", pretty_json(answer.bytes).c_str());
    return kExitFailed;
  }
  const std::string text =
      arguments.has("--json")
          ? answer.bytes + "\n"
          : explain_text(*explanation, arguments.has("--raw") ? 0 : kAnswerLinesMax);
  std::fputs(text.c_str(), stdout);
  return explanation->has("error") ? kExitFailed : kExitOk;
}

}  // namespace

const Command kExplainCommand{
    .name = "explain",
    .positional = "METHOD [PARAMS]",
    .sentence = "make one call through a running sidecar and tell how it went, step by step",
    .options = kOptions,
    .positional_min = 1,
    .positional_max = 2,
    .notes =
        "(c) admitted, (e) who was considered and why each was passed over, (g) an attempt\n"
        "started, (h) it ended, (f) again or beside it, (i) the reply. The call is a real one: a\n"
        "transaction is sent.",
    .run = explain};

}  // namespace sidecar
