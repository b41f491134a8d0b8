#include "mock/method_reply.h"

#include "rpc/json_writer.h"
#include "rpc/rpc_error.h"

namespace sidecar {

MethodReply MethodReply::text_result(std::string_view text) {
  MethodReply reply;
  JsonWriter(reply.json).string(text);
  return reply;
}

MethodReply MethodReply::error(int code, std::string_view message, std::string_view data) {
  MethodReply reply{true, {}};
  JsonWriter writer(reply.json);
  writer.begin_object().key("code").signed_number(code).key("message").string(message);
  if (!data.empty()) {
    writer.key("data").raw(data);
  }
  writer.end_object();
  return reply;
}

MethodReply MethodReply::invalid_params(std::string_view message) {
  return error(kInvalidParamsCode, message);
}

}  // namespace sidecar
