#include "core/svm_signature_stream.h"

#include <utility>

#include "rpc/json_walk.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

void SvmSignatureStream::begin_catch_up() {
  if (is_over_) {
    caught_up();
    return;
  }
  ask("getSignatureStatuses", "[[" + params_.subject() + "],{\"searchTransactionHistory\":true}]");
}

/// A node that has not seen the transaction says null, which is no news.
void SvmSignatureStream::take_answer(std::string_view result) {
  const auto status = svm_status(result);
  if (!status) {
    doubt_source();
    return;
  }
  is_begun_ = true;
  if (status->is_found && status->rank >= svm_commitment_rank(params_.commitment())) {
    is_over_ = true;
    out_.deliver_last(svm_event_text(status->slot, "{\"err\":" + std::string(status->err) + "}"),
                      EventKind::kReplayed);
  }
  caught_up();
}

void SvmSignatureStream::take(std::string_view value) {
  const auto event = svm_event(value);
  if (!event) {
    count_bad();
    return;
  }
  if (is_over_) {
    return;
  }
  if (event->value == "\"receivedSignature\"") {
    if (!std::exchange(is_received_, true)) {
      out_.deliver(value, kind());
    }
    return;
  }
  if (json_member(event->value, "err").empty()) {
    count_bad();
    return;
  }
  is_over_ = true;
  out_.deliver_last(value, kind());
}

/// Nobody says whether it is there: the event may have come and gone.
void SvmSignatureStream::take_gap(GapReason reason) {
  if (std::exchange(is_begun_, true) && !is_over_) {
    out_.gap(reason, "");
  }
}

}  // namespace sidecar
