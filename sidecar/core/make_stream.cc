#include "core/make_stream.h"

#include <array>

#include "core/hash_stream.h"
#include "core/head_stream.h"
#include "core/log_stream.h"
#include "core/svm_streams.h"
#include "core/syncing_stream.h"
#include "rpc/json_walk.h"

namespace sidecar {

namespace {

/// The method that polling such a feed asks first; empty = it cannot be polled. In the order of
/// FeedKind.
constexpr std::array<std::string_view, 14> kPollMethods{
    "eth_getBlockByNumber",             // newHeads
    "eth_getLogs",                      // logs
    "eth_newPendingTransactionFilter",  // newPendingTransactions
    "",                                 // whole pending transactions
    "eth_syncing",                      // syncing
    "getAccountInfo",                   // account
    "getProgramAccounts",               // program
    "getSignaturesForAddress",          // logs of Solana
    "getSignatureStatuses",             // signature
    "",                                 // slot
    "getSlot",                          // root
    "getBlock",                         // block
    "",                                 // vote
    "",                                 // slotsUpdates
};

/// The second element of `["logs",{...}]`.
std::string filter_of(const FeedSpec& spec) {
  JsonWalk walk(spec.params);
  return walk.next() && walk.next() ? std::string(walk.value()) : std::string("{}");
}

}  // namespace

std::unique_ptr<EventStream> make_stream(const FeedSpec& spec, const StreamOptions& options,
                                         StreamOut& out) {
  switch (spec.kind) {
    case FeedKind::kHeads:
      return std::make_unique<HeadStream>(options, out);
    case FeedKind::kLogs:
      return std::make_unique<LogStream>(filter_of(spec), options, out);
    case FeedKind::kPendingHashes:
    case FeedKind::kPendingTransactions:
      return std::make_unique<HashStream>(options, out);
    case FeedKind::kSyncing:
      return std::make_unique<SyncingStream>(options, out);
    case FeedKind::kAccount:
    case FeedKind::kProgram:
    case FeedKind::kSvmLogs:
    case FeedKind::kSignature:
    case FeedKind::kSlot:
    case FeedKind::kRoot:
    case FeedKind::kBlock:
    case FeedKind::kVote:
    case FeedKind::kSlotsUpdates:
      break;
  }
  return make_svm_stream(spec, options, out);
}

bool is_pollable(const FeedSpec& spec) {
  const std::string_view subject = json_first_element(spec.params);
  switch (spec.kind) {
    case FeedKind::kSvmLogs:
      return json_first_byte(subject) == '{';  // those that mention somebody; nobody lists all
    case FeedKind::kBlock:
      return json_first_byte(subject) == '"';  // all; a block cannot be had by whom it mentions
    default:
      return !poll_method(spec.kind).empty();
  }
}

std::string_view poll_method(FeedKind kind) {
  return kPollMethods[static_cast<size_t>(kind)];
}

}  // namespace sidecar
