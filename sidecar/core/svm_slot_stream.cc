#include "core/svm_slot_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/svm_stream_params.h"
#include "rpc/json_text.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

namespace {

/// A slot is told when it begins, and a node's slot is one that has ended: with those that are left
/// out it may be this many slots behind. As many as a leader has in a row.
constexpr uint64_t kLeaderSlots = 4;

}  // namespace

void SvmSlotStream::begin_catch_up() {
  if (why() == CatchUp::kPoll) {
    doubt_source();  // there is no way but by events
    return;
  }
  is_placing_ = last_slot_ == 0 && (!is_begun_ || why() == CatchUp::kNewSource);
  if (!is_placing_ && why() == CatchUp::kNewSource) {
    floor_ = last_slot_;
    caught_up();
    return;
  }
  ask("getSlot", R"([{"commitment":"processed"}])");
}

void SvmSlotStream::take_answer(std::string_view result) {
  const auto slot = to_uint64(result);
  if (!slot) {
    doubt_source();
  } else if (std::exchange(is_placing_, false)) {
    take_place(*slot);
  } else {
    take_node_slot(*slot);
  }
}

void SvmSlotStream::take_place(uint64_t slot) {
  if (std::exchange(is_begun_, true)) {
    // Nothing came since it was promised.
    out_.gap(GapReason::kUnfillable, begun_at_ == 0 ? std::string() : slots_from(begun_at_ + 1));
  }
  begun_at_ = slot;
  caught_up();
}

/// Asked when the source was silent: that its node is further on proves nothing yet, for events may
/// be on their way. If they have not come by the next time, they never will.
void SvmSlotStream::take_node_slot(uint64_t slot) {
  if (node_slot_ != 0 && last_slot_ < node_slot_) {
    doubt_source();
    return;
  }
  node_slot_ = slot;
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
    const uint64_t before = last_slot_ != 0 ? last_slot_ : begun_at_;
    const uint64_t reached = last_slot_ != 0 ? last_slot_ : begun_at_ + kLeaderSlots;
    if (before != 0 && view->parent > reached) {
      out_.gap(GapReason::kUnfillable, slots_from_to(before + 1, view->parent));
    }
    last_slot_ = view->slot;
  }
  out_.deliver(value, kind());
}

void SvmSlotStream::drop_question() {
  is_placing_ = false;
  node_slot_ = 0;
}

/// Whether anything is missing, the next event says.
void SvmSlotStream::take_gap(GapReason) {
  is_begun_ = true;
}

}  // namespace sidecar
