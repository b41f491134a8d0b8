#pragma once

#include <cstdint>
#include <string_view>

#include "core/event_stream.h"
#include "core/svm_slot_memory.h"

namespace sidecar {

/// slotSubscribe: the slots that a node begins to process, each with its parent once.
/// Nobody keeps them, so what was missed is a gap; whether anything was, the parent of the next one
/// says: it is known unless it was missed. Forks make slots come out of order; so do two sources,
/// and then one that is behind may tell what a gap was about. What a new source tells from before
/// its time is dropped.
///
///   the first source is asked for its slot: a first event far above it shows what nobody told
///   a silent source is asked for its slot; when it then stays silent below that slot, it is
///   doubted
/// Limits: seen_max slots are remembered. Owner: Feed.
class SvmSlotStream final : public EventStream {
 public:
  SvmSlotStream(const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), seen_(options.seen_max) {}

 private:
  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;
  void drop_question() override;

  void take_place(uint64_t slot);
  void take_node_slot(uint64_t slot);

  SvmSlotMemory seen_;
  bool is_begun_ = false;
  bool is_placing_ = false;  ///< the source is asked where it stands
  uint64_t begun_at_ = 0;    ///< the first source's slot when it began; 0 = unknown
  uint64_t last_slot_ = 0;   ///< 0 = none yet
  uint64_t floor_ = 0;       ///< what a new source tells below this is old
  uint64_t node_slot_ = 0;   ///< the source's, as asked while it was silent
};

}  // namespace sidecar
