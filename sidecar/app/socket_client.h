#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "app/command_line.h"
#include "base/result.h"
#include "client/rpcsidecar.h"

namespace sidecar {

/// The options that every command has which asks a running sidecar.
inline constexpr OptionRow kSocketOption{
    "--socket", "PATH", "the sidecar's socket; default $RPC_SIDECAR_SOCKET, else /run/rpc.sock"};
inline constexpr OptionRow kChainOption{"--chain", "NAME",
                                        "as configured; default: the first of the method's family"};
inline constexpr OptionRow kProviderOption{"--provider", "NAME",
                                           "only this provider may answer; default: any"};
inline constexpr OptionRow kTimeoutOption{"--timeout", "DURATION",
                                          "the call's deadline, such as 500ms or 5s; default 30s"};

/// One call for a running sidecar.
struct Question {
  std::string method;
  std::string params;  ///< JSON array or object; empty = none
  bool explain = false;
};

struct Answer {
  bool is_error = false;  ///< `bytes` is a JSON-RPC error object
  std::string bytes;
};

/// METHOD [PARAMS] as typed. Errors: kInvalid, with what is wrong with PARAMS.
Result<Question> question_of(const Arguments& arguments);

struct ClientCloser {
  void operator()(rpcs_client* client) const { rpcs_close(client); }
};
using SidecarConnection = std::unique_ptr<rpcs_client, ClientCloser>;

/// Takes --socket of `arguments`. Errors: kSystem when there is no sidecar.
Result<SidecarConnection> connect_sidecar(const Arguments& arguments);

/// --timeout in milliseconds, 30 s by default. Errors: kInvalid.
Result<uint32_t> timeout_of(const Arguments& arguments);

/// Connects, asks, waits. Takes --socket, --chain, --provider and --timeout of `arguments`.
/// Errors: kInvalid for an option; others when there is no sidecar or it does not answer.
Result<Answer> ask_sidecar(const Arguments& arguments, const Question& question);

/// Prints an error of either to standard error and returns the exit code that goes with it.
int fail(const Error& error);

/// A JSON text over several lines, two spaces a level; strings and numbers as they are.
std::string pretty_json(std::string_view json);

}  // namespace sidecar
