#include "core/log_stream.h"

#include <algorithm>
#include <utility>

#include "rpc/byte_text.h"
#include "rpc/evm_event_facts.h"
#include "rpc/json_text.h"
#include "rpc/json_walk.h"

namespace sidecar {

void LogStream::begin_catch_up() {
  question_ = Question::kNewest;
  orphaned_from_.reset();
  ask("eth_blockNumber", "[]");
}

void LogStream::take_answer(std::string_view result) {
  switch (std::exchange(question_, Question::kNone)) {
    case Question::kNone:
      return;
    case Question::kNewest:
      take_newest(result);
      return;
    case Question::kIsThere:
      take_whether_there(result);
      return;
    case Question::kLogs:
      take_logs(result);
      return;
    case Question::kIsBack:
      take_whether_back(result);
      return;
  }
}

void LogStream::take_newest(std::string_view result) {
  const auto number = parse_quantity(result);
  if (!number) {
    doubt_source();
    return;
  }
  newest_ = *number;
  unverified_.reset();
  if (!std::exchange(is_begun_, true)) {
    delivered_to_ = newest_;
    from_min_ = newest_ + 1;
    caught_up();
    return;
  }
  check_newest_block();
}

void LogStream::check_newest_block() {
  if (!blocks_.empty() && blocks_.back().number > newest_) {
    unverified_ = blocks_.back().number;  // a node that is behind tells nothing new
    caught_up();
    return;
  }
  if (!blocks_.empty()) {
    question_ = Question::kIsThere;
    ask("eth_getBlockByNumber", "[\"" + to_quantity(blocks_.back().number) + "\",false]");
    return;
  }
  ask_logs();
}

void LogStream::take_whether_there(std::string_view result) {
  const auto view = header_view(result);
  if (!view) {
    doubt_source();
    return;
  }
  Block& block = blocks_.back();
  if (view->hash == block.hash) {
    ask_logs();
    return;
  }
  orphaned_from_ = block.number;
  take_back(block);
  blocks_.pop_back();
  check_newest_block();
}

/// From the last block that is known to be there still; without one from where all was delivered.
/// Blocks without logs of ours may have been replaced too, so after a reorganisation the search
/// begins at the last one that was not.
void LogStream::ask_logs() {
  const uint64_t margin = options_.fill_blocks_max / 2;
  uint64_t from = delivered_to_;
  if (orphaned_from_) {
    from = *orphaned_from_ - std::min(*orphaned_from_, margin);
  }
  if (!blocks_.empty()) {
    from = orphaned_from_ ? std::max(from, blocks_.back().number)
                          : std::max(delivered_to_, blocks_.back().number);
  }
  from = std::max(from, from_min_);
  if (from > newest_) {
    caught_up();
    return;
  }
  if (newest_ - from > options_.fill_blocks_max) {
    out_.gap(GapReason::kFillLimit, "\"from_block\":\"" + to_quantity(from) + "\",\"to_block\":\"" +
                                        to_quantity(newest_) + '"');
    delivered_to_ = newest_;
    caught_up();
    return;
  }
  std::string params = "[" + filter_;
  params.pop_back();
  params += params.size() > 2 ? "," : "";
  params +=
      "\"fromBlock\":\"" + to_quantity(from) + "\",\"toBlock\":\"" + to_quantity(newest_) + "\"}]";
  question_ = Question::kLogs;
  ask("eth_getLogs", params);
}

void LogStream::take_logs(std::string_view result) {
  if (result.empty() || result[skip_whitespace(result)] != '[') {
    doubt_source();
    return;
  }
  JsonWalk walk(result);
  while (walk.next()) {
    take(walk.value());
  }
  delivered_to_ = std::max(delivered_to_, newest_);
  caught_up();
}

void LogStream::take(std::string_view value) {
  const auto view = log_view(value);
  if (!view) {
    count_bad();
    return;
  }
  if (is_put_off(*view, value)) {
    return;
  }
  Block* known = block_of(view->block_hash);
  const auto is_it = [&view](const Delivered& log) { return log.index == view->index; };
  if (view->is_removed) {
    // One that was never delivered need not be taken back.
    const auto at = known == nullptr ? decltype(known->logs)::iterator()
                                     : std::find_if(known->logs.begin(), known->logs.end(), is_it);
    if (known != nullptr && at != known->logs.end()) {
      known->logs.erase(at);
      --log_count_;
      orphans_.add(view->block_hash);
      out_.deliver(value, kind());
    }
    return;
  }
  if (known != nullptr && std::any_of(known->logs.begin(), known->logs.end(), is_it)) {
    return;
  }
  Block& block = known != nullptr ? *known : block_for(view->block_number, view->block_hash);
  block.logs.push_back({view->index, std::string(value)});
  ++log_count_;
  out_.deliver(value, kind());
  forget_old();
}

/// Some live logs raise a question first; they come again when it is answered.
bool LogStream::is_put_off(const LogView& view, std::string_view value) {
  if (kind() != EventKind::kLive) {
    return false;
  }
  if (unverified_ && view.block_number >= *unverified_) {
    put_back(value);
    begin_catch_up();
    return true;
  }
  if (view.is_removed || !orphans_.contains(view.block_hash)) {
    return false;
  }
  // A source that is late tells of orphans, and so does one that has gone back to a branch.
  if (view.block_hash != not_back_) {
    put_back(value);
    doubted_ = view.block_hash;
    question_ = Question::kIsBack;
    ask("eth_getBlockByNumber", "[\"" + to_quantity(view.block_number) + "\",false]");
  }
  return true;
}

void LogStream::take_whether_back(std::string_view result) {
  const auto view = header_view(result);
  if (view && view->hash == doubted_) {
    orphans_.remove(doubted_);
  } else {
    not_back_ = doubted_;
  }
  caught_up();
}

void LogStream::take_back(Block& block) {
  orphans_.add(block.hash);
  for (auto log = block.logs.rbegin(); log != block.logs.rend(); ++log) {
    out_.deliver(removed_log(log->value), EventKind::kReplayed);
  }
  log_count_ -= block.logs.size();
}

LogStream::Block* LogStream::block_of(std::string_view hash) {
  const auto at = std::find_if(blocks_.rbegin(), blocks_.rend(),
                               [hash](const Block& block) { return block.hash == hash; });
  return at == blocks_.rend() ? nullptr : &*at;
}

LogStream::Block& LogStream::block_for(uint64_t number, std::string_view hash) {
  const auto at =
      std::upper_bound(blocks_.begin(), blocks_.end(), number,
                       [](uint64_t wanted, const Block& block) { return wanted < block.number; });
  return *blocks_.insert(at, {number, std::string(hash), {}});
}

void LogStream::forget_old() {
  const uint64_t kept = options_.fill_blocks_max * 2;
  while (blocks_.size() > 1 && (blocks_.front().number + kept < blocks_.back().number ||
                                log_count_ > options_.seen_max)) {
    log_count_ -= blocks_.front().logs.size();
    from_min_ = std::max(from_min_, blocks_.front().number + 1);
    blocks_.pop_front();
  }
}

void LogStream::on_pool_head(uint64_t number) {
  if (is_begun_ && !is_asking() && number > delivered_to_ + kHeadMargin) {
    delivered_to_ = number - kHeadMargin;
  }
}

void LogStream::take_gap(GapReason reason) {
  out_.gap(reason, "\"from_block\":\"" + to_quantity(delivered_to_) + '"');
}

}  // namespace sidecar
