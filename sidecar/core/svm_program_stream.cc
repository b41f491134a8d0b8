#include "core/svm_program_stream.h"

#include <algorithm>
#include <utility>

#include "rpc/json_walk.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

void SvmProgramStream::begin_catch_up() {
  if (is_fillable_) {
    ask("getProgramAccounts", "[" + params_.subject() + "," +
                                  params_.config({"commitment", "dataSlice", "encoding", "filters"},
                                                 "\"withContext\":true") +
                                  "]");
    return;
  }
  if (why() == CatchUp::kPoll) {
    doubt_source();  // there is no way but by events
    return;
  }
  if (why() == CatchUp::kNewSource) {
    out_.gap(GapReason::kUnfillable, slots_from(last_slot_));
  }
  caught_up();
}

void SvmProgramStream::take_answer(std::string_view result) {
  const auto answer = svm_event(result);
  // Without its context the list says nothing about when: such a node is not understood.
  if (!answer || json_first_byte(answer->value) != '[') {
    doubt_source();
    return;
  }
  const bool is_first = !std::exchange(is_begun_, true);
  // A node that is behind will tell the rest of its way by events.
  if (answer->slot >= answered_slot_) {
    seen_.forget_below(is_first ? answer->slot : 0);  // before that nothing was promised
    answered_slot_ = answer->slot;
    last_slot_ = std::max(last_slot_, answer->slot);
    Accounts listed;
    JsonWalk walk(answer->value);
    while (is_fillable_ && walk.next()) {
      if (!take_account(answer->slot, walk.value(), is_first, listed)) {
        count_bad();
      }
    }
    // Those not listed are of the program no more, unless an event newer than the list told them.
    for (const auto& [pubkey, state] : known_) {
      if (state.slot > answer->slot) {
        listed.emplace(pubkey, state);
      }
    }
    if (is_fillable_) {
      known_ = std::move(listed);
    }
  }
  caught_up();
}

/// Delivers the account of a list when its state is news.
bool SvmProgramStream::take_account(uint64_t slot, std::string_view row, bool is_first,
                                    Accounts& listed) {
  const auto keyed = svm_keyed_account(row);
  if (!keyed) {
    return false;
  }
  const uint64_t digest = svm_account_digest(keyed->account);
  const std::string pubkey(keyed->pubkey);
  const auto known = known_.find(pubkey);
  const bool is_known =
      known != known_.end() && (known->second.digest == digest || known->second.slot > slot);
  listed[pubkey] = is_known ? known->second : Known{slot, digest};
  if (!is_known && !is_first) {
    add_event(slot, pubkey, digest);
    out_.deliver(svm_event_text(slot, row),
                 why() == CatchUp::kPoll ? EventKind::kLive : EventKind::kReplayed);
  }
  if (listed.size() > options_.seen_max) {
    become_unfillable();
    if (!is_first) {
      out_.gap(GapReason::kFillLimit, slots_from(slot));  // of what is left of the list
    }
  }
  return true;
}

void SvmProgramStream::take(std::string_view value) {
  const auto event = svm_event(value);
  const auto keyed = event ? svm_keyed_account(event->value) : std::nullopt;
  if (!keyed) {
    count_bad();
    return;
  }
  const uint64_t digest = svm_account_digest(keyed->account);
  const std::string pubkey(keyed->pubkey);
  const auto known = known_.find(pubkey);
  if (known != known_.end()) {
    const bool is_told = event->slot <= answered_slot_ && known->second.digest == digest;
    if (event->slot < known->second.slot || is_told) {
      return;
    }
  } else if (is_fillable_ && event->slot < answered_slot_) {
    return;  // it had left the program when the list was made
  }
  if (!add_event(event->slot, pubkey, digest)) {
    return;
  }
  last_slot_ = std::max(last_slot_, event->slot);
  if (is_fillable_) {
    known_[pubkey] = {event->slot, digest};
    if (known_.size() > options_.seen_max) {
      become_unfillable();
    }
  }
  out_.deliver(value, kind());
}

bool SvmProgramStream::add_event(uint64_t slot, std::string_view pubkey, uint64_t digest) {
  return seen_.add(slot, std::string(pubkey) + ' ' + std::to_string(digest));
}

void SvmProgramStream::become_unfillable() {
  is_fillable_ = false;
  known_.clear();
}

/// Without a first list there is nothing to compare with later.
void SvmProgramStream::take_gap(GapReason reason) {
  if (std::exchange(is_begun_, true)) {
    out_.gap(reason, slots_from(last_slot_));
  } else {
    become_unfillable();
  }
}

}  // namespace sidecar
