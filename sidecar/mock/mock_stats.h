#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "mock/socket_stats.h"
#include "mock/transaction_ledger.h"

namespace sidecar {

/// What a mock provider has seen, for the page /stats.
/// Limits: methods are counted under a bounded set of names, the caller's to keep; kIdsKept ids.
struct MockStats {
  static constexpr size_t kIdsKept = 16;
  static constexpr size_t kIdBytesMax = 128;

  uint64_t requests = 0;  ///< HTTP POSTs
  uint64_t batches = 0;
  uint64_t calls = 0;  ///< JSON-RPC calls, also within batches
  uint64_t notifications = 0;
  uint64_t invalid = 0;  ///< texts and batch members that are no request
  std::map<std::string, uint64_t, std::less<>> by_method;
  TransactionLedger transactions;
  SocketStats sockets;
  std::deque<std::string> last_ids;  ///< as they were written, the newest last

  uint64_t connections_open = 0;
  uint64_t connections_total = 0;
  uint64_t connections_turned_away = 0;  ///< out of descriptors
  uint64_t in_flight = 0;
  uint64_t in_flight_max = 0;
  uint64_t left_early = 0;  ///< clients that left before their answer was complete

  uint64_t failed_with_503 = 0;
  uint64_t failed_with_cut = 0;
  uint64_t failed_with_error = 0;

  void count_call(std::string_view method_label, std::string_view id);
  /// As one JSON object; `about` is members to begin with, each followed by a comma.
  std::string json(std::string_view about) const;
};

}  // namespace sidecar
