#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "mock/evm_methods.h"
#include "mock/feed_sink.h"
#include "rpc/json_value.h"
#include "rpc/subscription_request.h"

namespace sidecar {

/// The subscriptions of an Ethereum node to its chain: newHeads, logs, newPendingTransactions
/// (hashes or whole) and syncing.
///   a block: newHeads, then its logs.  Half a block time later, or at the latest before the next
///   block: the made-up transactions of that one as pending, in one burst. Sent ones at once.
///   another branch: its orphaned logs with removed:true, the newest first; then the new blocks
/// Not: it sends nothing and keeps no time: step() is called when the chain may have moved.
/// Limits: after a pause the newest kCatchUpMax blocks are told.
/// Owner: MockSockets, by value.
class EvmFeeds {
 public:
  static constexpr uint64_t kCatchUpMax = 10'000;

  /// Both outlive this.
  EvmFeeds(EvmMethods& methods, FeedSink& sink)
      : methods_(methods), chain_(methods.chain()), sink_(sink) {}

  /// Requires: step() was called for this moment. Errors: kNotFound (no such kind), kInvalid.
  Status open(SubscriptionNumber subscription, std::string_view method, const JsonValue& params,
              const FeedMoment& moment);
  void close(SubscriptionNumber subscription) { feeds_.erase(subscription); }
  void step(const FeedMoment& moment);
  /// EvmChain::reorganise at the time `now`, told to the subscribers. Errors: as for that.
  Status reorganise(uint64_t from, uint64_t salt, Millis now, const FeedMoment& moment);
  /// When there is something new to tell, nullopt while there is nobody to tell it to.
  std::optional<Millis> next_step(Millis now) const;

 private:
  struct Feed {
    FeedKind kind = FeedKind::kHeads;
    EvmLogFilter wanted;
  };

  bool has(FeedKind kind) const;
  void tell(FeedKind kind, const std::string& result);
  void tell_block(uint64_t number);
  void tell_logs(const std::vector<EvmLog>& logs, bool is_removed);
  void tell_removed(uint64_t from);
  void tell_pending(const EvmTransaction& transaction);
  void tell_pending_of(uint64_t number);
  void tell_sent();
  void tell_syncing(const FeedMoment& moment);
  void change_branch(const std::optional<ChainBranch>& branch);

  EvmMethods& methods_;
  EvmChain& chain_;
  FeedSink& sink_;
  std::map<SubscriptionNumber, Feed> feeds_;
  uint64_t head_ = 0;           ///< the newest block that was told of
  uint64_t pending_block_ = 0;  ///< its transactions were told of
  size_t sent_count_ = 0;       ///< sent transactions that were told of
  std::optional<ChainBranch> branch_;
  uint64_t syncing_blocks_ = 0;
};

}  // namespace sidecar
