#include "app/socket_client.h"

#include <array>
#include <cstdio>
#include <limits>

#include "config/quantity.h"
#include "rpc/scanner.h"

namespace sidecar {

namespace {

struct ReplyFreer {
  void operator()(rpcs_reply* reply) const { rpcs_reply_free(reply); }
};

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

}  // namespace

Result<Question> question_of(const Arguments& arguments) {
  Question question;
  question.method = arguments.positional[0];
  if (arguments.positional.size() < 2 || arguments.positional[1].empty()) {
    return question;
  }
  question.params = arguments.positional[1];
  JsonScanner scanner;
  scanner.feed(question.params);
  const bool is_sound = scanner.finish() == ScanStatus::kDone;
  const char first = scanner.root().first;
  if (!is_sound || (first != '[' && first != '{')) {
    return Error{Errc::kInvalid, "PARAMS is no JSON array or object: " +
                                     std::string(is_sound ? "it is another value"
                                                          : scan_error_text(scanner.error())) +
                                     "; quote it for the shell, such as '[\"latest\",false]'"};
  }
  return question;
}

Result<uint32_t> timeout_of(const Arguments& arguments) {
  const std::string timeout = arguments.value_or("--timeout", "30s");
  const auto deadline = parse_duration(timeout);
  if (!deadline || deadline->count() == 0 ||
      deadline->count() > std::numeric_limits<uint32_t>::max()) {
    return Error{Errc::kInvalid,
                 "--timeout: \"" + timeout + "\" is no duration; write 500ms, 5s or 2m"};
  }
  return static_cast<uint32_t>(deadline->count());
}

Result<SidecarConnection> connect_sidecar(const Arguments& arguments) {
  std::array<char, 256> error_text{};
  const std::string socket = arguments.value_or("--socket", "");
  rpcs_options options;
  rpcs_options_init(&options);
  options.socket_path = or_null(socket);
  options.client_name = "rpc-sidecar";
  options.error_text = error_text.data();
  options.error_size = error_text.size();
  rpcs_client* connected = nullptr;
  if (const rpcs_status status = rpcs_connect(&options, &connected); status != RPCS_OK) {
    return Error{Errc::kSystem,
                 error_text[0] != '\0' ? error_text.data() : rpcs_status_text(status)};
  }
  return SidecarConnection(connected);
}

Result<Answer> ask_sidecar(const Arguments& arguments, const Question& question) {
  const auto timeout_ms = timeout_of(arguments);
  if (!timeout_ms.ok()) {
    return timeout_ms.error();
  }
  const auto connected = connect_sidecar(arguments);
  if (!connected.ok()) {
    return connected.error();
  }
  rpcs_client* client = connected.value().get();
  const std::string chain = arguments.value_or("--chain", "");
  const std::string provider = arguments.value_or("--provider", "");
  rpcs_request request{};
  request.method = question.method.c_str();
  request.params = or_null(question.params);
  request.chain = or_null(chain);
  request.deadline_ms = timeout_ms.value();
  request.provider = or_null(provider);
  request.explain = question.explain ? 1 : 0;
  rpcs_reply* got = nullptr;
  if (const rpcs_status status = rpcs_call_on(client, &request, &got); status != RPCS_OK) {
    return Error{Errc::kSystem,
                 std::string(rpcs_status_text(status)) + ": " + rpcs_last_error(client)};
  }
  const std::unique_ptr<rpcs_reply, ReplyFreer> reply(got);
  return Answer{reply->is_error != 0, std::string(reply->bytes, reply->length)};
}

int fail(const Error& error) {
  std::fprintf(stderr, "rpc-sidecar: %s\n", error.detail.c_str());
  return error.code == Errc::kInvalid ? kExitUsage : kExitFailed;
}

std::string pretty_json(std::string_view json) {
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

}  // namespace sidecar
