#include "tests/sim/svm_feed_checks.h"

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar::testing {

namespace {

/// No node is further behind than this many blocks.
constexpr size_t kBehindMax = 64;
/// As long as its lag is no longer than 5 seconds.
constexpr size_t kLagMax = 24;

}  // namespace

/// How many blocks have the commitment. A node's root may be as much as 4 blocks ahead of it.
size_t SvmFeedCheck::count() const {
  return chain_.count(topic_.kind == SvmFeedKind::kSlot   ? SvmLevel::kProcessed
                      : topic_.kind == SvmFeedKind::kRoot ? SvmLevel::kFinalized
                                                          : topic_.level);
}

void SvmFeedCheck::begin() {
  begun_ = count() + (topic_.kind == SvmFeedKind::kRoot ? 4 : 0);
  is_after_gap_ = true;
  for (auto& [account, told] : accounts_) {
    told.is_current = false;
  }
}

void SvmFeedCheck::on_subscribed(FeedPosition at) {
  if (!position_) {
    begin();
    first_ = begun_;
  } else if (position_->epoch == at.epoch && position_->seq > at.seq) {
    broken("resumed at " + std::to_string(at.seq) + " after " + std::to_string(position_->seq));
  }
  position_ = at;
}

void SvmFeedCheck::on_event(const FeedEvent& event) {
  ++event_count_;
  if (!position_ || is_over_) {
    broken(is_over_ ? "an event after the last" : "an event before the answer");
    return;
  }
  const FeedPosition before = std::exchange(*position_, event.at);
  if (event.kind == EventKind::kGap) {
    take_gap(event.value);
    return;
  }
  if (event.at.seq != before.seq + 1 || event.at.epoch != before.epoch) {
    broken("event " + std::to_string(event.at.seq) + " after " + std::to_string(before.seq));
  }
  if (event.is_last != (topic_.kind == SvmFeedKind::kSignature)) {
    broken("event " + std::to_string(event.at.seq) + " ends it, or does not");
  }
  take(event.value);
}

void SvmFeedCheck::on_source_changed() {
  if (topic_.kind == SvmFeedKind::kAllLogs) {
    changes_.emplace_back(chain_.slot_before(count() - std::min(count(), kLagMax)),
                          chain_.slot_before(count()));
  }
}

void SvmFeedCheck::take_gap(std::string_view value) {
  const auto from = to_uint64(json_member(value, "from_slot"));
  const auto to = to_uint64(json_member(value, "to_slot"));
  gaps_.emplace_back(from.value_or(0), to.value_or(chain_.slot_before(chain_.blocks().size())));
  begin();
}

void SvmFeedCheck::take(std::string_view event) {
  if (topic_.kind == SvmFeedKind::kRoot) {
    take_place(to_uint64(event).value_or(0));
    return;
  }
  if (topic_.kind == SvmFeedKind::kSlot) {
    take_place(to_uint64(json_member(event, "slot")).value_or(0));
    return;
  }
  const uint64_t slot = to_uint64(json_member(json_member(event, "context"), "slot")).value_or(0);
  const std::string_view value = json_member(event, "value");
  if (slot > chain_.slot_before(count())) {
    broken("slot " + std::to_string(slot) + " before it has the commitment");
  }
  switch (topic_.kind) {
    case SvmFeedKind::kLogs:
    case SvmFeedKind::kAllLogs:
      take_log(slot, value);
      return;
    case SvmFeedKind::kAccount:
      take_account(slot, topic_.account, value);
      return;
    case SvmFeedKind::kProgram: {
      const std::string_view pubkey = json_plain_string(json_member(value, "pubkey"));
      take_account(slot, pubkey.empty() ? 0 : static_cast<size_t>(pubkey.back() - '0'),
                   json_member(value, "account"));
      return;
    }
    case SvmFeedKind::kSignature:
      take_signature(slot, value);
      return;
    case SvmFeedKind::kBlock: {
      const size_t at = chain_.index_of(slot);
      if (at < chain_.blocks().size() &&
          json_member(value, "block") != SvmFeedChain::block_text(chain_.blocks()[at])) {
        broken("block " + std::to_string(slot) + " is another");
      }
      take_place(slot);
      return;
    }
    case SvmFeedKind::kSlot:
    case SvmFeedKind::kRoot:
      return;  // above
  }
}

void SvmFeedCheck::take_log(uint64_t slot, std::string_view value) {
  const std::string signature(json_plain_string(json_member(value, "signature")));
  const SvmFeedTransaction* one = chain_.find(signature);
  const bool is_mine =
      one != nullptr && (topic_.kind == SvmFeedKind::kAllLogs || one->mentions[topic_.account]);
  if (!is_mine || one->slot != slot || value != SvmFeedChain::logs_text(*one)) {
    broken("logs that are not true: " + signature);
    return;
  }
  if (!logs_.insert(signature).second) {
    broken("logs of " + signature + " twice");
  }
  const bool is_ordered = topic_.kind == SvmFeedKind::kLogs && topic_.level != SvmLevel::kProcessed;
  if (slot < last_slot_ && is_ordered) {
    broken("logs of slot " + std::to_string(slot) + " after " + std::to_string(last_slot_));
  }
  last_slot_ = std::max(last_slot_, slot);
}

void SvmFeedCheck::take_account(uint64_t slot, size_t account, std::string_view value) {
  const std::string what = SvmFeedChain::name_of(account) + " at " + std::to_string(slot);
  const auto lamports = to_uint64(json_member(value, "lamports"));
  if (!lamports || !chain_.had(account, slot, *lamports)) {
    broken(what + " was not so");
    return;
  }
  const auto [at, is_first] = accounts_.try_emplace(account);
  Told& told = at->second;
  if (!is_first && slot < told.slot) {
    broken(what + " after " + std::to_string(told.slot));
  }
  if (!is_first && *lamports == told.lamports && !chain_.has_changed(account, told.slot, slot)) {
    broken(what + " again as at " + std::to_string(told.slot));
  }
  told = {slot, *lamports, true};
}

void SvmFeedCheck::take_signature(uint64_t slot, std::string_view value) {
  is_over_ = true;
  const SvmFeedTransaction* one = chain_.find(topic_.signature);
  if (one == nullptr || one->slot != slot ||
      json_member(value, "err") != SvmFeedChain::err_text(*one)) {
    broken("the end of " + topic_.signature + " is not true");
  }
}

/// Slots, roots and blocks are whole lines.
void SvmFeedCheck::take_place(uint64_t slot) {
  const size_t at = chain_.index_of(slot);
  if (at >= chain_.blocks().size() || chain_.blocks()[at].slot != slot) {
    broken("no block has slot " + std::to_string(slot));
    return;
  }
  const bool may_be_late = topic_.kind == SvmFeedKind::kSlot && (is_raced_ || is_in_gap(slot));
  if (!slots_.insert(slot).second) {
    broken("slot " + std::to_string(slot) + " twice");
  } else if (slot < last_slot_ && !may_be_late) {
    broken("slot " + std::to_string(slot) + " after " + std::to_string(last_slot_));
  }
  // Late ones may come first, of blocks from before the line began.
  const bool may_skip = std::exchange(is_after_gap_, false) || may_be_late;
  const bool is_next = (may_skip && at <= begun_) || chain_.slot_before(at) <= last_slot_;
  if (!is_next) {
    broken("slot " + std::to_string(slot) + " comes too early");
  }
  last_slot_ = std::max(last_slot_, slot);
}

bool SvmFeedCheck::is_in_gap(uint64_t slot) const {
  const auto covers = [slot](const auto& gap) { return gap.first <= slot && slot <= gap.second; };
  return std::any_of(gaps_.begin(), gaps_.end(), covers) ||
         std::any_of(changes_.begin(), changes_.end(), covers);
}

/// What is processed but never confirmed can be asked of nobody.
void SvmFeedCheck::check_logs() {
  const size_t end = std::min(count(), chain_.count(SvmLevel::kConfirmed));
  for (size_t at = first_; at < end; ++at) {
    for (const SvmFeedTransaction& one : chain_.blocks()[at].transactions) {
      const bool is_mine = topic_.kind == SvmFeedKind::kAllLogs || one.mentions[topic_.account];
      if (is_mine && !logs_.contains(one.signature) && !is_in_gap(one.slot)) {
        broken("logs of " + one.signature + " in slot " + std::to_string(one.slot) + " missing");
      }
    }
  }
}

/// Who was told nothing knows the state that the account had when nobody knew better.
void SvmFeedCheck::check_account(size_t account) {
  const uint64_t truth = chain_.lamports(account, count());
  const auto at = accounts_.find(account);
  const bool is_told = at != accounts_.end() && at->second.is_current;
  bool is_right = at != accounts_.end() && at->second.lamports == truth;
  const size_t first = begun_ - std::min(begun_, kBehindMax);
  for (size_t seen = first; !is_told && !is_right && seen <= begun_; ++seen) {
    is_right = chain_.lamports(account, seen) == truth;
  }
  // Of an account that has left its program nothing is told.
  if (!is_right && (topic_.kind == SvmFeedKind::kAccount || truth != 0)) {
    broken(SvmFeedChain::name_of(account) + " is not told as it is: " + std::to_string(truth));
  }
}

void SvmFeedCheck::check_signature() {
  const SvmFeedTransaction* one = chain_.find(topic_.signature);
  if (one != nullptr && one->slot <= chain_.slot_before(count()) && !is_over_) {
    broken(topic_.signature + " is not told");
  }
}

void SvmFeedCheck::check_place() {
  const bool is_up_to_date =
      is_after_gap_ ? begun_ >= count() : last_slot_ >= chain_.slot_before(count());
  if (!is_up_to_date) {
    broken("the line ends at " + std::to_string(last_slot_));
  }
}

std::vector<std::string> SvmFeedCheck::finish() {
  if (!position_) {
    broken("never subscribed");
    return broken_;
  }
  switch (topic_.kind) {
    case SvmFeedKind::kLogs:
    case SvmFeedKind::kAllLogs:
      check_logs();
      break;
    case SvmFeedKind::kAccount:
      check_account(topic_.account);
      break;
    case SvmFeedKind::kProgram:
      for (size_t account = 1; account < SvmFeedChain::kAccounts; ++account) {
        check_account(account);
      }
      break;
    case SvmFeedKind::kSignature:
      check_signature();
      break;
    case SvmFeedKind::kSlot:
    case SvmFeedKind::kRoot:
    case SvmFeedKind::kBlock:
      check_place();
      break;
  }
  return broken_;
}

}  // namespace sidecar::testing
