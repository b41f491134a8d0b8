#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rpc/method_table.h"

namespace sidecar {

/// What is subscribed to.
enum class FeedKind : uint8_t {
  kHeads,
  kLogs,
  kPendingHashes,
  kPendingTransactions,
  kSyncing,
  kAccount,
  kProgram,
  kSvmLogs,
  kSignature,
  kSlot,
  kRoot,
  kBlock,
  kVote,
  kSlotsUpdates,
};
inline constexpr size_t kFeedKindCount = 14;
std::string_view feed_kind_name(FeedKind kind);

/// A subscription as asked for, in the one form that all ways of asking for the same come to.
struct FeedSpec {
  FeedKind kind = FeedKind::kHeads;
  std::string method;  ///< eth_subscribe, accountSubscribe
  std::string params;  ///< canonical JSON array, what the provider is asked
  /// Same key, same feed: kind and params.
  std::string key() const { return method + params; }
};

/// Reads the params of eth_subscribe and Solana's *Subscribe. Key order, hex case, single addresses
/// and the order of address lists do not matter; base58 is kept; a missing Solana commitment is
/// "finalized". Limits: depth 16; the caller bounds the text.
/// Errors: kInvalid with a sentence for the worker; kNotFound for a kind that is not served.
Result<FeedSpec> feed_spec(std::string_view method, std::string_view params);

/// Subscribing, not unsubscribing: eth_subscribe, slotSubscribe.
bool is_subscribe_method(std::string_view method);
/// eth_unsubscribe, slotUnsubscribe.
bool is_unsubscribe_method(std::string_view method);
/// eth_subscribe -> eth_unsubscribe, slotSubscribe -> slotUnsubscribe.
std::string unsubscribe_method_of(std::string_view subscribe_method);
/// eth_subscribe -> eth_subscription, slotSubscribe -> slotNotification.
std::string notification_method_of(std::string_view subscribe_method);

}  // namespace sidecar
