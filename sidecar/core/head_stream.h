#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_stream.h"
#include "core/recent_set.h"

namespace sidecar {

/// newHeads as a contiguous chain of parents: each header follows its parent, or the parent of the
/// branch that a reorganisation begins with.
///
///   header ─▶ known? drop ─ its parent is known? deliver ─ else walk from it to a known parent,
///             asking for one after another by hash, and deliver the branch from there on
/// A new source is asked for its newest block; what lies between is found by the same walk. Its
/// word counts where branches are of one length; so it is asked when an orphan is told again. Not:
/// a header with an unknown parent is never passed on alone, unless a gap was told. Limits: a walk
/// of fill_blocks_max headers; twice as many are remembered. Owner: Feed.
class HeadStream final : public EventStream {
 public:
  HeadStream(const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), orphans_(options.fill_blocks_max) {}

  /// The newest header delivered.
  std::optional<uint64_t> number() const {
    return chain_.empty() ? std::nullopt : std::optional(chain_.back().number);
  }

 private:
  /// A header that was delivered and is not orphaned.
  struct Known {
    uint64_t number;
    std::string hash;
  };
  /// One that waits for its parent.
  struct Walked {
    uint64_t number;
    std::string hash;
    std::string parent_hash;
    std::string value;
    EventKind kind;
  };

  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;
  void drop_question() override;

  void place(Walked header);
  void walk_on();
  void deliver_walk(size_t keep);
  void start_over(GapReason reason);
  void remember(const Walked& header);
  /// The number of the newest; 0 when there is none.
  uint64_t chain_top() const { return chain_.empty() ? 0 : chain_.back().number; }
  /// How many headers stay when this hash is the newest of them; nullopt: it is not known.
  std::optional<size_t> length_up_to(std::string_view hash) const;

  std::deque<Known> chain_;
  RecentSet orphans_;         ///< hashes that a reorganisation has taken back
  std::string asked_for_;     ///< the orphan that the node was asked because of
  std::vector<Walked> walk_;  ///< from the newest down
  bool is_newest_asked_ = false;
  bool is_begun_ = false;  ///< it has a place: what comes from now on is promised
  size_t past_count_ = 0;  ///< headers held that came before the node said what is newest ...
  uint64_t past_to_ = 0;   ///< ... which has this number
};

}  // namespace sidecar
