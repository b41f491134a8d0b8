#include "mock/mock_calls.h"

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/json_value.h"
#include "rpc/method_table.h"
#include "rpc/rpc_error.h"

namespace sidecar {

namespace {

constexpr int kInternalErrorCode = -32603;

MethodReply method_not_found(MockFamily family, std::string_view method) {
  const std::string message = family == MockFamily::kEvm ? "the method " + std::string(method) +
                                                               " does not exist/is not available"
                                                         : "Method not found";
  return MethodReply::error(kMethodNotFoundCode, message);
}

void append_reply(std::string& out, std::string_view id, const MethodReply& reply) {
  if (reply.is_error) {
    append_error_reply(out, id, reply.json);
  } else {
    append_result_reply(out, id, reply.json);
  }
}

std::string_view wrong_id(std::string_view id) {
  return id == "1000000007" ? "1000000008" : "1000000007";
}

}  // namespace

MockCalls::MockCalls(const MockOptions& options, Millis genesis_unix, MockFaults& faults,
                     MockStats& stats)
    : faults_(faults), stats_(stats), node_(options, genesis_unix) {}

std::string_view MockCalls::blob_pattern() {
  static const std::string pattern = [] {
    std::string letters;
    letters.reserve(kBlobPatternBytes);
    while (letters.size() < kBlobPatternBytes) {
      letters += static_cast<char>('a' + letters.size() % 26);
    }
    return letters;
  }();
  return pattern;
}

void MockCalls::append_blob(std::string& out, uint64_t bytes) {
  const std::string_view pattern = blob_pattern();
  for (; bytes > pattern.size(); bytes -= pattern.size()) {
    out += pattern;
  }
  out += pattern.substr(0, bytes);
}

std::vector<std::string> MockCalls::methods_in(std::string_view text) {
  std::vector<std::string> methods;
  const auto add = [&methods](std::string_view item) {
    RequestView request = parse_request(item);
    if (request.kind != RequestKind::kInvalid) {
      methods.push_back(std::move(request.method));
    }
  };
  if (!is_batch(text)) {
    add(text);
    return methods;
  }
  for (const std::string_view item : split_batch(text, kBatchMax).items) {
    add(item);
  }
  return methods;
}

MockAnswer MockCalls::answer(std::string_view text, CallsAre calls, Millis now, const Desk& desk) {
  desk_ = desk ? &desk : nullptr;
  MockAnswer answer = is_batch(text) ? batch(text, calls, now) : single(text, calls, now);
  desk_ = nullptr;
  return answer;
}

MockAnswer MockCalls::single(std::string_view text, CallsAre calls, Millis now) {
  MockAnswer answer;
  const RequestView request = parse_request(text);
  if (request.kind == RequestKind::kInvalid) {
    ++stats_.invalid;
    append_reply(answer.body, request.id, MethodReply::error(request.code, request.fault));
    return answer;
  }
  const Outturn outturn = run(request, calls, now);
  answer.wait = outturn.wait;
  if (request.kind == RequestKind::kNotification) {
    return answer;
  }
  if (outturn.is_raw) {
    answer.status = outturn.raw_status;
    answer.content_type = outturn.raw_type;
    answer.body = outturn.reply.json;
    return answer;
  }
  if (outturn.blob_bytes) {
    append_result_head(answer.body, request.id);
    answer.body += '"';
    answer.blob_bytes = *outturn.blob_bytes;
    answer.body_end = "\"}";
    return answer;
  }
  answer.status = outturn.status;
  append_reply(answer.body, outturn.has_wrong_id ? wrong_id(request.id) : request.id,
               outturn.reply);
  return answer;
}

MockAnswer MockCalls::batch(std::string_view text, CallsAre calls, Millis now) {
  ++stats_.batches;
  MockAnswer answer;
  const BatchView items = split_batch(text, kBatchMax);
  if (items.fault != BatchFault::kNone) {
    ++stats_.invalid;
    const bool is_unreadable = items.fault == BatchFault::kParseError;
    append_reply(answer.body, "null",
                 MethodReply::error(is_unreadable ? kParseErrorCode : kInvalidRequestCode,
                                    is_unreadable                       ? items.detail
                                    : items.fault == BatchFault::kEmpty ? "empty batch"
                                                                        : "batch too large"));
    return answer;
  }
  for (const std::string_view item : items.items) {
    add_member(answer, item, calls, now);
  }
  if (!answer.body.empty()) {
    answer.body += ']';
  }
  return answer;
}

void MockCalls::add_member(MockAnswer& answer, std::string_view text, CallsAre calls, Millis now) {
  const RequestView request = parse_request(text);
  Outturn outturn;
  if (request.kind == RequestKind::kInvalid) {
    ++stats_.invalid;
    outturn.reply = MethodReply::error(request.code, request.fault);
  } else {
    outturn = run(request, calls, now);
  }
  answer.wait = std::max(answer.wait, outturn.wait);
  if (request.kind == RequestKind::kNotification) {
    return;
  }
  if (outturn.is_raw || outturn.blob_bytes.value_or(0) > kBlobBytesMaxInBatch) {
    outturn = {.reply = MethodReply::invalid_params(
                   "mock_raw, and mock_blob over 1 MiB, cannot be in a batch")};
  }
  answer.body += answer.body.empty() ? '[' : ',';
  if (outturn.blob_bytes) {
    append_result_head(answer.body, request.id);
    answer.body += '"';
    append_blob(answer.body, *outturn.blob_bytes);
    answer.body += "\"}";
    return;
  }
  append_reply(answer.body, outturn.has_wrong_id ? wrong_id(request.id) : request.id,
               outturn.reply);
}

void MockCalls::count(const RequestView& request, std::string_view label) {
  stats_.transactions.note(request.method, request.params);
  if (request.kind == RequestKind::kNotification) {
    ++stats_.notifications;
  } else {
    stats_.count_call(label, request.id);
  }
}

MockCalls::Outturn MockCalls::run(const RequestView& request, CallsAre calls, Millis now) {
  if (calls == CallsAre::kCounted) {
    count(request, method_label(request.method));
    return {};
  }
  const CallFaults faults = faults_.is_empty() ? CallFaults() : faults_.draw_call(request.method);
  if (!faults.error.empty()) {
    count(request, method_label(request.method));
    return {.reply = {.is_error = true, .json = faults.error},
            .status = faults.status,
            .has_wrong_id = faults.has_wrong_id};
  }
  auto outturn = call(request, faults, now);
  count(request, outturn ? std::string_view(request.method) : "other");
  if (calls == CallsAre::kFailed) {
    return {.reply = MethodReply::error(kInternalErrorCode, "injected failure")};
  }
  if (!outturn) {
    outturn = {.reply = method_not_found(node_.family(), request.method)};
  }
  outturn->has_wrong_id = faults.has_wrong_id;
  return std::move(*outturn);
}

std::optional<MockCalls::Outturn> MockCalls::call(const RequestView& request,
                                                  const CallFaults& faults, Millis now) {
  // The envelope was checked, so the parameters parse; most calls have none.
  const JsonValue params = request.params.size() > 2
                               ? JsonValue::parse(request.params).value_or(JsonValue())
                               : JsonValue();
  if (request.method == "mock_echo") {
    return Outturn{.reply = MethodReply::result(
                       request.params.empty() ? "null" : std::string(request.params))};
  }
  if (request.method.starts_with("mock_")) {
    return control(request.method, params);
  }
  auto reply = desk_ == nullptr ? std::nullopt : (*desk_)(request.method, params);
  if (reply) {
    return Outturn{.reply = std::move(*reply)};
  }
  reply = node_.call(request.method, params, now, faults);
  return reply ? std::optional(Outturn{.reply = std::move(*reply)}) : std::nullopt;
}

std::optional<MockCalls::Outturn> MockCalls::control(std::string_view method,
                                                     const JsonValue& params) {
  const auto number = params.at(0).as_int64();
  const auto text = params.at(1).as_string();
  const bool is_count = number && *number >= 0;
  if (method == "mock_sleep") {
    if (!is_count || *number > kSleepMax.count()) {
      return Outturn{.reply = MethodReply::invalid_params("want [milliseconds], at most 600000")};
    }
    return Outturn{.reply = MethodReply::result("true"), .wait = Millis(*number)};
  }
  if (method == "mock_blob") {
    if (!is_count || static_cast<uint64_t>(*number) > kBlobBytesMax) {
      return Outturn{.reply = MethodReply::invalid_params("want [bytes], at most 1073741824")};
    }
    Outturn blob;
    blob.blob_bytes = static_cast<uint64_t>(*number);
    return blob;
  }
  if (method == "mock_error") {
    if (!number || *number < INT32_MIN || *number > INT32_MAX || !text) {
      return Outturn{.reply = MethodReply::invalid_params("want [code, message] or with data")};
    }
    std::string data;
    if (params.size() > 2) {
      params.at(2).write(data);
    }
    return Outturn{.reply = MethodReply::error(static_cast<int>(*number), *text, data)};
  }
  if (method == "mock_raw") {
    if (!number || *number < 200 || *number > 599 || !text) {
      return Outturn{.reply = MethodReply::invalid_params("want [status 200 to 599, body text]")};
    }
    return Outturn{.reply = MethodReply::result(std::string(*text)),
                   .is_raw = true,
                   .raw_status = static_cast<int>(*number),
                   .raw_type = std::string(params.at(2).as_string().value_or("application/json"))};
  }
  return std::nullopt;
}

}  // namespace sidecar
