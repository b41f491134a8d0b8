#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/event_stream.h"
#include "core/svm_slot_memory.h"
#include "core/svm_stream_params.h"

namespace sidecar {

/// accountSubscribe: the states of one account, each once.
///
///   catch_up ─▶ getAccountInfo ─ as last told ▶ nothing ─ else ▶ the state is the event
/// An answer stands for all changes before it: states in between that nobody was told are not
/// missing, for it is the account that is subscribed to, not its history.
/// Not: an event may say what an answer said before it; then it is dropped. An account that is not
/// there is told as nodes tell it: without lamports.
/// Limits: seen_max states. Owner: Feed.
class SvmAccountStream final : public EventStream {
 public:
  SvmAccountStream(std::string_view params, const StreamOptions& options, StreamOut& out)
      : EventStream(options, out), params_(params), seen_(options.seen_max) {}

 private:
  void begin_catch_up() override;
  void take(std::string_view value) override;
  void take_answer(std::string_view result) override;
  void take_gap(GapReason reason) override;

  void take_state(uint64_t slot, std::string_view account, bool is_first);

  SvmStreamParams params_;
  SvmSlotMemory seen_;
  bool is_begun_ = false;
  uint64_t last_slot_ = 0;          ///< of the newest state known
  std::optional<uint64_t> digest_;  ///< of that state
  uint64_t answered_slot_ = 0;      ///< so far an answer has told the state
};

}  // namespace sidecar
