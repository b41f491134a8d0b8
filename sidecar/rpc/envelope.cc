#include "rpc/envelope.h"

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/rpc_error.h"

namespace sidecar {
namespace {

constexpr std::string_view kNullId = "null";

enum class WholeText : uint8_t { kSound, kEmpty, kBad, kTrailing };

/// Runs `scanner` over `text`, which must be one JSON text and white space.
WholeText scan_whole(std::string_view text, JsonScanner& scanner) {
  const JsonScanner::Step step = scanner.feed(text);
  if (step.status == ScanStatus::kNeedMore && !scanner.root().is_present()) {
    return WholeText::kEmpty;
  }
  if (scanner.finish() != ScanStatus::kDone) {
    return WholeText::kBad;
  }
  const bool is_all = skip_whitespace(text, step.consumed) == text.size();
  return is_all ? WholeText::kSound : WholeText::kTrailing;
}

std::string_view parse_fault(WholeText whole, const JsonScanner& scanner) {
  switch (whole) {
    case WholeText::kSound:
      return {};
    case WholeText::kEmpty:
      return "empty text";
    case WholeText::kBad:
      return scan_error_text(scanner.error());
    case WholeText::kTrailing:
      return "bytes after the JSON text";
  }
  return {};
}

/// The member's lexeme, empty when absent.
std::string_view lexeme(std::string_view text, const JsonScanner& scanner, MemberKey key) {
  const JsonSpan& span = scanner.member(key);
  return span.is_present() ? span.slice(text) : std::string_view();
}

bool is_object(const JsonScanner& scanner) {
  return scanner.root().kind() == JsonKind::kObject;
}

bool may_be_id(JsonKind kind) {
  return kind == JsonKind::kString || kind == JsonKind::kNumber || kind == JsonKind::kNull;
}

bool is_version_2(std::string_view version) {
  return version == "\"2.0\"" ||
         (version.starts_with('"') && unescape_json_string(version) == "2.0");
}

/// Reads method and params, which requests and framed calls share. Returns what is wrong, or empty.
std::string_view read_call(std::string_view text, const JsonScanner& scanner, std::string& method,
                           std::string_view& params) {
  if (scanner.is_duplicate(MemberKey::kMethod) || scanner.is_duplicate(MemberKey::kParams)) {
    return "a member is repeated";
  }
  const JsonSpan& method_span = scanner.member(MemberKey::kMethod);
  if (!method_span.is_present()) {
    return "method is missing";
  }
  if (method_span.kind() != JsonKind::kString) {
    return "method must be a string";
  }
  method = unescape_json_string(method_span.slice(text));
  const JsonSpan& params_span = scanner.member(MemberKey::kParams);
  if (!params_span.is_present() || params_span.kind() == JsonKind::kNull) {
    return {};
  }
  if (params_span.first != '[' && params_span.first != '{') {
    return "params must be an array or an object";
  }
  params = params_span.slice(text);
  return {};
}

/// What a framed call says beside method and params. Returns what is wrong, or empty.
std::string_view read_terms(std::string_view text, const JsonScanner& scanner, CallView& view) {
  const std::string_view deadline = lexeme(text, scanner, MemberKey::kDeadlineMs);
  view.deadline_ms = to_uint64(deadline);
  if (!deadline.empty() && !view.deadline_ms.has_value()) {
    return "deadline_ms must be a whole number";
  }
  const std::string_view provider = lexeme(text, scanner, MemberKey::kProvider);
  if (!provider.empty() && provider.front() != '"') {
    return "provider must be a string";
  }
  if (!provider.empty()) {
    view.provider = unescape_json_string(provider);
  }
  const std::string_view explain = lexeme(text, scanner, MemberKey::kExplain);
  if (!explain.empty() && explain != "true" && explain != "false") {
    return "explain must be true or false";
  }
  view.explain = explain == "true";
  return {};
}

std::string_view request_fault(std::string_view text, const JsonScanner& scanner,
                               RequestView& view) {
  const JsonSpan& id = scanner.member(MemberKey::kId);
  if (scanner.is_duplicate(MemberKey::kId) || scanner.is_duplicate(MemberKey::kJsonrpc)) {
    return "a member is repeated";
  }
  if (id.is_present() && !may_be_id(id.kind())) {
    return "id must be a string, a number or null";
  }
  if (!is_version_2(lexeme(text, scanner, MemberKey::kJsonrpc))) {
    return "jsonrpc must be \"2.0\"";
  }
  return read_call(text, scanner, view.method, view.params);
}

}  // namespace

RequestView parse_request(std::string_view text, uint16_t depth_max) {
  JsonScanner scanner({.depth_max = depth_max});
  const WholeText whole = scan_whole(text, scanner);
  if (whole != WholeText::kSound) {
    RequestView view;
    view.code = kParseErrorCode;
    view.fault = parse_fault(whole, scanner);
    view.id = kNullId;
    return view;
  }
  return parse_request(text, scanner);
}

RequestView parse_request(std::string_view text, const JsonScanner& scanner) {
  RequestView view;
  view.id = kNullId;
  view.code = kInvalidRequestCode;
  if (!is_object(scanner)) {
    view.fault = "a request must be an object";
    return view;
  }
  const JsonSpan& id = scanner.member(MemberKey::kId);
  view.fault = request_fault(text, scanner, view);
  if (id.is_present() && may_be_id(id.kind()) && !scanner.is_duplicate(MemberKey::kId)) {
    view.id = id.slice(text);
  }
  if (!view.fault.empty()) {
    return view;
  }
  view.code = 0;
  view.kind = id.is_present() ? RequestKind::kCall : RequestKind::kNotification;
  if (!id.is_present()) {
    view.id = {};
  }
  return view;
}

CallView parse_call(std::string_view text, uint16_t depth_max) {
  CallView view;
  JsonScanner scanner({.depth_max = depth_max});
  const WholeText whole = scan_whole(text, scanner);
  if (whole != WholeText::kSound) {
    view.code = kParseErrorCode;
    view.fault = parse_fault(whole, scanner);
    return view;
  }
  if (!is_object(scanner)) {
    view.fault = "a call must be an object";
  } else {
    view.fault = read_call(text, scanner, view.method, view.params);
  }
  if (view.fault.empty()) {
    view.fault = read_terms(text, scanner, view);
  }
  if (!view.fault.empty()) {
    view.code = kInvalidRequestCode;
  }
  return view;
}

bool is_batch(std::string_view text) {
  const size_t first = skip_whitespace(text);
  return first < text.size() && text[first] == '[';
}

BatchView split_batch(std::string_view text, size_t items_max, uint16_t depth_max) {
  JsonScanner::Options options{.depth_max = depth_max};
  options.elements_max = static_cast<uint32_t>(std::min<size_t>(items_max, UINT32_MAX));
  JsonScanner scanner(options);
  const WholeText whole = scan_whole(text, scanner);
  if (whole != WholeText::kSound) {
    BatchView view;
    view.fault = BatchFault::kParseError;
    view.detail = parse_fault(whole, scanner);
    return view;
  }
  return split_batch(text, scanner, items_max);
}

BatchView split_batch(std::string_view text, const JsonScanner& scanner, size_t items_max) {
  BatchView view;
  if (scanner.root().kind() != JsonKind::kArray) {
    view.fault = BatchFault::kNotArray;
  } else if (scanner.child_count() == 0) {
    view.fault = BatchFault::kEmpty;
  } else if (scanner.child_count() > items_max) {
    view.fault = BatchFault::kTooLong;
  } else {
    view.items.reserve(scanner.elements().size());
    for (const JsonSpan& element : scanner.elements()) {
      view.items.push_back(element.slice(text));
    }
  }
  return view;
}

std::string_view response_fault_text(ResponseFault fault) {
  switch (fault) {
    case ResponseFault::kNone:
      return "sound";
    case ResponseFault::kEmptyText:
      return "empty answer";
    case ResponseFault::kNotJson:
      return "answer is not JSON";
    case ResponseFault::kTrailingBytes:
      return "bytes after the answer";
    case ResponseFault::kNotObject:
      return "answer is not an object";
    case ResponseFault::kDuplicateMember:
      return "answer repeats a member";
    case ResponseFault::kResultAndError:
      return "answer has result and error";
    case ResponseFault::kNeither:
      return "answer has neither result nor error";
    case ResponseFault::kErrorNotObject:
      return "error is not an object";
  }
  return "";
}

ResponseVerdict judge_response(const JsonScanner& scanner) {
  const auto bad = [](ResponseFault fault) { return ResponseVerdict{ResponseKind::kBad, fault}; };
  if (!is_object(scanner)) {
    return bad(ResponseFault::kNotObject);
  }
  for (const MemberKey key : {MemberKey::kJsonrpc, MemberKey::kId, MemberKey::kMethod,
                              MemberKey::kParams, MemberKey::kResult, MemberKey::kError}) {
    if (scanner.is_duplicate(key)) {
      return bad(ResponseFault::kDuplicateMember);
    }
  }
  const bool has_result = scanner.member(MemberKey::kResult).is_present();
  const JsonSpan& error = scanner.member(MemberKey::kError);
  if (has_result && error.is_present()) {
    return bad(ResponseFault::kResultAndError);
  }
  if (has_result) {
    return {ResponseKind::kResult, ResponseFault::kNone};
  }
  if (error.is_present()) {
    return error.kind() == JsonKind::kObject
               ? ResponseVerdict{ResponseKind::kError, ResponseFault::kNone}
               : bad(ResponseFault::kErrorNotObject);
  }
  const bool has_id = scanner.member(MemberKey::kId).is_present();
  const JsonSpan& method = scanner.member(MemberKey::kMethod);
  if (!has_id && method.is_present() && method.kind() == JsonKind::kString) {
    return {ResponseKind::kNotification, ResponseFault::kNone};
  }
  return bad(ResponseFault::kNeither);
}

ResponseView parse_response(std::string_view text) {
  JsonScanner scanner;
  ResponseView view;
  switch (scan_whole(text, scanner)) {
    case WholeText::kSound:
      return parse_response(text, scanner);
    case WholeText::kEmpty:
      view.fault = ResponseFault::kEmptyText;
      break;
    case WholeText::kBad:
      view.fault = ResponseFault::kNotJson;
      break;
    case WholeText::kTrailing:
      view.fault = ResponseFault::kTrailingBytes;
      break;
  }
  return view;
}

ResponseView parse_response(std::string_view text, const JsonScanner& scanner) {
  const ResponseVerdict verdict = judge_response(scanner);
  ResponseView view;
  view.kind = verdict.kind;
  view.fault = verdict.fault;
  if (view.kind == ResponseKind::kBad) {
    return view;
  }
  view.id = lexeme(text, scanner, MemberKey::kId);
  view.result = lexeme(text, scanner, MemberKey::kResult);
  view.error = lexeme(text, scanner, MemberKey::kError);
  if (view.kind == ResponseKind::kNotification) {
    view.method = unescape_json_string(lexeme(text, scanner, MemberKey::kMethod));
    view.params = lexeme(text, scanner, MemberKey::kParams);
  }
  return view;
}

void append_request_head(std::string& out, uint64_t id) {
  out += "{\"jsonrpc\":\"2.0\",\"id\":";
  append_decimal(out, id);
  out += ',';
}

void append_request_tail(std::string& out, std::string_view method, std::string_view params) {
  out += "\"method\":";
  append_json_string(out, method);
  out += ",\"params\":";
  out += params.empty() ? "[]" : params;
  out += '}';
}

void append_request(std::string& out, uint64_t id, std::string_view method,
                    std::string_view params) {
  append_request_head(out, id);
  append_request_tail(out, method, params);
}

void append_result_head(std::string& out, std::string_view id) {
  out += "{\"jsonrpc\":\"2.0\",\"id\":";
  out += id;
  out += ",\"result\":";
}

void append_result_reply(std::string& out, std::string_view id, std::string_view result) {
  append_result_head(out, id);
  out += result;
  out += '}';
}

void append_error_reply(std::string& out, std::string_view id, std::string_view error) {
  out += "{\"jsonrpc\":\"2.0\",\"id\":";
  out += id;
  out += ",\"error\":";
  out += error;
  out += '}';
}

}  // namespace sidecar
