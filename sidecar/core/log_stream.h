#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_stream.h"
#include "core/recent_set.h"
#include "rpc/evm_event_facts.h"

namespace sidecar {

/// Logs of an EVM chain: each once, and word of each that a reorganisation takes back.
///
///   new source ─▶ its newest block ─▶ all logs from our newest block with logs on, inclusive: it
///   may have been delivered in part ─▶ is that block still there? ─ no ▶ its logs are taken back,
///   and again from the one before ─ yes ▶ those not delivered yet, in order
/// The same when a live log shows that a reorganisation may have passed unseen: it is of an orphan,
/// or beside what was delivered, or the first of a source that was behind.
/// A source that is behind is not believed about branches. From the first block on that sources do
/// not agree about, all is compared again when one has come further; what was told of the branch
/// that lost is taken back then.
/// Not: what a live source leaves out in silence is not seen before the next catch_up().
/// Limits: a stretch of fill_blocks_max blocks; the logs of twice as many blocks, and seen_max
/// logs, are remembered. Owner: Feed.
class LogStream final : public EventStream {
 public:
  /// `filter`: of eth_getLogs, without block bounds; a JSON object.
  LogStream(std::string filter, const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), filter_(std::move(filter)), orphans_(options.fill_blocks_max) {}

  void on_pool_head(uint64_t number) override;

  /// A source that is this much behind the pool's head is well: that far nothing is taken for
  /// delivered.
  static constexpr uint64_t kHeadMargin = 32;
  /// No block is further above the pool's head than this: fast chains tell it seldom.
  static constexpr uint64_t kAheadMax = 10'000;

 private:
  struct Delivered {
    uint64_t index;
    std::string value;
  };
  /// A block that logs were delivered of.
  struct Block {
    uint64_t number;
    std::string hash;
    std::vector<Delivered> logs;
  };
  enum class Question : uint8_t { kNone, kNewest, kLogs, kIsThere };

  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;
  void drop_question() override { question_ = Question::kNone; }

  void take_newest(std::string_view result);
  void take_whether_there(std::string_view result);
  void take_logs(std::string_view result);
  bool is_put_off(const LogView& view, std::string_view value);
  void deliver_logs();
  void ask_logs();
  void place(const LogView& view, std::string_view value);
  void take_back(const Block& block);
  void take_back_from(uint64_t number);
  std::optional<uint64_t> first_missing() const;
  void doubt(uint64_t from);
  std::optional<size_t> newest_reached() const;
  void finish_catch_up();
  Block* block_of(std::string_view hash);
  Block& block_for(uint64_t number, std::string_view hash);
  void forget_old();

  std::string filter_;
  std::deque<Block> blocks_;  ///< ascending by number
  size_t log_count_ = 0;
  Question question_ = Question::kNone;
  bool is_begun_ = false;
  uint64_t delivered_to_ =
      0;  ///< all logs up to this block are out, unless a reorganisation says no
  /// Nothing below is asked for again: it was before the stream, or is remembered no more.
  uint64_t from_min_ = 0;
  uint64_t newest_ = 0;      ///< the source's newest block, as asked
  RecentSet orphans_;        ///< hashes of blocks whose logs were taken back
  std::string logs_;         ///< the answer, until it is known to fit what was delivered
  std::string put_off_;      ///< the block that the node was asked for last because of a live log
  uint64_t asked_from_ = 0;  ///< the first block that logs were asked of
  /// Sources do not agree on blocks from here on: compared when one has come far enough.
  std::optional<uint64_t> doubted_from_;
  bool has_forgotten_ = false;  ///< logs were delivered of blocks that are not in blocks_
  std::optional<uint64_t> pool_head_;
  uint64_t highest_ = 0;  ///< of all blocks that a source has come to, as far as is known
  /// The source was behind our newest block, or in doubt: a log from here on has it asked again.
  std::optional<uint64_t> unverified_;
  std::optional<uint64_t> orphaned_from_;  ///< the lowest block taken back in this catch-up
};

}  // namespace sidecar
