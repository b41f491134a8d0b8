#include "core/svm_logs_stream.h"

#include <algorithm>
#include <utility>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

namespace {

constexpr size_t kSignaturesMax = 1'000;
/// Slots after which what is processed is confirmed, or never will be. Usual are two or three; a
/// vote lockout of this many is as good as final.
constexpr uint64_t kSettleSlots = 32;
/// Bounds of this alone.
constexpr size_t kSignaturesPerBlock = 8;

}  // namespace

SvmLogsStream::SvmLogsStream(std::string_view params, const StreamOptions& options, StreamOut& out)
    : EventStream(options, out), params_(params), seen_(options.seen_max) {
  mention_ = json_first_element(json_member(params_.subject(), "mentions"));
}

void SvmLogsStream::begin_catch_up() {
  is_again_ = false;
  is_settled_ = false;
  if (mention_.empty()) {
    begin_unfillable();
  } else if (!is_begun_) {
    put(Question::kNewest, "getSignaturesForAddress",
        "[" + mention_ + ",{\"commitment\":\"" + std::string(params_.settled_commitment()) +
            "\",\"limit\":1}]");
  } else if (tip_) {
    put(Question::kSettled, "getSlot", "[" + commitment_config(params_.settled_commitment()) + "]");
  } else {
    fill_from_ = last_slot_;
    ask_signatures();
  }
}

void SvmLogsStream::begin_unfillable() {
  if (why() == CatchUp::kPoll) {
    doubt_source();  // there is no way but by events
    return;
  }
  if (!is_begun_) {
    put(Question::kBegin, "getSlot", "[" + commitment_config(params_.commitment()) + "]");
    return;
  }
  if (why() == CatchUp::kNewSource) {
    out_.gap(GapReason::kUnfillable, slots_from(last_slot_));
  }
  caught_up();
}

void SvmLogsStream::put(Question question, std::string_view method, const std::string& params) {
  question_ = question;
  ask(method, params);
}

void SvmLogsStream::take_answer(std::string_view result) {
  switch (std::exchange(question_, Question::kNone)) {
    case Question::kNone:
      return;
    case Question::kNewest:
      take_newest(result);
      return;
    case Question::kBegin:
      take_begin(result);
      return;
    case Question::kSettled: {
      const auto slot = to_uint64(result);
      is_settled_ = slot && *slot >= *tip_;  // garbage: it is asked again the next time
      ask_signatures();
      return;
    }
    case Question::kSignatures:
      take_signatures(result);
      return;
    case Question::kTransaction:
      take_transaction(result);
      return;
    case Question::kTip: {
      const auto slot = to_uint64(result);
      // Garbage: the slot of the newest event is the least that it can be.
      tip_ = slot.value_or(last_slot_);
      again_at_ = *tip_ + kSettleSlots;
      caught_up();
      return;
    }
  }
}

void SvmLogsStream::take_newest(std::string_view result) {
  const auto rows = svm_signature_rows(result);
  if (!rows) {
    doubt_source();
    return;
  }
  if (rows->empty()) {
    put(Question::kBegin, "getSlot", "[" + commitment_config(params_.settled_commitment()) + "]");
    return;
  }
  begin();
  begin_behind(rows->front());
  caught_up();
}

void SvmLogsStream::take_begin(std::string_view result) {
  const auto slot = to_uint64(result);
  if (!slot) {
    doubt_source();
    return;
  }
  begin();
  last_slot_ = *slot;
  seen_.forget_below(mention_.empty() ? *slot : *slot + 1);
  caught_up();
}

/// It has its place. What was promised before, when nobody could tell one, is missing.
void SvmLogsStream::begin() {
  is_begun_ = true;
  if (std::exchange(is_promised_, false)) {
    out_.gap(GapReason::kUnfillable, "");
  }
}

/// The slot of the newest signature is over for all: a source that is behind tells nothing of it.
void SvmLogsStream::begin_behind(const SvmSignatureRow& newest) {
  seen_.forget_below(newest.slot + 1);
  note(newest.slot, newest.signature);
  anchor_ = newest.signature;
}

void SvmLogsStream::ask_signatures() {
  std::string params = "[" + mention_ + ",{\"commitment\":\"";
  params.append(params_.settled_commitment()).append("\",\"limit\":");
  append_decimal(params, signatures_max());
  if (!anchor_.empty()) {
    params.append(",\"until\":\"").append(anchor_).append("\"");
  }
  put(Question::kSignatures, "getSignaturesForAddress", params + "}]");
}

size_t SvmLogsStream::signatures_max() const {
  return std::clamp<size_t>(options_.fill_blocks_max * kSignaturesPerBlock, 1, kSignaturesMax);
}

/// The newest comes first. The node may not know our anchor (its slot was on a fork), and then goes
/// back as far as it may: what is below fill_from_ is delivered, or was before the stream.
void SvmLogsStream::take_signatures(std::string_view result) {
  const auto rows = svm_signature_rows(result);
  if (!rows) {
    doubt_source();
    return;
  }
  missed_.clear();
  if (rows->size() >= signatures_max() && rows->back().slot >= fill_from_) {
    out_.gap(GapReason::kFillLimit, slots_from_to(fill_from_, rows->front().slot));
    tip_.reset();
    begin_behind(rows->front());
  } else {
    std::copy_if(rows->rbegin(), rows->rend(), std::back_inserter(missed_),
                 [this](const SvmSignatureRow& row) {
                   return row.slot >= fill_from_ && !seen_.contains(row.slot, row.signature);
                 });
  }
  ask_missed();
}

void SvmLogsStream::ask_missed() {
  if (!missed_.empty()) {
    std::string params = "[\"" + missed_.front().signature + "\",{\"commitment\":\"";
    params.append(params_.settled_commitment());
    put(Question::kTransaction, "getTransaction",
        params + "\",\"encoding\":\"json\",\"maxSupportedTransactionVersion\":0}]");
    return;
  }
  const bool has_new_tip =
      why() != CatchUp::kPoll && !is_again_ && params_.commitment() == "processed";
  if (has_new_tip) {
    if (is_settled_ && tip_) {
      fill_from_ = *tip_;
    }
    put(Question::kTip, "getSlot", "[" + commitment_config("processed") + "]");
    return;
  }
  if (is_settled_) {
    tip_.reset();
  }
  caught_up();
}

/// Null: a node that has listed it and does not know it does not speak for itself alone.
void SvmLogsStream::take_transaction(std::string_view result) {
  const SvmSignatureRow row = missed_.front();
  const auto value = svm_logs_value(row.signature, result);
  if (!value) {
    doubt_source();
    return;
  }
  missed_.pop_front();
  if (seen_.add(row.slot, row.signature)) {
    note(row.slot, row.signature);
    out_.deliver(svm_event_text(row.slot, *value),
                 why() == CatchUp::kPoll ? EventKind::kLive : EventKind::kReplayed);
  }
  ask_missed();
}

void SvmLogsStream::take(std::string_view value) {
  const auto event = svm_event(value);
  const std::string_view signature = event ? svm_signature(event->value) : std::string_view();
  if (signature.empty()) {
    count_bad();
    return;
  }
  if (seen_.add(event->slot, signature)) {
    is_begun_ = true;
    note(event->slot, signature);
    out_.deliver(value, kind());
  }
  if (tip_ && event->slot >= again_at_) {
    again_at_ = event->slot + kSettleSlots;
    ask_again();
  }
}

void SvmLogsStream::ask_again() {
  is_again_ = true;
  is_settled_ = false;
  put(Question::kSettled, "getSlot", "[" + commitment_config(params_.settled_commitment()) + "]");
}

/// Delivered: a slot is full when one of a later slot comes. While something may be missing below,
/// the place to go on from stays.
void SvmLogsStream::note(uint64_t slot, std::string_view signature) {
  if (slot < last_slot_) {
    return;
  }
  if (slot > last_slot_ && !last_signature_.empty() && !tip_) {
    anchor_ = last_signature_;
  }
  last_slot_ = slot;
  last_signature_ = signature;
}

void SvmLogsStream::drop_question() {
  question_ = Question::kNone;
  missed_.clear();
}

void SvmLogsStream::take_gap(GapReason reason) {
  tip_.reset();
  if (is_begun_) {
    out_.gap(reason, slots_from(last_slot_));
  } else {
    is_promised_ = true;
  }
}

}  // namespace sidecar
