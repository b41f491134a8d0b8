#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/feed_types.h"
#include "tests/sim/svm_feed_chain.h"
#include "tests/sim/svm_feed_topic.h"

namespace sidecar::testing {

/// What one subscriber of a Solana cluster may see, worked out from its events and the cluster
/// alone:
///   logs       each transaction once; those that mention somebody and are confirmed in the order
///              of slots
///   account    true states that never go back and end with the present one; program: of each
///   signature  once, when it has the commitment, with how the transaction ended
///   slot, root, block  a line without holes, up to the newest; where sources race, slots of one
///              that is behind may come late, and so may those that a gap was about
/// or a gap covers what is missing. Owner: SvmFeedSimulation, one a subscriber.
class SvmFeedCheck {
 public:
  SvmFeedCheck(SvmFeedTopic topic, const SvmFeedChain& chain, bool is_raced)
      : topic_(std::move(topic)), chain_(chain), is_raced_(is_raced) {}

  void on_subscribed(FeedPosition at);
  void on_event(const FeedEvent& event);
  /// Another source took over. If the one before was behind, what it had still to tell is lost to
  /// those whose events nobody can be asked for.
  void on_source_changed();
  /// Everything has come that will. Also tells what was broken before; empty = nothing.
  std::vector<std::string> finish();

  const SvmFeedTopic& topic() const { return topic_; }
  std::optional<FeedPosition> position() const { return position_; }
  bool is_over() const { return is_over_; }
  size_t gap_count() const { return gaps_.size(); }
  size_t event_count() const { return event_count_; }

 private:
  /// An account as it was told last.
  struct Told {
    uint64_t slot = 0;
    uint64_t lamports = 0;
    bool is_current = false;  ///< no gap since
  };

  void begin();
  void take(std::string_view value);
  void take_gap(std::string_view value);
  void take_log(uint64_t slot, std::string_view value);
  void take_account(uint64_t slot, size_t account, std::string_view value);
  void take_signature(uint64_t slot, std::string_view value);
  void take_place(uint64_t slot);
  void check_logs();
  void check_account(size_t account);
  void check_signature();
  void check_place();
  bool is_in_gap(uint64_t slot) const;
  size_t count() const;
  void broken(std::string what) { broken_.push_back(std::move(what)); }

  SvmFeedTopic topic_;
  const SvmFeedChain& chain_;
  bool is_raced_;
  std::optional<FeedPosition> position_;
  size_t first_ = 0;  ///< block that nobody had seen when it was subscribed to
  size_t begun_ = 0;  ///< likewise, but after the last gap
  std::set<std::string> logs_;
  std::set<uint64_t> slots_;
  uint64_t last_slot_ = 0;  ///< of the newest event; 0 = none
  bool is_after_gap_ = true;
  std::map<size_t, Told> accounts_;
  bool is_over_ = false;
  std::vector<std::pair<uint64_t, uint64_t>> gaps_;     ///< slots from, to
  std::vector<std::pair<uint64_t, uint64_t>> changes_;  ///< slots that may be missing, likewise
  size_t event_count_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace sidecar::testing
