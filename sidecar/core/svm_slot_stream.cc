#include "core/svm_slot_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/svm_stream_params.h"
#include "rpc/json_text.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

void SvmSlotStream::begin_catch_up() {
  const bool is_first = !std::exchange(is_begun_, true);
  if (why() == CatchUp::kPoll) {
    doubt_source();  // there is no way but by events
  } else if (is_first || why() == CatchUp::kNewSource) {
    if (!is_first && last_slot_ == 0) {
      out_.gap(GapReason::kUnfillable, "");  // nothing came since it was promised
    }
    floor_ = last_slot_;
    caught_up();
  } else {
    ask("getSlot", R"([{"commitment":"processed"}])");
  }
}

/// Asked when the source was silent: that its node is further on proves nothing yet, for events may
/// be on their way. If they have not come by the next time, they never will.
void SvmSlotStream::take_answer(std::string_view result) {
  const auto slot = to_uint64(result);
  const bool is_mute = node_slot_ != 0 && last_slot_ < node_slot_;
  if (!slot || is_mute) {
    doubt_source();
    return;
  }
  node_slot_ = *slot;
  floor_ = last_slot_;
  caught_up();
}

void SvmSlotStream::take(std::string_view value) {
  const auto view = svm_slot(value);
  if (!view) {
    count_bad();
    return;
  }
  if (view->slot < floor_ || !seen_.add(view->slot, view->parent)) {
    return;
  }
  if (view->slot > last_slot_) {
    if (last_slot_ != 0 && view->parent > last_slot_) {
      out_.gap(GapReason::kUnfillable, slots_from_to(last_slot_ + 1, view->parent));
    }
    last_slot_ = view->slot;
  }
  out_.deliver(value, kind());
}

/// Whether anything is missing, the next event says.
void SvmSlotStream::take_gap(GapReason) {
  is_begun_ = true;
}

}  // namespace sidecar
