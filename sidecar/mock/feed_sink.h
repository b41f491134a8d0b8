#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "mock/chain_branch.h"

namespace sidecar {

/// What a subscription is known by within the mock; never used again for another.
using SubscriptionNumber = uint64_t;

/// Takes what the feeds of a mock's chain have to tell.
class FeedSink {
 public:
  /// `results`: JSON values of one block or slot, in order. `is_last`: the subscription is over by
  /// itself. Called within step(), open() and reorganize() of the feeds; it may close
  /// subscriptions.
  virtual void on_feed_results(SubscriptionNumber subscription, std::vector<std::string> results,
                               bool is_last) = 0;

 protected:
  ~FeedSink() = default;
};

/// Where the chain is, as the node sees it that tells of it.
struct FeedMoment {
  Millis now{0};  ///< since the Unix epoch; earlier than it is, for a node that is behind
  std::optional<ChainBranch> branch = {};
  uint64_t syncing_blocks = 0;
};

}  // namespace sidecar
