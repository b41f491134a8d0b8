#include "mock/mock_calls.h"

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/json_value.h"
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

void append_blob(std::string& out, uint64_t bytes) {
  const std::string_view pattern = MockCalls::blob_pattern();
  for (; bytes > pattern.size(); bytes -= pattern.size()) {
    out += pattern;
  }
  out += pattern.substr(0, bytes);
}

}  // namespace

MockCalls::MockCalls(const MockOptions& options, Millis genesis_unix, MockStats& stats)
    : stats_(stats) {
  if (options.family == MockFamily::kEvm) {
    evm_.emplace(EvmChainOptions{.seed = options.seed,
                                 .chain_id = options.chain_id,
                                 .block_time = options.block_time.value_or(kEvmBlockTime),
                                 .genesis_unix = genesis_unix});
  } else {
    svm_.emplace(SvmChainOptions{.seed = options.seed,
                                 .slot_time = options.block_time.value_or(kSvmSlotTime),
                                 .genesis_unix = genesis_unix});
  }
}

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

uint64_t MockCalls::head(Millis now) const {
  return evm_ ? evm_->chain().head(now) : svm_->chain().slot(now, Commitment::kProcessed);
}

MockAnswer MockCalls::answer(std::string_view text, bool is_failing, Millis now) {
  return is_batch(text) ? batch(text, is_failing, now) : single(text, is_failing, now);
}

MockAnswer MockCalls::single(std::string_view text, bool is_failing, Millis now) {
  MockAnswer answer;
  const RequestView request = parse_request(text);
  if (request.kind == RequestKind::kInvalid) {
    ++stats_.invalid;
    append_reply(answer.body, request.id, MethodReply::error(request.code, request.fault));
    return answer;
  }
  const Outturn outturn = run(request, is_failing, now);
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
  append_reply(answer.body, request.id, outturn.reply);
  return answer;
}

MockAnswer MockCalls::batch(std::string_view text, bool is_failing, Millis now) {
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
    add_member(answer, item, is_failing, now);
  }
  if (!answer.body.empty()) {
    answer.body += ']';
  }
  return answer;
}

void MockCalls::add_member(MockAnswer& answer, std::string_view text, bool is_failing, Millis now) {
  const RequestView request = parse_request(text);
  Outturn outturn;
  if (request.kind == RequestKind::kInvalid) {
    ++stats_.invalid;
    outturn.reply = MethodReply::error(request.code, request.fault);
  } else {
    outturn = run(request, is_failing, now);
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
  append_reply(answer.body, request.id, outturn.reply);
}

MockCalls::Outturn MockCalls::run(const RequestView& request, bool is_failing, Millis now) {
  auto outturn = call(request, now);
  if (request.kind == RequestKind::kNotification) {
    ++stats_.notifications;
  } else {
    stats_.count_call(outturn ? std::string_view(request.method) : "other", request.id);
  }
  if (is_failing) {
    return {.reply = MethodReply::error(kInternalErrorCode, "injected failure")};
  }
  if (!outturn) {
    return {.reply = method_not_found(evm_ ? MockFamily::kEvm : MockFamily::kSvm, request.method)};
  }
  return std::move(*outturn);
}

std::optional<MockCalls::Outturn> MockCalls::call(const RequestView& request, Millis now) {
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
  auto reply =
      evm_ ? evm_->call(request.method, params, now) : svm_->call(request.method, params, now);
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
