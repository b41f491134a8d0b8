#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace sidecar {

struct HeadOptions {
  uint64_t lag_blocks_max = 16;  ///< more is behind
  uint64_t lag_blocks_back = 4;  ///< no more than this is caught up again
  Millis lag_time_max{30'000};   ///< behind for longer than this is behind, however few blocks
  Millis block_time{12'000};     ///< until it was measured
  uint32_t stall_blocks = 6;     ///< a head that stands for this many block times is stuck ...
  Millis stall_min{10'000};      ///< ... but not before this
  uint32_t fork_depth = 64;      ///< blocks whose hashes are compared
};

/// What is known of one endpoint's head. Unknown is a state: not at zero lag.
struct HeadView {
  std::optional<uint64_t> number;
  std::optional<uint64_t> lag_blocks;  ///< against the pool's head
  Nanos lag_time{0};  ///< how long the pool had more, as far as the endpoint's last report reaches
  bool is_behind = false;  ///< with hysteresis: lag_blocks_max out, lag_blocks_back in
  bool is_stuck = false;   ///< does not move although the pool's head does
  bool is_forked = false;  ///< holds a block whose hash the majority does not have
};

/// The heads of one chain's endpoints: who lags, who stands still, who is on a minority fork.
///
/// Endpoints tell their heads at different times, and on a fast chain many blocks come between two
/// reports. So an old report proves no lag: whether an endpoint is behind or stuck is settled by
/// what it tells, and by what others tell within a block's time of it. The pool's head is the
/// highest that an endpoint holds; but when three or more are known and the highest is more than
/// lag_blocks_max over all others, and over what they may have had since, that one is not believed
/// and the second highest counts. A report older than others by twice lag_time_max counts no more.
/// Lower reports count too (a node was rolled back, a development chain was reset). A block's hash
/// is voted on when it lies kVoteDepth below the pool's head (the newest blocks differ for honest
/// reasons) and two endpoints told theirs: a strict majority wins; the others are forked until they
/// tell a hash that agrees for a block at least as high. Without a majority nobody is, and a later
/// vote that makes it a tie takes the verdict on that block back. Limits: fork_depth hashes an
/// endpoint; kStepsMax steps of the pool's head. Owner: Pool, by value.
class HeadTracker {
 public:
  static constexpr uint64_t kVoteDepth = 2;
  static constexpr size_t kStepsMax = 128;

  HeadTracker(const HeadOptions& options, size_t endpoint_count);

  /// The endpoint says that its newest block is `number`. Told again it counts too: it has no more.
  void on_head(size_t endpoint, uint64_t number, Instant now);
  /// It holds this block; its head is at least that high.
  void on_block(size_t endpoint, uint64_t number, std::string_view hash, Instant now);
  /// What it said before a restart, as old as it is. Requires: nothing was told yet.
  void restore(size_t endpoint, uint64_t number, Instant told_at);
  /// When it said so last. Requires: its number is known.
  Instant told_at(size_t endpoint) const { return endpoints_[endpoint].told_at; }
  /// What it said was about another chain.
  void forget(size_t endpoint) { endpoints_[endpoint] = Known(); }
  /// One more, of which nothing is known.
  void add() { endpoints_.emplace_back(); }
  void set_options(const HeadOptions& options) { options_ = options; }

  HeadView view(size_t endpoint, Instant now) const;
  /// Has it block `number`? Unknown heads: nullopt.
  std::optional<bool> has_block(size_t endpoint, uint64_t number) const;
  std::optional<uint64_t> pool_head() const { return pool_head_; }
  /// Does anybody hold this block or a higher one? Of one that is believed no more (it may be the
  /// only one that is not late) as far as others may have come in the meantime.
  bool is_held(uint64_t number) const;
  /// Mean time between blocks (exponential, alpha 0.1, from three samples on), else the option.
  Nanos block_time() const;
  /// A height at which hashes are worth asking for, the same for all endpoints for a while: a
  /// multiple of 16, at least 2 below the lowest head that is not behind. None while fewer than two
  /// heads are known.
  std::optional<uint64_t> vote_height() const;
  size_t endpoint_count() const { return endpoints_.size(); }

 private:
  struct Known {
    std::optional<uint64_t> number;
    Instant moved_at;
    Instant told_at;  ///< not before moved_at
    bool is_behind = false;
    std::optional<uint64_t> forked_at;  ///< height of the hash that the majority does not have
    std::deque<std::pair<uint64_t, uint64_t>> hashes;  ///< (number, hash of the hash), ascending
  };
  struct Step {
    uint64_t number;
    Instant at;
  };

  void settle(Instant now);
  std::optional<uint64_t> believed_head() const;
  bool is_supported(const Known& highest) const;
  uint64_t growth(Nanos span) const;
  /// How long an endpoint's last report counts beside younger ones.
  Nanos silence_max() const { return options_.lag_time_max * 2; }
  bool counts(const Known& known) const;
  void measure(uint64_t blocks, Nanos took);
  std::optional<Instant> passed_at(uint64_t number) const;
  void keep_hash(Known& known, uint64_t number, uint64_t digest);
  void vote(uint64_t number);

  HeadOptions options_;
  std::vector<Known> endpoints_;
  std::optional<uint64_t> pool_head_;
  Instant told_at_ = Instant::min();  ///< by any endpoint, last
  std::deque<Step> steps_;            ///< when the pool's head first was that high, ascending
  uint32_t block_time_samples_ = 0;
  double block_time_ns_ = 0;
};

}  // namespace sidecar
