#include "core/svm_block_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

void SvmBlockStream::begin_catch_up() {
  if (params_.subject() != "\"all\"") {
    begin_unfillable();
    return;
  }
  question_ = Question::kNewest;
  ask("getSlot", "[" + commitment_config(params_.settled_commitment()) + "]");
}

void SvmBlockStream::begin_unfillable() {
  if (why() == CatchUp::kPoll) {
    doubt_source();  // there is no way but by events
    return;
  }
  if (std::exchange(is_begun_, true) && why() == CatchUp::kNewSource) {
    out_.gap(GapReason::kUnfillable, last_ ? slots_from(*last_ + 1) : std::string());
  }
  caught_up();
}

void SvmBlockStream::take_answer(std::string_view result) {
  switch (std::exchange(question_, Question::kNone)) {
    case Question::kNone:
      return;
    case Question::kNewest:
      take_newest(result);
      return;
    case Question::kList:
      take_list(result);
      return;
    case Question::kBlock:
      take_block(result);
      return;
  }
}

void SvmBlockStream::take_newest(std::string_view result) {
  const auto slot = to_uint64(result);
  if (!slot) {
    doubt_source();
    return;
  }
  newest_ = *slot;
  const bool is_promised = std::exchange(is_begun_, true);
  if (!last_) {
    if (is_promised) {
      out_.gap(GapReason::kUnfillable, "");  // it went on without a place
    }
    last_ = newest_;
    caught_up();
    return;
  }
  if (newest_ <= *last_) {
    caught_up();  // a node that is behind tells nothing new
    return;
  }
  if (newest_ - *last_ > options_.fill_blocks_max) {
    out_.gap(GapReason::kFillLimit, slots_from_to(*last_ + 1, newest_));
    last_ = newest_;
    is_last_error_ = false;
    caught_up();
    return;
  }
  question_ = Question::kList;
  ask("getBlocks", slot_range_params(*last_ + 1, newest_, params_.settled_commitment()));
}

void SvmBlockStream::take_list(std::string_view result) {
  const auto slots = svm_slot_list(result, *last_ + 1, newest_);
  if (!slots) {
    doubt_source();
    return;
  }
  missed_.assign(slots->begin(), slots->end());
  ask_missed();
}

/// Rewards are in blockSubscribe's events only when asked for, in getBlock's answers unless not.
void SvmBlockStream::ask_missed() {
  if (missed_.empty()) {
    caught_up();
    return;
  }
  std::string added = "\"commitment\":\"";
  added.append(params_.settled_commitment()).append("\",\"rewards\":");
  added.append(params_.option("showRewards") == "true" ? "true" : "false");
  question_ = Question::kBlock;
  ask("getBlock",
      "[" + std::to_string(missed_.front()) + "," +
          params_.config({"encoding", "maxSupportedTransactionVersion", "transactionDetails"},
                         added) +
          "]");
}

/// Null: a node that has listed it and does not know it does not speak for itself alone.
void SvmBlockStream::take_block(std::string_view result) {
  if (json_first_byte(result) != '{') {
    doubt_source();
    return;
  }
  const uint64_t slot = missed_.front();
  missed_.pop_front();
  last_ = slot;
  is_last_error_ = false;
  std::string value = "{\"slot\":" + std::to_string(slot) + ",\"block\":";
  value.append(result).append(",\"err\":null}");
  out_.deliver(svm_event_text(slot, value),
               why() == CatchUp::kPoll ? EventKind::kLive : EventKind::kReplayed);
  ask_missed();
}

/// A node that cannot read a block says so, and may tell it well a moment later.
void SvmBlockStream::take(std::string_view value) {
  const auto event = svm_event(value);
  const std::string_view block = event ? json_member(event->value, "block") : std::string_view();
  if (block.empty()) {
    count_bad();
    return;
  }
  const bool is_error = block == "null";
  const bool is_mended = last_ == event->slot && is_last_error_ && !is_error;
  if (last_ && event->slot <= *last_ && !is_mended) {
    return;
  }
  last_ = event->slot;
  is_last_error_ = is_error;
  out_.deliver(value, kind());
}

void SvmBlockStream::drop_question() {
  question_ = Question::kNone;
  missed_.clear();
}

void SvmBlockStream::take_gap(GapReason reason) {
  if (std::exchange(is_begun_, true)) {
    out_.gap(reason, last_ ? slots_from(*last_ + 1) : std::string());
  }
}

}  // namespace sidecar
