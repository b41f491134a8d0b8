#include "core/svm_root_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/svm_stream_params.h"
#include "rpc/json_text.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

namespace {

/// A root is the 32nd ancestor of what is voted on; three times that is beyond any node's own root.
constexpr uint64_t kUnrootedMax = 96;
constexpr uint64_t kRootsPerBlock = 4;  ///< a root is only a number

}  // namespace

void SvmRootStream::begin_catch_up() {
  is_list_asked_ = false;
  ask("getSlot", R"([{"commitment":"finalized"}])");
}

void SvmRootStream::take_answer(std::string_view result) {
  if (std::exchange(is_list_asked_, false)) {
    take_list(result);
  } else {
    take_finalized(result);
  }
}

void SvmRootStream::take_finalized(std::string_view result) {
  const auto slot = to_uint64(result);
  if (!slot) {
    doubt_source();
    return;
  }
  finalized_ = *slot;
  if (!last_) {
    if (std::exchange(is_begun_, true)) {
      out_.gap(GapReason::kUnfillable, "");  // it went on without a place
    }
    last_ = finalized_;
    caught_up();
    return;
  }
  is_begun_ = true;
  if (finalized_ > *last_ && finalized_ - *last_ > options_.fill_blocks_max * kRootsPerBlock) {
    out_.gap(GapReason::kFillLimit, slots_from_to(*last_ + 1, finalized_));
    last_ = finalized_;
  }
  const bool is_polled = why() == CatchUp::kPoll;
  if (is_polled && finalized_ <= *last_) {
    caught_up();
    return;
  }
  list_to_ = is_polled ? finalized_ : std::max(finalized_, *last_) + kUnrootedMax;
  is_list_asked_ = true;
  ask("getBlocks", slot_range_params(*last_ + 1, list_to_, is_polled ? "finalized" : "confirmed"));
}

void SvmRootStream::take_list(std::string_view result) {
  const auto slots = svm_slot_list(result, *last_ + 1, list_to_);
  if (!slots) {
    doubt_source();
    return;
  }
  unrooted_.clear();
  for (const uint64_t slot : *slots) {
    if (slot > finalized_) {
      unrooted_.push_back(slot);
    } else {
      deliver(slot);
    }
  }
  caught_up();
}

void SvmRootStream::take(std::string_view value) {
  const auto root = to_uint64(value);
  if (!root) {
    count_bad();
    return;
  }
  if (last_ && *root <= *last_) {
    return;
  }
  while (!unrooted_.empty() && unrooted_.front() <= *root) {
    if (unrooted_.front() < *root) {
      deliver(unrooted_.front());
    }
    unrooted_.pop_front();
  }
  last_ = *root;
  out_.deliver(value, kind());
}

void SvmRootStream::deliver(uint64_t root) {
  last_ = root;
  out_.deliver(std::to_string(root),
               why() == CatchUp::kPoll ? EventKind::kLive : EventKind::kReplayed);
}

void SvmRootStream::take_gap(GapReason reason) {
  if (std::exchange(is_begun_, true)) {
    out_.gap(reason, last_ ? slots_from(*last_ + 1) : std::string());
  }
  unrooted_.clear();
}

}  // namespace sidecar
