#include "tests/sim/feed_checks.h"

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar::testing {

void FeedCheck::on_subscribed(FeedPosition at) {
  if (!position_) {
    begun_at_ = chain_.head().number;
  } else if (position_->epoch == at.epoch && position_->seq > at.seq) {
    broken("resumed at " + std::to_string(at.seq) + " after " + std::to_string(position_->seq));
  }
  position_ = at;
}

void FeedCheck::on_event(const FeedEvent& event) {
  ++event_count_;
  if (!position_) {
    broken("an event before the answer");
    return;
  }
  const uint64_t expected = position_->seq + 1;
  if (event.kind == EventKind::kGap) {
    position_ = event.at;
    take_gap(event.value);
    return;
  }
  if (event.at.seq != expected || event.at.epoch != position_->epoch) {
    broken("event " + std::to_string(event.at.seq) + " after " + std::to_string(expected - 1));
  }
  position_ = event.at;
  if (kind_ == Kind::kHeads) {
    take_header(event.value);
  } else {
    take_log(event.value);
  }
}

void FeedCheck::take_gap(std::string_view value) {
  const auto from = parse_quantity(json_member(value, "from_block"));
  const auto to = parse_quantity(json_member(value, "to_block"));
  gaps_.emplace_back(from.value_or(0), to.value_or(chain_.head().number));
  is_after_gap_ = true;
}

void FeedCheck::take_header(std::string_view value) {
  const std::string hash(json_plain_string(json_member(value, "hash")));
  const std::string parent(json_plain_string(json_member(value, "parentHash")));
  if (std::exchange(is_after_gap_, false)) {
    line_ = {hash};
    return;
  }
  if (std::find(line_.begin(), line_.end(), hash) != line_.end()) {
    broken("header " + hash + " twice");
  }
  const auto at = std::find(line_.begin(), line_.end(), parent);
  if (at == line_.end() && is_before_line(parent)) {
    line_ = {hash};
    return;
  }
  if (at == line_.end()) {
    broken("header " + hash + " without its parent " + parent);
    return;
  }
  line_.erase(at + 1, line_.end());
  line_.push_back(hash);
}

/// A reorganisation may begin before the first header that this subscriber has.
bool FeedCheck::is_before_line(const std::string& hash) const {
  std::string ancestor = chain_.at(line_.front()).parent;
  while (chain_.has(ancestor) && ancestor != hash) {
    ancestor = chain_.at(ancestor).parent;
  }
  return ancestor == hash;
}

void FeedCheck::take_log(std::string_view value) {
  const std::string hash(json_plain_string(json_member(value, "blockHash")));
  const uint64_t index = parse_quantity(json_member(value, "logIndex")).value_or(UINT64_MAX);
  const uint64_t number = parse_quantity(json_member(value, "blockNumber")).value_or(0);
  const LogKey key{hash, index};
  if (json_member(value, "removed") == "true") {
    // One from before the subscription may be taken back after it.
    if (logs_.erase(key) == 0 && number > begun_at_ && !is_in_gap(number)) {
      broken("log " + hash + "/" + std::to_string(index) + " taken back, but never given");
    }
  } else if (!logs_.emplace(key, number).second) {
    broken("log " + hash + "/" + std::to_string(index) + " twice");
  }
}

bool FeedCheck::is_in_gap(uint64_t number) const {
  return std::any_of(gaps_.begin(), gaps_.end(), [number](const auto& gap) {
    return gap.first <= number && number <= gap.second;
  });
}

void FeedCheck::check_logs() {
  std::map<LogKey, uint64_t> canonical;
  for (const std::string& hash : chain_.canonical()) {
    for (const FeedLog& log : chain_.at(hash).logs) {
      if (log.is_mine) {
        canonical.emplace(LogKey{hash, log.index}, log.block_number);
      }
    }
  }
  for (const auto& [key, number] : canonical) {
    if (number > begun_at_ && !logs_.contains(key) && !is_in_gap(number)) {
      broken("log " + key.first + "/" + std::to_string(key.second) + " of block " +
             std::to_string(number) + " missing");
    }
  }
  for (const auto& [key, number] : logs_) {
    if (!canonical.contains(key) && !is_in_gap(number)) {
      broken("log " + key.first + "/" + std::to_string(key.second) + " not taken back");
    }
  }
}

std::vector<std::string> FeedCheck::finish() {
  if (!position_) {
    broken("never subscribed");
  } else if (kind_ == Kind::kLogs) {
    check_logs();
  } else if (line_.empty() || line_.back() != chain_.head().hash) {
    broken("the last header is not the head");
  }
  return broken_;
}

}  // namespace sidecar::testing
