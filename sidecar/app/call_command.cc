#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands.h"
#include "client/rpcsidecar.h"
#include "config/quantity.h"
#include "rpc/scanner.h"

namespace sidecar {

namespace {

constexpr std::array<OptionRow, 4> kOptions{
    OptionRow{"--socket", "PATH",
              "the sidecar's socket; default $RPC_SIDECAR_SOCKET, else /run/rpc.sock"},
    OptionRow{"--chain", "NAME", "as configured; default: the first of the method's family"},
    OptionRow{"--timeout", "DURATION", "the call's deadline, such as 500ms or 5s; default 30s"},
    OptionRow{"--raw", "", "print the result as it came, also on a terminal"},
};

struct ClientCloser {
  void operator()(rpcs_client* client) const { rpcs_close(client); }
};
struct ReplyFreer {
  void operator()(rpcs_reply* reply) const { rpcs_reply_free(reply); }
};

/// A JSON text over several lines, two spaces a level; strings and numbers as they are.
std::string pretty(std::string_view json) {
  std::string out;
  size_t level = 0;
  bool is_string = false;
  const auto line = [&out, &level]() { out.append("\n").append(2 * level, ' '); };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_string) {
      out += c;
      if (c == '\\') {
        out += json[++i];
      } else if (c == '"') {
        is_string = false;
      }
    } else if (c == '"') {
      out += c;
      is_string = true;
    } else if (c == '{' || c == '[') {
      const size_t next = json.find_first_not_of(" \t\r\n", i + 1);
      out += c;
      if (json[next] == '}' || json[next] == ']') {
        out += json[next];
        i = next;
      } else {
        ++level;
        line();
      }
    } else if (c == '}' || c == ']') {
      --level;
      line();
      out += c;
    } else if (c == ',') {
      out += c;
      line();
    } else if (c == ':') {
      out += ": ";
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      out += c;
    }
  }
  return out;
}

int fail(const std::string& message, int code) {
  std::fprintf(stderr, "rpc-sidecar: %s\n", message.c_str());
  return code;
}

int call(const Arguments& arguments) {
  const std::string params = arguments.positional.size() > 1 ? arguments.positional[1] : "";
  if (!params.empty()) {
    JsonScanner scanner;
    scanner.feed(params);
    const bool is_sound = scanner.finish() == ScanStatus::kDone;
    const char first = scanner.root().first;
    if (!is_sound || (first != '[' && first != '{')) {
      return fail(
          "PARAMS is no JSON array or object: " +
              std::string(is_sound ? "it is another value" : scan_error_text(scanner.error())) +
              "; quote it for the shell, such as '[\"latest\",false]'",
          kExitUsage);
    }
  }
  const std::string timeout = arguments.value_or("--timeout", "30s");
  const auto deadline = parse_duration(timeout);
  if (!deadline || deadline->count() == 0) {
    return fail("--timeout: \"" + timeout + "\" is no duration; write 500ms, 5s or 2m", kExitUsage);
  }
  std::array<char, 256> error_text{};
  const std::string socket = arguments.value_or("--socket", "");
  const std::string chain = arguments.value_or("--chain", "");
  rpcs_options options;
  rpcs_options_init(&options);
  options.socket_path = socket.empty() ? nullptr : socket.c_str();
  options.chain = chain.empty() ? nullptr : chain.c_str();
  options.client_name = "rpc-sidecar call";
  options.error_text = error_text.data();
  options.error_size = error_text.size();
  rpcs_client* connected = nullptr;
  if (const rpcs_status status = rpcs_connect(&options, &connected); status != RPCS_OK) {
    return fail(error_text[0] != '\0' ? error_text.data() : rpcs_status_text(status), kExitFailed);
  }
  const std::unique_ptr<rpcs_client, ClientCloser> client(connected);
  rpcs_reply* got = nullptr;
  const rpcs_status status = rpcs_call(client.get(), arguments.positional[0].c_str(),
                                       params.empty() ? nullptr : params.c_str(),
                                       static_cast<uint32_t>(deadline->count()), &got);
  if (status != RPCS_OK) {
    return fail(std::string(rpcs_status_text(status)) + ": " + rpcs_last_error(client.get()),
                kExitFailed);
  }
  const std::unique_ptr<rpcs_reply, ReplyFreer> reply(got);
  const std::string_view bytes(reply->bytes, reply->length);
  std::FILE* out = reply->is_error != 0 ? stderr : stdout;
  const bool is_pretty = ::isatty(::fileno(out)) == 1 && !arguments.has("--raw");
  const std::string text = is_pretty ? pretty(bytes) : std::string(bytes);
  std::fwrite(text.data(), 1, text.size(), out);
  std::fputc('\n', out);
  return reply->is_error != 0 ? kExitFailed : kExitOk;
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
