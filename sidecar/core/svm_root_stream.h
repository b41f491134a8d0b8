#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "core/event_stream.h"

namespace sidecar {

/// rootSubscribe: the rooted slots in order, each once. A number that is left out may be a slot
/// without a block, so only after a source change is anything filled.
///
///   catch_up ─▶ getSlot(finalized) ─▶ getBlocks: those finalized are the events; those beyond
///   wait: the first live root says which of them are rooted too, namely those below it
/// A node's own root is ahead of what it calls finalized, so the stretch between the two is missed
/// by both, the new source's events and what it says is finalized.
/// Limits: fill_blocks_max * 4 slots. Owner: Feed.
class SvmRootStream final : public EventStream {
 public:
  SvmRootStream(const StreamOptions& options, StreamOut& out) : EventStream(options, out) {}

 private:
  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;
  void drop_question() override { is_list_asked_ = false; }

  void take_finalized(std::string_view result);
  void take_list(std::string_view result);
  void deliver(uint64_t root);

  std::optional<uint64_t> last_;  ///< nothing up to here is asked for or delivered any more
  bool is_begun_ = false;
  bool is_list_asked_ = false;
  uint64_t finalized_ = 0;         ///< the source's, as asked
  uint64_t list_to_ = 0;           ///< the end of the list that was asked for
  std::deque<uint64_t> unrooted_;  ///< blocks beyond: roots to be
};

}  // namespace sidecar
