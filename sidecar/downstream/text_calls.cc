#include "downstream/text_calls.h"

#include <utility>

#include "downstream/text_subscriptions.h"
#include "rpc/json_text.h"
#include "rpc/method_table.h"
#include "rpc/rpc_error.h"
#include "rpc/subscription_request.h"

namespace sidecar {

namespace {

std::string bad_request(int code, std::string_view message) {
  std::string error;
  write_error_object(error, {.name = ErrorName::kBadRequest, .message = message, .code = code});
  return error;
}

}  // namespace

TextCalls::TextCalls(const SessionLimits& limits, const Ports& ports, TextSink& sink,
                     TextSubscriptions* subscriptions)
    : limits_(limits),
      calls_(ports.calls),
      access_(ports.access),
      sink_(sink),
      subscriptions_(subscriptions) {}

TextCalls::~TextCalls() {
  for (const auto& [token, open] : open_) {
    calls_.cancel(open.call);
  }
}

uint64_t TextCalls::submit(SessionId session, ChainNumber chain, std::string_view text,
                           bool may_stream) {
  JsonScanner scanner({static_cast<uint16_t>(limits_.depth_max), limits_.batch_items_max});
  const size_t begin = skip_whitespace(text);
  const std::string_view trimmed = text.substr(begin);
  const JsonScanner::Step step = scanner.feed(trimmed);
  const bool is_whole = step.status == ScanStatus::kDone || scanner.finish() == ScanStatus::kDone;
  const std::string_view exact = trimmed.substr(0, static_cast<size_t>(scanner.offset()));
  if (is_whole && skip_whitespace(trimmed, exact.size()) == trimmed.size()) {
    return submit(session, chain, exact, scanner, may_stream);
  }
  const Place place{session, chain, next_text_++, 0, false, may_stream};
  const std::string_view what =
      is_whole ? "more than one JSON text" : scan_error_text(scanner.error());
  answer_error(place, "null", kParseErrorCode, what);
  return place.text;
}

uint64_t TextCalls::submit(SessionId session, ChainNumber chain, std::string_view text,
                           const JsonScanner& scanner, bool may_stream) {
  const Place place{session, chain, next_text_++, 0, false, may_stream};
  if (is_batch(text)) {
    submit_batch(place, split_batch(text, scanner, limits_.batch_items_max));
  } else {
    const RequestView request = parse_request(text, scanner);
    if (request.kind == RequestKind::kNotification) {
      sink_.on_text_silent(place.text);
    } else {
      submit_one(place, request);
    }
  }
  return place.text;
}

void TextCalls::submit_batch(Place place, const BatchView& batch) {
  switch (batch.fault) {
    case BatchFault::kNone:
      break;
    case BatchFault::kEmpty:
      answer_error(place, "null", kInvalidRequestCode, "empty batch");
      return;
    case BatchFault::kTooLong:
      sink_.on_limit("batch_items_max");
      answer_limit(place.text, false, 0, "null",
                   "batch has more than " + std::to_string(limits_.batch_items_max) + " items");
      return;
    case BatchFault::kParseError:
    case BatchFault::kNotArray:
      answer_error(place, "null", kParseErrorCode, batch.detail);
      return;
  }
  place.is_in_batch = true;
  place.may_stream = false;
  splitting_ = place.text;
  batches_.emplace(place.text, Batch{});
  for (const std::string_view item : batch.items) {
    const RequestView request = parse_request(item, static_cast<uint16_t>(limits_.depth_max));
    if (request.kind == RequestKind::kNotification) {
      continue;
    }
    Batch& mine = batches_[place.text];
    place.index = mine.replies.size();
    mine.replies.emplace_back();
    ++mine.missing;
    submit_one(place, request);
  }
  splitting_ = 0;
  if (batches_[place.text].missing == 0) {
    finish_batch(place.text);
  }
}

void TextCalls::submit_one(const Place& place, const RequestView& request) {
  if (request.kind == RequestKind::kInvalid) {
    answer_error(place, request.id, request.code, request.fault);
    return;
  }
  if (open_.size() >= limits_.calls_in_flight_max) {
    sink_.on_limit("session_calls_in_flight_max");
    answer_limit(place.text, place.is_in_batch, place.index, request.id,
                 "too many calls in flight on this session");
    return;
  }
  if (subscriptions_ != nullptr && submit_subscription(place, request)) {
    return;
  }
  Quota::Place quota;
  if (is_refused(place, request, Quota::Kind::kCall, quota)) {
    return;
  }
  const uint64_t token = next_token_++;
  open_.emplace(token, Open{place.text, place.index, place.is_in_batch, false,
                            std::string(request.id), 0, std::move(quota)});
  Request call;
  call.session = place.session;
  call.token = token;
  call.worker = visitor_.worker;
  call.chain = place.chain;
  call.method = request.method;
  call.params = request.params;
  call.deadline = terms_.deadline;
  call.provider = terms_.provider;
  call.explain = terms_.explain;
  call.may_stream = place.may_stream && !terms_.explain;
  const CallId id = calls_.submit(call);
  if (const auto open = open_.find(token); open != open_.end()) {
    open->second.call = id;
  }
}

/// False: the request is not about a subscription.
bool TextCalls::submit_subscription(const Place& place, const RequestView& request) {
  if (!request.method.ends_with("ubscribe") || !method_row(request.method).is_subscription) {
    return false;
  }
  if (is_unsubscribe_method(request.method)) {
    const bool was_there = subscriptions_->unsubscribe(request.params);
    std::string reply;
    if (was_there || family_of(request.method) != MethodFamily::kSvm) {
      append_result_reply(reply, request.id, was_there ? "true" : "false");
    } else {
      append_error_reply(reply, request.id,
                         bad_request(kInvalidParamsCode, "Invalid subscription id."));
    }
    answer(place.text, place.is_in_batch, place.index, std::move(reply));
    return true;
  }
  if (subscriptions_->is_full()) {
    sink_.on_limit("session_subscriptions_max");
    answer_limit(place.text, place.is_in_batch, place.index, request.id,
                 "too many subscriptions on this session");
    return true;
  }
  Quota::Place quota;
  if (is_refused(place, request, Quota::Kind::kSubscription, quota)) {
    return true;
  }
  const uint64_t token = next_token_++;
  open_.emplace(
      token, Open{place.text, place.index, place.is_in_batch, false, std::string(request.id), 0});
  subscriptions_->subscribe(place.session, token, place.chain, request.method, request.params,
                            place.is_in_batch ? place.text : 0);
  subscriptions_->keep_place(token, std::move(quota));
  return true;
}

/// True: it was answered so.
bool TextCalls::is_refused(const Place& place, const RequestView& request, Quota::Kind kind,
                           Quota::Place& quota) {
  const std::string error = access_.refusal(visitor_, kind, request.method, place.chain, quota);
  if (error.empty()) {
    return false;
  }
  std::string reply;
  append_error_reply(reply, request.id, error);
  answer(place.text, place.is_in_batch, place.index, std::move(reply));
  return true;
}

void TextCalls::on_reply(uint64_t token, const Reply& reply) {
  auto node = open_.extract(token);
  if (!node) {
    return;
  }
  Open& open = node.mapped();
  if (open.has_parts) {
    if (reply.kind == Reply::Kind::kResult) {
      std::string last(reply.body);
      last += '}';
      (void)sink_.on_text_piece(open.text, last, false, true);
    } else {
      sink_.on_text_broken(open.text);
    }
    return;
  }
  std::string text;
  if (open.is_in_batch &&
      batches_[open.text].bytes + reply.body.size() > limits_.batch_reply_bytes_max) {
    sink_.on_limit("batch_reply_bytes_max");
    answer_limit(open.text, true, open.index, open.id, "the batch's answer is too large");
    return;
  }
  text.reserve(open.id.size() + reply.body.size() + 48);
  if (reply.kind == Reply::Kind::kResult) {
    append_result_reply(text, open.id, reply.body);
  } else {
    append_error_reply(text, open.id, reply.body);
  }
  answer(open.text, open.is_in_batch, open.index, std::move(text));
}

Flow TextCalls::on_reply_part(uint64_t token, std::string_view bytes) {
  const auto found = open_.find(token);
  if (found == open_.end()) {
    return Flow::kDropped;
  }
  Open& open = found->second;
  if (open.has_parts) {
    return sink_.on_text_piece(open.text, bytes, false, false);
  }
  open.has_parts = true;
  std::string first;
  append_result_head(first, open.id);
  first.append(bytes);
  return sink_.on_text_piece(open.text, first, true, false);
}

void TextCalls::resume_all() {
  // Collected first: a resumed call may end, and leave open_, inside resume().
  std::vector<CallId> held;
  for (const auto& [token, open] : open_) {
    if (open.has_parts) {
      held.push_back(open.call);
    }
  }
  for (const CallId call : held) {
    calls_.resume(call);
  }
}

void TextCalls::end_all() {
  std::vector<uint64_t> tokens;
  for (const auto& [token, open] : open_) {
    calls_.cancel(open.call);
    tokens.push_back(token);
  }
  std::string error;
  write_error_object(error, {.name = ErrorName::kShuttingDown, .sent = SentState::kMaybe});
  for (const uint64_t token : tokens) {
    on_reply(token, {Reply::Kind::kError, error});
  }
}

void TextCalls::answer(uint64_t text, bool is_in_batch, size_t index, std::string reply) {
  if (!is_in_batch) {
    sink_.on_text_reply(text, reply);
    return;
  }
  Batch& batch = batches_[text];
  batch.bytes += reply.size() + 1;
  batch.replies[index] = std::move(reply);
  if (--batch.missing == 0 && splitting_ != text) {
    finish_batch(text);
  }
}

void TextCalls::answer_error(const Place& place, std::string_view id, int code,
                             std::string_view message) {
  std::string reply;
  append_error_reply(reply, id, bad_request(code, message));
  answer(place.text, place.is_in_batch, place.index, std::move(reply));
}

void TextCalls::answer_limit(uint64_t text, bool is_in_batch, size_t index, std::string_view id,
                             std::string_view message) {
  std::string error;
  write_error_object(error, {.name = ErrorName::kClientLimit, .message = message});
  std::string reply;
  append_error_reply(reply, id, error);
  answer(text, is_in_batch, index, std::move(reply));
}

void TextCalls::finish_batch(uint64_t text) {
  auto node = batches_.extract(text);
  const Batch& batch = node.mapped();
  if (batch.replies.empty()) {
    sink_.on_text_silent(text);
    return;
  }
  std::string whole;
  whole.reserve(batch.bytes + 2);
  for (const std::string& reply : batch.replies) {
    whole += whole.empty() ? '[' : ',';
    whole += reply;
  }
  whole += ']';
  sink_.on_text_reply(text, whole);
  if (subscriptions_ != nullptr) {
    for (const std::string& event : subscriptions_->release(text)) {
      sink_.on_text_reply(0, event);
    }
  }
}

}  // namespace sidecar
