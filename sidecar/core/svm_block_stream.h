#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "core/event_stream.h"
#include "core/svm_stream_params.h"

namespace sidecar {

/// blockSubscribe: the blocks in order, each once.
///
///   catch_up ─▶ getSlot ─▶ getBlocks since the last one ─▶ getBlock of each is the event
/// That works for "all" only. A filter by what blocks mention trims them in a way that getBlock
/// does not know: a source change is a gap, and polling is not possible.
/// Limits: fill_blocks_max slots. Owner: Feed.
class SvmBlockStream final : public EventStream {
 public:
  SvmBlockStream(std::string_view params, const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), params_(params) {}

 private:
  enum class Question : uint8_t {
    kNone,
    kNewest,
    kList,
    kBlock,  ///< missed_.front()
  };

  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;
  void drop_question() override;

  void begin_unfillable();
  void take_newest(std::string_view result);
  void take_list(std::string_view result);
  void take_block(std::string_view result);
  void ask_missed();

  SvmStreamParams params_;
  Question question_ = Question::kNone;
  std::optional<uint64_t> last_;  ///< up to here all is delivered, or was before the stream
  bool is_last_error_ = false;    ///< all that was told of it is that it cannot be
  bool is_begun_ = false;
  uint64_t newest_ = 0;  ///< the source's newest slot, as asked
  std::deque<uint64_t> missed_;
};

}  // namespace sidecar
