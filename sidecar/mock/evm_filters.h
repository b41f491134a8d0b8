#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "mock/evm_chain.h"
#include "mock/evm_params.h"
#include "mock/method_reply.h"

namespace sidecar {

/// The logs in these blocks as a JSON list. Errors, with texts of a real provider each: -32614 for
/// more than kLogBlocksMax blocks, -32005 for more than kLogResultsMax logs.
inline constexpr uint64_t kLogBlocksMax = 10'000;
inline constexpr size_t kLogResultsMax = 10'000;
MethodReply find_logs(const EvmChain& chain, const EvmLogFilter& filter, uint64_t first,
                      uint64_t last);

/// The filters that clients made and poll: logs, block hashes, hashes of sent transactions. A poll
/// answers what came since the one before; an unknown id is `filter not found`.
/// Limits: kFiltersMax; one that is not polled for kIdleMax is forgotten, as geth does it.
/// Owner: EvmMethods, by value.
class EvmFilters {
 public:
  static constexpr size_t kFiltersMax = 10'000;
  static constexpr Millis kIdleMax{5 * 60 * 1'000};

  /// `chain` outlives this.
  explicit EvmFilters(const EvmChain& chain) : chain_(chain) {}

  MethodReply add_logs(EvmLogFilter filter, const EvmLogRange& range, Millis now);
  MethodReply add_blocks(Millis now);
  MethodReply add_pending(Millis now);
  MethodReply changes(std::string_view id, Millis now);
  /// All logs of a log filter's range.
  MethodReply logs(std::string_view id, Millis now);
  MethodReply remove(std::string_view id);
  /// Before the blocks from `from` on become others: the next poll tells the logs that were polled
  /// as removed, the newest first, and then what is new.
  void on_reorganise(uint64_t from);

 private:
  enum class Kind { kLogs, kBlocks, kPending };
  struct Filter {
    Kind kind;
    EvmLogFilter wanted;
    EvmLogRange range;
    uint64_t next = 0;  ///< the first block, or sent transaction, that no poll has seen
    Millis polled_at{0};
    std::vector<std::string> removed = {};  ///< logs as JSON, for the next poll
  };

  MethodReply add(Filter filter, Millis now);
  MethodReply pending_changes(Filter& filter) const;
  Filter* find(std::string_view id, Millis now);

  const EvmChain& chain_;
  std::map<std::string, Filter, std::less<>> filters_;  // by id
  uint64_t made_count_ = 0;
};

}  // namespace sidecar
