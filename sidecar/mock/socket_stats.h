#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sidecar {

/// What a mock provider has seen of WebSockets and subscriptions, for the page /stats.
/// Limits: as many keys as subscriptions are open.   Owner: MockStats, by value.
struct SocketStats {
  /// Why a subscription is one no more.
  enum class End {
    kUnsubscribed,
    kLeaked,  ///< its client left without a word
    kCut,     ///< the mock ended its connection
    kOver,    ///< by itself, after a signature's event
  };

  uint64_t open = 0;
  uint64_t total = 0;
  uint64_t refused = 0;
  uint64_t messages = 0;  ///< texts that came
  uint64_t events_sent = 0;
  uint64_t events_withheld = 0;  ///< by faults

  uint64_t opened = 0;
  uint64_t unsubscribed = 0;
  uint64_t leaked = 0;
  uint64_t cut = 0;
  uint64_t over = 0;
  uint64_t open_max_per_key = 0;  ///< the most that were open at once for the same params

  uint64_t open_now() const { return opened - unsubscribed - leaked - cut - over; }

  /// `kind` has static lifetime.
  void count_opened(std::string_view kind, const std::string& key) {
    ++opened;
    ++open_by_kind[kind];
    open_max_per_key = std::max(open_max_per_key, ++open_by_key[key]);
  }
  void count_ended(std::string_view kind, const std::string& key, End end) {
    ++(end == End::kUnsubscribed ? unsubscribed
       : end == End::kLeaked     ? leaked
       : end == End::kCut        ? cut
                                 : over);
    --open_by_kind[kind];
    const auto at = open_by_key.find(key);
    if (--at->second == 0) {
      open_by_key.erase(at);
    }
  }
  std::string json() const;

  std::map<std::string_view, uint64_t> open_by_kind;
  std::unordered_map<std::string, uint64_t> open_by_key;
};

}  // namespace sidecar
