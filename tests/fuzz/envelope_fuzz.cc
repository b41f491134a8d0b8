#include "rpc/envelope.h"

#include "fuzz_input.h"
#include "rpc/json_text.h"
#include "rpc/json_value.h"
#include "rpc/rpc_error.h"

namespace sidecar::testing {
namespace {

void check_request(std::string_view text) {
  const RequestView view = parse_request(text);
  if (view.kind == RequestKind::kInvalid) {
    require(!view.fault.empty() && view.code != 0 && !view.id.empty());
    std::string reply;
    append_error_reply(reply, view.id, "{}");
    require(parse_response(reply).id == view.id);
    return;
  }
  require(view.fault.empty());
  require(view.id.empty() == (view.kind == RequestKind::kNotification));
  std::string sent;
  append_request(sent, 7, view.method, view.params);
  const RequestView again = parse_request(sent);
  require(again.kind == RequestKind::kCall && again.id == "7");
  require(again.method == view.method);
  require(again.params == (view.params.empty() ? "[]" : view.params));
}

void check_response(std::string_view text) {
  const ResponseView view = parse_response(text);
  require((view.kind == ResponseKind::kBad) == (view.fault != ResponseFault::kNone));
  const std::string_view id = view.id.empty() ? "null" : view.id;
  std::string reply;
  if (view.kind == ResponseKind::kResult) {
    append_result_reply(reply, id, view.result);
    require(parse_response(reply).result == view.result);
  } else if (view.kind == ResponseKind::kError) {
    append_error_reply(reply, id, view.error);
    require(parse_response(reply).error == view.error);
    const ErrorView error = error_view(view.error);
    require(!error.code.has_value() || to_int64(error.code_lexeme) == error.code);
  }
}

void check_call(std::string_view text) {
  const CallView view = parse_call(text);
  require(view.fault.empty() == (view.code == 0));
  if (view.fault.empty()) {
    std::string sent = "{";
    append_request_tail(sent, view.method, view.params);
    require(parse_call(sent).method == view.method);
  }
}

}  // namespace
}  // namespace sidecar::testing

/// What is read can be written and read again; what is refused can be answered.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sidecar;
  using namespace sidecar::testing;
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_request(text);
  check_response(text);
  check_call(text);
  const BatchView batch = split_batch(text, 8);
  require(batch.items.empty() == (batch.fault != BatchFault::kNone));
  for (const std::string_view item : batch.items) {
    check_request(item);
    check_response(item);
  }
  std::string quoted;
  append_json_string(quoted, text);
  const auto value = JsonValue::parse(quoted);
  require(value.has_value() && value->as_string() == unescape_json_string(quoted));
  return 0;
}
