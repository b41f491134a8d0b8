#include "upstream/response_reader.h"

#include <algorithm>

#include "rpc/envelope.h"
#include "rpc/json_text.h"

namespace sidecar {

namespace {

constexpr std::string_view kWrongId = "answer to another id";
/// What is passed on at once, so that the sink can say kFull in between.
constexpr size_t kPartBytesMax = 256u << 10;

}  // namespace

ResponseReader::ResponseReader(AttemptId attempt, uint64_t upstream_id, Options options,
                               AttemptSink& sink)
    : attempt_(attempt),
      upstream_id_(std::to_string(upstream_id)),
      options_(options),
      sink_(&sink) {}

Flow ResponseReader::take(std::string_view bytes) {
  if (scanner_.status() == ScanStatus::kDone) {
    return skip_whitespace(bytes) == bytes.size() ? Flow::kOk
                                                  : refuse(Outcome::kBadJson, "two documents");
  }
  const JsonScanner::Step step = scanner_.feed(bytes);
  if (step.status == ScanStatus::kError) {
    return refuse(Outcome::kBadJson, scan_error_text(scanner_.error()));
  }
  bytes_.append(bytes.substr(0, step.consumed));
  if (step.status == ScanStatus::kDone) {
    const std::string_view rest = bytes.substr(step.consumed);
    if (skip_whitespace(rest) != rest.size()) {
      return refuse(Outcome::kBadJson, "two documents");
    }
    if (!is_ours()) {
      return refuse(Outcome::kProtocol, kWrongId);
    }
    return Flow::kOk;
  }
  const bool is_long = is_streaming_ || bytes_.size() >= options_.stream_bytes_min;
  if (options_.may_stream && is_long && !is_held_) {
    pass_on();
  }
  return is_held_ && bytes_.size() > options_.held_bytes_max ? Flow::kFull : Flow::kOk;
}

Flow ResponseReader::resume() {
  is_held_ = false;
  pass_on();
  return is_held_ ? Flow::kFull : Flow::kOk;
}

bool ResponseReader::is_ours() const {
  // The only id an error may bear instead is null: the provider could not read the request.
  return scanner_.id_lexeme() == upstream_id_ ||
         (scanner_.member(MemberKey::kError).is_present() && scanner_.id_lexeme() == "null");
}

void ResponseReader::pass_on() {
  const JsonSpan& result = scanner_.member(MemberKey::kResult);
  if (!result.is_present() || scanner_.member(MemberKey::kError).is_present()) {
    return;
  }
  is_streaming_ = true;
  const uint64_t seen = bytes_begin_ + bytes_.size();
  const uint64_t to = result.is_complete() ? std::min(result.end, seen) : seen;
  uint64_t from = std::max(result.begin, passed_end_);
  while (from < to && !is_held_) {
    const uint64_t count = std::min<uint64_t>(to - from, kPartBytesMax);
    const std::string_view part = std::string_view(bytes_).substr(
        static_cast<size_t>(from - bytes_begin_), static_cast<size_t>(count));
    is_held_ = sink_->on_attempt_part(attempt_, part) != Flow::kOk;
    from += count;
  }
  passed_end_ = is_held_ ? from : seen;
  drop_passed();
}

/// Not each time: what a slow worker leaves is long, and would be moved for each part it takes.
void ResponseReader::drop_passed() {
  const auto passed = static_cast<size_t>(passed_end_ - bytes_begin_);
  if (passed >= bytes_.size() / 2) {
    bytes_.erase(0, passed);
    bytes_begin_ = passed_end_;
  }
}

AttemptResult ResponseReader::finish() {
  AttemptResult result;
  if (has_fault()) {
    return fault();
  }
  if (scanner_.status() != ScanStatus::kDone) {
    result.outcome = Outcome::kBadJson;
    result.detail = bytes_.empty() && !is_streaming_ ? "empty body" : "truncated JSON";
    return result;
  }
  if (!is_streaming_) {
    const ResponseView view = parse_response(bytes_, scanner_);
    switch (view.kind) {
      case ResponseKind::kResult:
        result.body = view.result;
        return result;
      case ResponseKind::kError:
        result.outcome = Outcome::kRpcError;
        result.body = view.error;
        return result;
      case ResponseKind::kNotification:
        result.outcome = Outcome::kProtocol;
        result.detail = "a notification instead of an answer";
        return result;
      case ResponseKind::kBad:
        result.outcome = Outcome::kBadJson;
        result.detail = response_fault_text(view.fault);
        return result;
    }
  }
  const ResponseVerdict verdict = judge_response(scanner_);
  if (verdict.kind != ResponseKind::kResult) {
    result.outcome = Outcome::kBadJson;
    result.detail = response_fault_text(verdict.fault);
    return result;
  }
  const JsonSpan& value = scanner_.member(MemberKey::kResult);
  if (value.end > passed_end_) {
    const uint64_t from = std::max(value.begin, passed_end_);
    result.body = std::string_view(bytes_).substr(static_cast<size_t>(from - bytes_begin_),
                                                  static_cast<size_t>(value.end - from));
  }
  return result;
}

AttemptResult ResponseReader::finish_with_status(int status) {
  AttemptResult result;
  result.http_status = status;
  result.outcome = Outcome::kHttpStatus;
  if (scanner_.status() != ScanStatus::kDone || is_streaming_) {
    return result;
  }
  const ResponseView view = parse_response(bytes_, scanner_);
  if (view.kind == ResponseKind::kError) {
    result.outcome = Outcome::kRpcError;
    result.body = view.error;
  }
  return result;
}

AttemptResult ResponseReader::fault() const {
  AttemptResult result;
  result.outcome = fault_;
  result.detail = detail_;
  return result;
}

Flow ResponseReader::refuse(Outcome outcome, std::string_view detail) {
  fault_ = outcome;
  detail_ = detail;
  return Flow::kDropped;
}

}  // namespace sidecar
