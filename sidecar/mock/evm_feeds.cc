#include "mock/evm_feeds.h"

#include <algorithm>

#include "mock/evm_json.h"

namespace sidecar {

namespace {

template <class Write>
std::string json_of(const Write& write) {
  std::string text;
  JsonWriter writer(text);
  write(writer);
  return text;
}

bool is_same(const std::optional<ChainBranch>& a, const std::optional<ChainBranch>& b) {
  return a.has_value() == b.has_value() && (!a || (a->from == b->from && a->number == b->number));
}

}  // namespace

Status EvmFeeds::open(SubscriptionNumber subscription, std::string_view, const JsonValue& params,
                      const FeedMoment&) {
  const auto kind = params.at(0).as_string();
  if (!kind) {
    return Error{Errc::kInvalid, "missing value for required argument 0"};
  }
  Feed feed;
  if (*kind == "newHeads") {
    feed.kind = FeedKind::kHeads;
  } else if (*kind == "syncing") {
    feed.kind = FeedKind::kSyncing;
  } else if (*kind == "newPendingTransactions") {
    const bool is_whole = params.at(1).as_bool().value_or(false);
    feed.kind = is_whole ? FeedKind::kPendingTransactions : FeedKind::kPendingHashes;
  } else if (*kind == "logs") {
    feed.kind = FeedKind::kLogs;
    if (!params.at(1).is_null()) {
      auto filter = log_filter_param(params, 1);
      if (!filter.ok()) {
        return filter.error();
      }
      feed.wanted = std::move(filter).value();
    }
  } else {
    return Error{Errc::kNotFound,
                 "no \"" + std::string(*kind) + "\" subscription in eth namespace"};
  }
  feeds_.emplace(subscription, std::move(feed));
  return Done{};
}

bool EvmFeeds::has(FeedKind kind) const {
  return std::any_of(feeds_.begin(), feeds_.end(),
                     [kind](const auto& entry) { return entry.second.kind == kind; });
}

std::optional<Millis> EvmFeeds::next_step(Millis now) const {
  if (feeds_.empty()) {
    return std::nullopt;
  }
  const EvmChainOptions& options = chain_.options();
  const auto head = static_cast<int64_t>(chain_.head(now));
  const Millis made_at = options.genesis_unix + options.block_time * head;
  const Millis half = made_at + options.block_time / 2;
  return now < half ? half : made_at + options.block_time;
}

void EvmFeeds::step(const FeedMoment& moment) {
  const uint64_t head = chain_.head(moment.now);
  if (feeds_.empty()) {
    head_ = head;
    pending_block_ = head + 1;
    sent_count_ = chain_.sent().size();
    branch_ = moment.branch;
    syncing_blocks_ = moment.syncing_blocks;
    return;
  }
  change_branch(moment.branch);
  chain_.set_branch(branch_);
  tell_syncing(moment);
  tell_sent();
  if (head > head_ + kCatchUpMax) {
    head_ = head - kCatchUpMax;
  }
  while (head_ < head) {
    tell_pending_of(head_ + 1);
    tell_block(++head_);
  }
  const EvmChainOptions& options = chain_.options();
  const Millis age = std::max(moment.now - options.genesis_unix, Millis(0));
  if (head == head_ && age % options.block_time >= std::max(options.block_time / 2, Millis(1))) {
    tell_pending_of(head + 1);
  }
  chain_.set_branch(std::nullopt);
}

/// The sink may close subscriptions meanwhile, so they are looked up one after the other.
void EvmFeeds::tell(FeedKind kind, const std::string& result) {
  for (auto at = feeds_.begin(); at != feeds_.end();) {
    const SubscriptionNumber number = at->first;
    if (at->second.kind == kind) {
      sink_.on_feed_results(number, {result}, false);
    }
    at = feeds_.upper_bound(number);
  }
}

void EvmFeeds::tell_block(uint64_t number) {
  const bool has_logs = has(FeedKind::kLogs);
  if (has(FeedKind::kHeads)) {
    const EvmBlock block = chain_.block(number);
    tell(FeedKind::kHeads,
         json_of([&](JsonWriter& writer) { write_evm_head(writer, chain_, block); }));
  }
  if (has_logs) {
    tell_logs(chain_.logs(number), false);
  }
}

void EvmFeeds::tell_logs(const std::vector<EvmLog>& logs, bool is_removed) {
  std::vector<std::string> texts(logs.size());
  for (auto at = feeds_.begin(); at != feeds_.end();) {
    const SubscriptionNumber number = at->first;
    std::vector<std::string> wanted;
    for (size_t i = 0; at->second.kind == FeedKind::kLogs && i < logs.size(); ++i) {
      if (!at->second.wanted.matches(logs[i])) {
        continue;
      }
      if (texts[i].empty()) {
        texts[i] = json_of(
            [&](JsonWriter& writer) { write_evm_log(writer, chain_, logs[i], is_removed); });
      }
      wanted.push_back(texts[i]);
    }
    if (!wanted.empty()) {
      sink_.on_feed_results(number, std::move(wanted), false);
    }
    at = feeds_.upper_bound(number);
  }
}

/// As geth does it: the newest log first.
void EvmFeeds::tell_removed(uint64_t from) {
  for (uint64_t number = head_; number >= std::max<uint64_t>(from, 1); --number) {
    std::vector<EvmLog> logs = chain_.logs(number);
    std::reverse(logs.begin(), logs.end());
    tell_logs(logs, true);
  }
}

void EvmFeeds::tell_pending(const EvmTransaction& transaction) {
  tell(FeedKind::kPendingHashes,
       json_of([&](JsonWriter& writer) { writer.string(to_hex(transaction.hash)); }));
  if (has(FeedKind::kPendingTransactions)) {
    tell(FeedKind::kPendingTransactions, json_of([&](JsonWriter& writer) {
           write_evm_transaction(writer, chain_, transaction, true);
         }));
  }
}

void EvmFeeds::tell_pending_of(uint64_t number) {
  if (number <= pending_block_) {
    return;
  }
  pending_block_ = number;
  if (!has(FeedKind::kPendingHashes) && !has(FeedKind::kPendingTransactions)) {
    return;
  }
  for (const EvmTransaction& transaction : chain_.block(number).transactions) {
    if (!transaction.is_sent) {
      tell_pending(transaction);
    }
  }
}

void EvmFeeds::tell_sent() {
  while (sent_count_ < chain_.sent().size()) {
    if (const auto sent = chain_.transaction(chain_.sent()[sent_count_++])) {
      tell_pending(*sent);
    }
  }
}

void EvmFeeds::tell_syncing(const FeedMoment& moment) {
  if ((moment.syncing_blocks > 0) == (syncing_blocks_ > 0)) {
    return;
  }
  syncing_blocks_ = moment.syncing_blocks;
  if (syncing_blocks_ == 0) {
    tell(FeedKind::kSyncing, "false");
    return;
  }
  const uint64_t head = chain_.head(moment.now);
  tell(FeedKind::kSyncing, json_of([&](JsonWriter& writer) {
         writer.begin_object().key("syncing").boolean(true).key("status").begin_object();
         writer.key("startingBlock").string(to_quantity(0)).key("currentBlock");
         writer.string(to_quantity(head - std::min(head, syncing_blocks_)));
         writer.key("highestBlock").string(to_quantity(head)).end_object().end_object();
       }));
}

Status EvmFeeds::reorganise(uint64_t from, uint64_t salt, Millis now, const FeedMoment& moment) {
  step(moment);
  const bool is_wrong = from == 0 || from > chain_.head(now);
  if (feeds_.empty() || is_wrong || branch_) {
    return methods_.reorganise(from, salt, now);
  }
  tell_removed(from);
  Status done = methods_.reorganise(from, salt, now);
  for (uint64_t number = from; number <= head_; ++number) {
    tell_block(number);
  }
  return done;
}

/// A node that changes to another branch tells of it as of any reorganisation.
void EvmFeeds::change_branch(const std::optional<ChainBranch>& branch) {
  if (is_same(branch, branch_)) {
    return;
  }
  const uint64_t from =
      std::min(branch_ ? branch_->from : UINT64_MAX, branch ? branch->from : UINT64_MAX);
  chain_.set_branch(branch_);
  tell_removed(from);
  branch_ = branch;
  chain_.set_branch(branch_);
  for (uint64_t number = from; number <= head_; ++number) {
    tell_block(number);
  }
}

}  // namespace sidecar
