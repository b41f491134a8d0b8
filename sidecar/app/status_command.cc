#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/commands.h"
#include "app/socket_client.h"
#include "app/status_text.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 4> kOptions{
    kSocketOption,
    OptionRow{"--chain", "NAME", "only this chain; default all"},
    kTimeoutOption,
    OptionRow{"--json", "", "print everything as JSON"},
};

/// See no-color.org.
bool is_coloured() {
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

int status(const Arguments& arguments) {
  Arguments for_all = arguments;
  for_all.options.erase("--chain");  // it is no call of a chain's
  const auto asked = ask_sidecar(for_all, {.method = "sidecar_status", .params = ""});
  if (!asked.ok()) {
    return fail(asked.error());
  }
  const auto parsed = JsonValue::parse(asked.value().bytes);
  if (asked.value().is_error || !parsed) {
    std::fprintf(stderr, "%s\n", asked.value().bytes.c_str());
    return kExitFailed;
  }
  const std::string chain = arguments.value_or("--chain", "");
  bool is_known = chain.empty();
  for (const JsonValue& each : (*parsed)["chains"].items()) {
    is_known = is_known || each["name"].as_string() == chain;
  }
  if (!is_known) {
    return fail({Errc::kInvalid, "--chain: the sidecar has no chain named " + chain});
  }
  const std::string text = arguments.has("--json") ? asked.value().bytes + "\n"
                                                   : status_text(*parsed, chain, is_coloured());
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace

const Command kStatusCommand{
    .name = "status",
    .positional = "",
    .sentence = "show a running sidecar's chains and providers: state, head, breaker, budget",
    .options = kOptions,
    .notes =
        "share is of all attempts on the chain, probes included; p50 and p95 are of light\n"
        "reads. Any client gets the same as JSON from the method sidecar_status.",
    .run = status};

}  // namespace sidecar
