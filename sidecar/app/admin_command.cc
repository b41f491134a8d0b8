#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "app/commands.h"
#include "app/socket_client.h"
#include "rpc/json_writer.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 2> kOptions{kSocketOption, kTimeoutOption};

struct Verb {
  std::string_view name;
  std::string_view method;
  size_t argument_count;
  std::string_view arguments;
};

constexpr std::array<Verb, 4> kVerbs{{
    {"drain", "sidecar_drainProvider", 2, "CHAIN PROVIDER"},
    {"undrain", "sidecar_undrainProvider", 2, "CHAIN PROVIDER"},
    {"reset-breaker", "sidecar_resetBreaker", 2, "CHAIN PROVIDER"},
    {"log-level", "sidecar_setLogLevel", 1, "LEVEL"},
}};

std::string params_of(const Arguments& arguments) {
  std::string params;
  JsonWriter json(params);
  json.begin_array();
  for (size_t i = 1; i < arguments.positional.size(); ++i) {
    json.string(arguments.positional[i]);
  }
  json.end_array();
  return params;
}

int admin(const Arguments& arguments) {
  const std::string& word = arguments.positional[0];
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [&word](const Verb& one) { return one.name == word; });
  if (verb == kVerbs.end()) {
    return fail({Errc::kInvalid, "admin: unknown verb " + word +
                                     "; write drain, undrain, reset-breaker or log-level"});
  }
  if (arguments.positional.size() != verb->argument_count + 1) {
    return fail({Errc::kInvalid, "admin: write " + word + " " + std::string(verb->arguments)});
  }
  const auto asked =
      ask_sidecar(arguments, {.method = std::string(verb->method), .params = params_of(arguments)});
  if (!asked.ok()) {
    return fail(asked.error());
  }
  const Answer& answer = asked.value();
  std::fprintf(answer.is_error ? stderr : stdout, "%s\n", answer.bytes.c_str());
  return answer.is_error ? kExitFailed : kExitOk;
}

}  // namespace

const Command kAdminCommand{
    .name = "admin",
    .positional = "VERB [ARGUMENT...]",
    .sentence = "change a running sidecar: take a provider out of use, reset a breaker",
    .options = kOptions,
    .positional_min = 1,
    .positional_max = 3,
    .notes =
        "Verbs:\n"
        "  drain CHAIN PROVIDER          nothing new is asked of it; what is under way ends\n"
        "  undrain CHAIN PROVIDER        it is in use again\n"
        "  reset-breaker CHAIN PROVIDER  closes its breakers, ends its cooldown\n"
        "  log-level LEVEL               debug, info, warn or error\n"
        "For root, the sidecar's own user, and users of an [[access]] rule with admin = true.\n"
        "What is changed lasts until the sidecar ends.",
    .run = admin};

}  // namespace sidecar
