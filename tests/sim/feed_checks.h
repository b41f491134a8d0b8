#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/feed_types.h"
#include "tests/sim/feed_chain.h"

namespace sidecar::testing {

/// What one subscriber may see, worked out from its events and the chain alone: heads are a
/// contiguous chain of parents that ends at the head, logs are exactly the canonical ones after
/// those that were taken back; else a gap covers what is missing. Owner: FeedSimulation, one a
/// subscriber.
class FeedCheck {
 public:
  enum class Kind { kHeads, kLogs };
  FeedCheck(Kind kind, const FeedChain& chain) : kind_(kind), chain_(chain) {}

  void on_subscribed(FeedPosition at);
  void on_event(const FeedEvent& event);
  /// Everything has come that will. Also tells what was broken before; empty = nothing.
  std::vector<std::string> finish();

  std::optional<FeedPosition> position() const { return position_; }
  size_t gap_count() const { return gaps_.size(); }
  size_t event_count() const { return event_count_; }

 private:
  using LogKey = std::pair<std::string, uint64_t>;  // block hash, index

  void take_header(std::string_view value);
  void take_log(std::string_view value);
  void take_gap(std::string_view value);
  bool is_before_line(const std::string& hash) const;
  bool is_in_gap(uint64_t number) const;
  void broken(std::string what) { broken_.push_back(std::move(what)); }
  void check_logs();

  Kind kind_;
  const FeedChain& chain_;
  std::optional<FeedPosition> position_;
  bool is_after_gap_ = true;
  std::vector<std::string> line_;    ///< hashes of headers, as a chain
  std::map<LogKey, uint64_t> logs_;  ///< delivered and not taken back: block numbers
  uint64_t begun_at_ = 0;            ///< the true head's number when the subscription stood
  std::vector<std::pair<uint64_t, uint64_t>> gaps_;  ///< blocks from, to
  size_t event_count_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace sidecar::testing
