#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_stream.h"
#include "core/svm_slot_memory.h"
#include "core/svm_stream_params.h"
#include "rpc/svm_event_facts.h"

namespace sidecar {

/// logsSubscribe: each transaction's logs once for each slot it is in, several in one slot too.
///
///   first ─▶ the newest signature, or the slot when there is none: the place to go on from
///   catch_up ─▶ signatures since the last slot that is delivered in full ─▶ getTransaction of each
///   that is not delivered yet ─▶ its logs are the event
/// "processed" has no list of its own: what was processed but not confirmed when a source was new
/// is asked for again once it is confirmed (tip_). Only a single mention can be asked for: of "all"
/// and "allWithVotes" a source change is a gap, and polling them is not possible.
/// Limits: 1,000 signatures (a node's most), or fill_blocks_max * 8; seen_max events are
/// remembered. Owner: Feed. Source: Agave's getSignaturesForAddress, which takes no "processed".
class SvmLogsStream final : public EventStream {
 public:
  SvmLogsStream(std::string_view params, const StreamOptions& options, StreamOut& out);

 private:
  enum class Question : uint8_t {
    kNone,
    kNewest,       ///< signature, to begin with
    kBegin,        ///< slot, likewise
    kSettled,      ///< is what was processed confirmed by now?
    kSignatures,   ///< that were missed
    kTransaction,  ///< missed_.front()
    kTip,          ///< the processed slot that a source began with
  };

  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;
  void drop_question() override;

  void begin_unfillable();
  void begin();
  void begin_behind(const SvmSignatureRow& newest);
  void take_newest(std::string_view result);
  void take_begin(std::string_view result);
  void take_signatures(std::string_view result);
  void take_transaction(std::string_view result);
  void ask_again();
  void ask_signatures();
  void ask_missed();
  void put(Question question, std::string_view method, const std::string& params);
  void note(uint64_t slot, std::string_view signature);
  size_t signatures_max() const;

  SvmStreamParams params_;
  std::string mention_;  ///< the lexeme; empty = it cannot be asked for
  SvmSlotMemory seen_;
  Question question_ = Question::kNone;
  bool is_begun_ = false;
  bool is_promised_ = false;  ///< it went on without a place
  bool is_again_ = false;     ///< asks for what was not confirmed the last time
  bool is_settled_ = false;   ///< ... and now it is
  uint64_t last_slot_ = 0;    ///< perhaps delivered in part
  std::string last_signature_;
  std::string anchor_;           ///< signature of a slot that is delivered in full; empty = none
  uint64_t fill_from_ = 0;       ///< no slot below is filled
  std::optional<uint64_t> tip_;  ///< up to here "processed" may lack something
  uint64_t again_at_ = 0;        ///< a live event of this slot is when to ask for that
  std::deque<SvmSignatureRow> missed_;
};

}  // namespace sidecar
