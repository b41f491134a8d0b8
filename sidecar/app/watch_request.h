#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sidecar {

/// What `watch KIND [PARAMS...]` subscribes to.
struct WatchRequest {
  std::string method;  ///< eth_subscribe, accountSubscribe
  std::string params;  ///< JSON array; empty = none
};

/// KIND is one of the short names of kWatchKinds, whose further words become params, or a method
/// that ends in "ubscribe" with a JSON array. Requires: !words.empty().
/// Errors: kInvalid, with a sentence on which word is wrong.
Result<WatchRequest> watch_request(std::span<const std::string> words);

/// The short names with what they take, for --help.
inline constexpr std::string_view kWatchKinds =
    "Ethereum: newHeads | logs [FILTER] | newPendingTransactions [true] | syncing\n"
    "Solana: slot | root | vote | slotsUpdates | block [FILTER [CONFIG]] |\n"
    "  account PUBKEY [CONFIG] | program PUBKEY [CONFIG] | signature SIGNATURE [CONFIG]\n"
    "or any method, such as eth_subscribe '[\"newHeads\"]' or logsSubscribe '[\"all\"]'.\n"
    "FILTER and CONFIG are JSON. Data of accounts comes as base64 unless CONFIG says otherwise.\n"
    "A connection that is lost is made again, and watching goes on after the last event. It ends\n"
    "with code 0 at SIGINT, SIGTERM, --count or when the subscription ends by itself.";

/// An event or a gap as a line: on one line, without white space, with its line end.
std::string watch_line(std::string_view value);
/// {"gap":{...}}
std::string gap_line(std::string_view value);

}  // namespace sidecar
