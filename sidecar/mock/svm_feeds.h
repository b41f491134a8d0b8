#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mock/feed_sink.h"
#include "mock/svm_methods.h"
#include "mock/svm_params.h"
#include "rpc/json_value.h"
#include "rpc/subscription_request.h"

namespace sidecar {

/// The subscriptions of a Solana node to its chain: account, program, logs, signature, slot, root,
/// block, vote, slotsUpdates. Each slot is told when it reaches the commitment asked for; what is
/// told agrees with what SvmMethods answer about that slot. Shapes are Agave's.
/// A signature that has reached its commitment already is told at once.
/// Not: no votes are in the blocks, those of vote subscriptions are made up; wallets are not
/// accounts of the system program.
/// Limits: after a pause the newest kCatchUpMax slots are told.
/// Owner: MockSockets, by value.
class SvmFeeds {
 public:
  static constexpr uint64_t kCatchUpMax = 10'000;

  /// Both outlive this.
  SvmFeeds(SvmMethods& methods, FeedSink& sink)
      : chain_(methods.chain()), accounts_(methods.accounts()), sink_(sink) {}

  /// `method`: a *Subscribe. Requires: step() was called for this moment. Errors: kNotFound (no
  /// such method), kInvalid.
  Status open(SubscriptionNumber subscription, std::string_view method, const JsonValue& params,
              const FeedMoment& moment);
  void close(SubscriptionNumber subscription) { feeds_.erase(subscription); }
  void step(const FeedMoment& moment);
  /// When there is something new to tell, nullopt while there is nobody to tell it to.
  std::optional<Millis> next_step(Millis now) const;

 private:
  struct Feed {
    FeedKind kind = FeedKind::kSlot;
    SvmConfig config;
    std::string subject;  ///< an account, program, signature; a mention, empty = all
    JsonValue options;    ///< the configuration object as it came
    bool wants_received = false;
  };
  /// One slot that has reached one commitment.
  struct Arrival {
    uint64_t slot = 0;
    Commitment commitment = Commitment::kProcessed;
    Millis at{0};
    std::vector<SvmTransaction> transactions;
  };

  Result<Feed> read(std::string_view method, const JsonValue& params) const;
  void advance(Millis at);
  void tell(const Arrival& arrival);
  std::vector<std::string> results(const Feed& feed, const Arrival& arrival) const;
  std::vector<std::string> logs(const Feed& feed, const Arrival& arrival) const;
  std::vector<std::string> account(const Feed& feed, const Arrival& arrival) const;
  std::vector<std::string> program(const Feed& feed, const Arrival& arrival) const;
  std::vector<std::string> block(const Feed& feed, const Arrival& arrival) const;
  std::vector<std::string> slot(const Arrival& arrival) const;
  std::vector<std::string> vote(const Arrival& arrival) const;
  std::vector<std::string> slot_updates(const Arrival& arrival) const;
  void tell_signature(SubscriptionNumber subscription, const Feed& feed, Millis now);

  SvmChain& chain_;
  const SvmAccounts& accounts_;
  FeedSink& sink_;
  std::map<SubscriptionNumber, Feed> feeds_;
  uint64_t newest_ = 0;                   ///< the newest slot, skipped or not, that was told of
  std::array<uint64_t, 3> arrived_ = {};  ///< the newest block told of, by commitment
};

}  // namespace sidecar
