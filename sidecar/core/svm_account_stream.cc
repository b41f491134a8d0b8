#include "core/svm_account_stream.h"

#include <utility>

#include "rpc/json_walk.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

void SvmAccountStream::begin_catch_up() {
  ask("getAccountInfo", "[" + params_.subject() + "," +
                            params_.config({"commitment", "dataSlice", "encoding"}, "") + "]");
}

void SvmAccountStream::take_answer(std::string_view result) {
  const auto answer = svm_event(result);
  if (!answer) {
    doubt_source();
    return;
  }
  const bool is_first = !std::exchange(is_begun_, true);
  // A node that is behind will tell the rest of its way by events.
  if (answer->slot >= last_slot_) {
    take_state(answer->slot, answer->value, is_first);
  }
  caught_up();
}

void SvmAccountStream::take_state(uint64_t slot, std::string_view account, bool is_first) {
  const uint64_t digest = svm_account_digest(account);
  answered_slot_ = slot;
  if (digest_ == digest) {
    return;  // last_slot_ stays: how it came to be the same again may yet be told
  }
  digest_ = digest;
  last_slot_ = slot;
  seen_.add(slot, digest);
  if (is_first) {
    return;
  }
  const std::string gone = svm_gone_account(json_plain_string(params_.option("encoding")));
  out_.deliver(svm_event_text(slot, account == "null" ? std::string_view(gone) : account),
               why() == CatchUp::kPoll ? EventKind::kLive : EventKind::kReplayed);
}

void SvmAccountStream::take(std::string_view value) {
  const auto event = svm_event(value);
  if (!event) {
    count_bad();
    return;
  }
  const uint64_t digest = svm_account_digest(event->value);
  const bool is_told = event->slot <= answered_slot_ && digest_ == digest;
  if (event->slot < last_slot_ || is_told || !seen_.add(event->slot, digest)) {
    return;
  }
  last_slot_ = event->slot;
  digest_ = digest;
  out_.deliver(value, kind());
}

void SvmAccountStream::take_gap(GapReason reason) {
  if (std::exchange(is_begun_, true)) {
    out_.gap(reason, slots_from(last_slot_));
  }
}

}  // namespace sidecar
