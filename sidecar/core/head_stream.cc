#include "core/head_stream.h"

#include <algorithm>
#include <utility>

#include "rpc/byte_text.h"
#include "rpc/evm_event_facts.h"

namespace sidecar {

namespace {

/// From one block up to another, without that; empty when there is none.
std::string between(uint64_t from, uint64_t end) {
  return from >= end ? std::string()
                     : "\"from_block\":\"" + to_quantity(from) + "\",\"to_block\":\"" +
                           to_quantity(end - 1) + '"';
}

}  // namespace

void HeadStream::begin_catch_up() {
  is_newest_asked_ = true;
  ask("eth_getBlockByNumber", R"(["latest",false])");
}

void HeadStream::take(std::string_view value) {
  const bool is_past = past_count_ > 0;
  past_count_ -= is_past ? 1 : 0;
  const auto view = header_view(value);
  if (!view) {
    count_bad();
    return;
  }
  is_begun_ = true;
  if (is_past && view->number <= past_to_) {
    return;
  }
  if (view->number <= chain_top() && orphans_.contains(view->hash)) {
    // Told late by a source that is behind, or the branch is back: the node knows.
    if (std::exchange(asked_for_, view->hash) != view->hash) {
      begin_catch_up();
    }
    return;
  }
  place({view->number, std::string(view->hash), std::string(view->parent_hash), std::string(value),
         kind()});
}

void HeadStream::take_answer(std::string_view result) {
  const auto view = header_view(result);
  if (std::exchange(is_newest_asked_, false)) {
    if (!view) {
      doubt_source();
      return;
    }
    Walked newest{view->number, std::string(view->hash), std::string(view->parent_hash),
                  header_of_block(result), EventKind::kReplayed};
    // What it told before it said what is newest leads to that, or to a branch it has left.
    past_count_ = held_count();
    past_to_ = newest.number;
    // Nothing is promised before the first one; and a node that is behind tells nothing new.
    const bool is_behind = newest.number < chain_top();
    if (!is_begun_) {
      is_begun_ = true;
      // It may be replaced itself, by a sibling.
      chain_.push_back({newest.number - std::min<uint64_t>(newest.number, 1), newest.parent_hash});
      remember(newest);
    } else if (!is_behind) {
      place(std::move(newest));
      if (!walk_.empty()) {
        return;
      }
    }
    caught_up();
    return;
  }
  if (!view || view->hash != walk_.back().parent_hash) {
    doubt_source();
    return;
  }
  walk_.push_back({view->number, std::string(view->hash), std::string(view->parent_hash),
                   header_of_block(result), EventKind::kReplayed});
  walk_on();
  if (walk_.empty()) {
    caught_up();
  }
}

/// A header whose turn it is. Leaves walk_ empty unless a question is out.
void HeadStream::place(Walked header) {
  if (length_up_to(header.hash)) {
    return;
  }
  walk_.push_back(std::move(header));
  walk_on();
}

/// Is the parent of the lowest header walked to known?
void HeadStream::walk_on() {
  const Walked& lowest = walk_.back();
  if (chain_.empty()) {
    deliver_walk(0);
    return;
  }
  if (const auto keep = length_up_to(lowest.parent_hash)) {
    deliver_walk(*keep);
    return;
  }
  if (lowest.number <= chain_.front().number) {
    start_over(GapReason::kReorg);
    return;
  }
  const uint64_t last = chain_.back().number;
  if (walk_.size() > options_.fill_blocks_max ||
      lowest.number > last + options_.fill_blocks_max + 1) {
    start_over(GapReason::kFillLimit);
    return;
  }
  ask("eth_getBlockByHash", "[\"" + lowest.parent_hash + "\",false]");
}

/// Takes back all but the first `keep` headers and goes on with those walked.
void HeadStream::deliver_walk(size_t keep) {
  while (chain_.size() > keep) {
    orphans_.add(chain_.back().hash);
    chain_.pop_back();
  }
  asked_for_.clear();
  std::vector<Walked> walked;
  walked.swap(walk_);
  for (auto header = walked.rbegin(); header != walked.rend(); ++header) {
    remember(*header);
    out_.deliver(header->value, header->kind);
  }
}

/// What lies between is not had: the newest header stands after a gap.
void HeadStream::start_over(GapReason reason) {
  Walked newest = std::move(walk_.front());
  walk_.clear();
  out_.gap(reason, between(chain_.back().number + 1, newest.number));
  chain_.clear();
  walk_.push_back(std::move(newest));
  deliver_walk(0);
}

void HeadStream::take_gap(GapReason reason) {
  out_.gap(reason, chain_.empty()
                       ? std::string()
                       : "\"from_block\":\"" + to_quantity(chain_.back().number + 1) + '"');
  chain_.clear();
}

void HeadStream::drop_question() {
  is_newest_asked_ = false;
  walk_.clear();
  past_count_ = 0;
}

void HeadStream::remember(const Walked& header) {
  orphans_.remove(header.hash);
  chain_.push_back({header.number, header.hash});
  if (chain_.size() > options_.fill_blocks_max * 2) {
    chain_.pop_front();
  }
}

std::optional<size_t> HeadStream::length_up_to(std::string_view hash) const {
  for (size_t i = chain_.size(); i > 0; --i) {
    if (chain_[i - 1].hash == hash) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace sidecar
