#include "core/log_stream.h"

#include <algorithm>
#include <unordered_set>
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
    finish_catch_up();
    return;
  }
  ask_logs();
}

/// Our newest block with logs that the source's node has come to.
std::optional<size_t> LogStream::newest_reached() const {
  for (size_t i = blocks_.size(); i > 0; --i) {
    if (blocks_[i - 1].number <= newest_) {
      return i - 1;
    }
  }
  return std::nullopt;
}

/// From the last block with logs that is still there, or that nobody would replace any more. Blocks
/// without logs of ours may have been replaced by ones that have some.
void LogStream::ask_logs() {
  const uint64_t settled = std::min(delivered_to_, orphaned_from_.value_or(delivered_to_));
  uint64_t from = settled - std::min(settled, kHeadMargin);
  if (const auto reached = newest_reached()) {
    from = std::max(from, blocks_[*reached].number);
  }
  // A log says of all blocks below its own that they are out, also when no head is heard of.
  const uint64_t first_missed = std::max(from, delivered_to_ + 1);
  const uint64_t fillable = newest_ - std::min<uint64_t>(newest_, options_.fill_blocks_max);
  from = std::min(from, std::max(doubted_from_.value_or(from), fillable));
  from = std::max(from, from_min_);
  if (from > newest_) {
    finish_catch_up();
    return;
  }
  if (newest_ >= first_missed && newest_ - first_missed >= options_.fill_blocks_max) {
    out_.gap(GapReason::kFillLimit, "\"from_block\":\"" + to_quantity(from) + "\",\"to_block\":\"" +
                                        to_quantity(newest_) + '"');
    blocks_.clear();
    log_count_ = 0;
    doubted_from_.reset();
    delivered_to_ = newest_;
    from_min_ = newest_ + 1;
    finish_catch_up();
    return;
  }
  std::string params = "[" + filter_;
  params.pop_back();
  params += params.size() > 2 ? "," : "";
  params +=
      "\"fromBlock\":\"" + to_quantity(from) + "\",\"toBlock\":\"" + to_quantity(newest_) + "\"}]";
  asked_from_ = from;
  question_ = Question::kLogs;
  ask("eth_getLogs", params);
}

/// They count if our newest block is still there after they were told; else a reorganisation came
/// in between, or before.
void LogStream::take_logs(std::string_view result) {
  if (json_first_byte(result) != '[') {
    doubt_source();
    return;
  }
  logs_ = result;
  const auto reached = newest_reached();
  if (!reached) {
    deliver_logs();
    return;
  }
  question_ = Question::kIsThere;
  ask("eth_getBlockByNumber", "[\"" + to_quantity(blocks_[*reached].number) + "\",false]");
}

void LogStream::take_whether_there(std::string_view result) {
  const auto view = header_view(result);
  const auto reached = newest_reached();
  if (!view || !reached) {
    doubt_source();
    return;
  }
  if (view->hash == blocks_[*reached].hash) {
    deliver_logs();
    return;
  }
  const uint64_t number = blocks_[*reached].number;
  if (newest_ < highest_) {
    doubt(number);  // a node that is behind is believed when it has come so far
    finish_catch_up();
    return;
  }
  take_back_from(number);
  ask_logs();
}

/// All that was built on an orphan is one.
void LogStream::take_back_from(uint64_t number) {
  orphaned_from_ = number;
  while (!blocks_.empty() && blocks_.back().number >= number) {
    take_back(blocks_.back());
    blocks_.pop_back();
  }
  if (blocks_.empty() && std::exchange(has_forgotten_, false)) {
    // What is remembered no more may be orphaned too.
    out_.gap(GapReason::kReorg, "\"to_block\":\"" + to_quantity(number) + '"');
  }
}

/// Of our blocks below the newest, which is there: the first that the answer does not have.
std::optional<uint64_t> LogStream::first_missing() const {
  const auto last = blocks_.begin() + static_cast<std::ptrdiff_t>(newest_reached().value_or(0));
  const auto first = std::find_if(
      blocks_.begin(), last, [this](const Block& block) { return block.number >= asked_from_; });
  if (first == last) {
    return std::nullopt;
  }
  std::unordered_set<std::string_view> theirs;
  JsonWalk walk(logs_);
  while (walk.next()) {
    if (const auto view = log_view(walk.value())) {
      theirs.insert(view->block_hash);
    }
  }
  const auto missing = std::find_if(
      first, last, [&theirs](const Block& block) { return !theirs.contains(block.hash); });
  return missing == last ? std::nullopt : std::optional(missing->number);
}

void LogStream::deliver_logs() {
  const bool is_behind = newest_ < highest_;
  const bool is_further = newest_ > highest_;
  if (const auto missing = is_behind ? std::nullopt : first_missing()) {
    take_back_from(*missing);
    ask_logs();
    return;
  }
  std::optional<uint64_t> disputed = orphaned_from_;
  const std::string logs = std::exchange(logs_, {});
  JsonWalk walk(logs);
  while (walk.next()) {
    const auto view = log_view(walk.value());
    if (!view) {
      count_bad();
      continue;
    }
    const bool is_orphan = orphans_.contains(view->block_hash);
    if (is_orphan || (is_behind && block_of(view->block_hash) == nullptr)) {
      disputed = std::min(view->block_number, disputed.value_or(UINT64_MAX));
    }
    if (!is_behind || !is_orphan) {
      orphans_.remove(view->block_hash);
      place(*view, walk.value());
    }
  }
  delivered_to_ = std::max(delivered_to_, newest_);
  if (disputed) {
    doubt(*disputed);  // either branch may be the one that lost, whatever their length
  } else if (is_further) {
    doubted_from_.reset();
  }
  finish_catch_up();
}

void LogStream::doubt(uint64_t from) {
  doubted_from_ = std::min(from, doubted_from_.value_or(from));
}

void LogStream::finish_catch_up() {
  const uint64_t top = blocks_.empty() ? 0 : blocks_.back().number;
  if (doubted_from_ || top > newest_) {
    unverified_ = std::max(top, newest_ + 1);
  }
  highest_ = std::max(highest_, newest_);
  caught_up();
}

void LogStream::take(std::string_view value) {
  const auto view = log_view(value);
  // One block from nowhere would make every honest source look late for ever.
  if (!view || (pool_head_ && view->block_number > *pool_head_ + kAheadMax)) {
    count_bad();
  } else if (!is_put_off(*view, value)) {
    place(*view, value);
  }
}

/// Some live logs show that a reorganisation may have passed unseen: then the node is asked first,
/// and they come again when all is settled.
bool LogStream::is_put_off(const LogView& view, std::string_view value) {
  if (view.is_removed) {
    return false;
  }
  const bool is_orphan = orphans_.contains(view.block_hash);
  const bool is_reached = unverified_ && view.block_number >= *unverified_;
  const bool is_beside = !blocks_.empty() && view.block_number <= blocks_.back().number &&
                         block_of(view.block_hash) == nullptr;
  if (!is_orphan && !is_reached && !is_beside) {
    return false;
  }
  const bool is_doubtful = is_orphan || is_beside;
  if (is_doubtful) {
    doubt(view.block_number);
  }
  if (view.block_hash == put_off_) {
    // Asked about already: had the node its block, it would be out, and not be doubtful any more.
    // A node that is behind may only not know better yet, so it is asked again next time.
    return is_doubtful;
  }
  put_off_ = view.block_hash;
  put_back(value);
  begin_catch_up();
  return true;
}

void LogStream::place(const LogView& view, std::string_view value) {
  Block* known = block_of(view.block_hash);
  const auto is_it = [&view](const Delivered& log) { return log.index == view.index; };
  if (view.is_removed) {
    // One that was never delivered need not be taken back.
    if (known != nullptr && std::erase_if(known->logs, is_it) > 0) {
      --log_count_;
      orphans_.add(view.block_hash);
      std::erase_if(blocks_, [](const Block& block) { return block.logs.empty(); });
      out_.deliver(value, kind());
    }
    return;
  }
  if (known != nullptr && std::any_of(known->logs.begin(), known->logs.end(), is_it)) {
    return;
  }
  Block& block = known != nullptr ? *known : block_for(view.block_number, view.block_hash);
  block.logs.push_back({view.index, std::string(value)});
  ++log_count_;
  highest_ = std::max(highest_, view.block_number);
  out_.deliver(value, kind());
  forget_old();
}

void LogStream::take_back(const Block& block) {
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
    has_forgotten_ = true;
  }
}

void LogStream::on_pool_head(uint64_t number) {
  pool_head_ = number;
  if (is_begun_ && !is_asking() && number > delivered_to_ + kHeadMargin) {
    delivered_to_ = number - kHeadMargin;
  }
}

void LogStream::take_gap(GapReason reason) {
  out_.gap(reason, "\"from_block\":\"" + to_quantity(delivered_to_) + '"');
}

}  // namespace sidecar
